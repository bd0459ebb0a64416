//! What combining sends into batches brings: 64 senders at once, a message a transaction against batches, on the
//! same server in the same run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chat_core::chat::Chat;
use chat_core::conformance::Ports;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{Draft, NewConversation};
use chat_core::protocol::{Limits, MessageBody};

use crate::{Failure, open};

const SENDERS: usize = 64;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);
const TEXT: &str = "A message of a usual length, with some words to find it by.";

pub(crate) async fn run(url: &str) -> Result<(), Failure> {
    let ports = open(url).await?.ports;
    let ada = UserId::new("ada")?;
    let mut conversations = Vec::new();
    for _ in 0..SENDERS {
        conversations.push(group(&ports, &ada).await?);
    }
    for (name, places) in [("64 conversations", SENDERS), ("one conversation", 1)] {
        let places: Arc<[ConversationId]> = conversations[..places].into();
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let single = singly(&ports, &ada, &places).await?;
            let batched = batched(&ports, &ada, &places).await?;
            let ratio = batched / single;
            println!(
                "{name}: {single:.0}/s a message a transaction, {batched:.0}/s in batches, {ratio:.1} times"
            );
            ratios.push(ratio);
        }
        ratios.sort_by(f64::total_cmp);
        println!("{name}: median {:.1} times", ratios[ROUNDS / 2]);
    }
    ports.schema.goto(0).await?;
    Ok(())
}

async fn group(ports: &Ports, creator: &UserId) -> Result<ConversationId, Failure> {
    let (id, creator) = (ConversationId::new(), creator.clone());
    let (name, members, at) = ("a group".to_owned(), Vec::new(), Timestamp::now());
    let new = NewConversation::Group {
        id,
        creator,
        name,
        members,
        at,
    };
    ports.conversations.create(&new).await?;
    Ok(id)
}

/// Each sender appends its own messages, one after the other.
async fn singly(
    ports: &Ports,
    ada: &UserId,
    places: &Arc<[ConversationId]>,
) -> Result<f64, Failure> {
    let (store, ada) = (Arc::clone(&ports.messages), ada.clone());
    rate(places, move |conversation| {
        let (store, sender) = (Arc::clone(&store), ada.clone());
        async move {
            let draft = Draft::text(conversation, sender, TEXT);
            // A store that has too many at its door says so, and is asked again.
            loop {
                match store.append(std::slice::from_ref(&draft)).await {
                    Ok(mut answers) => return answers.remove(0).map(drop).map_err(Into::into),
                    Err(error) if error.is_retryable() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    })
    .await
}

/// The same through the chat, which combines what comes while a batch is in the store.
async fn batched(
    ports: &Ports,
    ada: &UserId,
    places: &Arc<[ConversationId]>,
) -> Result<f64, Failure> {
    let limits = Limits {
        send_refill_per_second: 1e9,
        send_burst: u32::MAX,
        ..Limits::default()
    };
    let chat = Chat::builder(MemoryStore::new(), Arc::clone(&ports.users))
        .conversations(Arc::clone(&ports.conversations))
        .messages(Arc::clone(&ports.messages))
        .uploads(Arc::clone(&ports.uploads))
        .last_seen(Arc::clone(&ports.last_seen))
        .limits(limits)
        .build();
    let ada = ada.clone();
    rate(places, move |conversation| {
        let (chat, sender) = (chat.clone(), ada.clone());
        async move {
            let body = MessageBody {
                content: TEXT.to_owned(),
                ..MessageBody::default()
            };
            chat.send(&sender, conversation, body).await?;
            Ok(())
        }
    })
    .await
}

/// How many sends a second all senders get through.
async fn rate<F, Fut>(places: &Arc<[ConversationId]>, send: F) -> Result<f64, Failure>
where
    F: Fn(ConversationId) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send,
{
    let (sent, stop) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let begun = Instant::now();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (sent, stop) = (Arc::clone(&sent), Arc::clone(&stop));
            let (place, send) = (places[sender % places.len()], send.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    send(place).await?;
                    sent.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    tokio::time::sleep(ROUND).await;
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await??;
    }
    Ok(sent.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}
