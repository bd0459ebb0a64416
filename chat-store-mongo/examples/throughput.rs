//! What combining sends into batches brings: 64 senders at once, a message a transaction against batches, on the
//! same server in the same run.
//!
//! ```console
//! $ cargo run --release -p chat-store-mongo --example throughput -- 'mongodb://host/database?replicaSet=rs0'
//! ```
//!
//! It works in a database of its own, which it removes.

#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chat_core::chat::Chat;
use chat_core::id::{ConversationId, MessageId, Timestamp, UserId};
use chat_core::model::{Draft, MessageKind, NewConversation};
use chat_core::protocol::{Limits, MessageBody};
use chat_core::store::{ConversationStore as _, MessageStore as _, SchemaStore as _};
use chat_store_mongo::MongoStore;
use mongodb::Client;

const SENDERS: usize = 64;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::args().nth(1).ok_or("give the URL of a MongoDB")?;
    let name = format!("throughput_{}", ConversationId::new().as_uuid().simple());
    let client = Client::with_uri_str(&url).await?;
    let store = MongoStore::on(client.clone(), &name);
    store.migrate().await?;
    let ada = UserId::new("ada")?;
    let mut conversations = Vec::new();
    for _ in 0..SENDERS {
        conversations.push(group(&store, &ada).await?);
    }
    for (name, places) in [("64 conversations", SENDERS), ("one conversation", 1)] {
        let places: Arc<[ConversationId]> = conversations[..places].into();
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let single = singly(&store, &ada, &places).await?;
            let batched = batched(&store, &ada, &places).await?;
            println!(
                "{name}: {single:.0}/s a message a transaction, {batched:.0}/s in batches, {:.1} times",
                batched / single
            );
            ratios.push(batched / single);
        }
        ratios.sort_by(f64::total_cmp);
        println!("{name}: median {:.1} times", ratios[ROUNDS / 2]);
    }
    client.database(&name).drop().await?;
    Ok(())
}

async fn group(store: &MongoStore, creator: &UserId) -> Result<ConversationId, Failure> {
    let (id, creator) = (ConversationId::new(), creator.clone());
    let (name, members, at) = ("a group".to_owned(), Vec::new(), Timestamp::now());
    store
        .create(&NewConversation::Group {
            id,
            creator,
            name,
            members,
            at,
        })
        .await?;
    Ok(id)
}

/// Each sender appends its own messages, one after the other.
async fn singly(
    store: &MongoStore,
    ada: &UserId,
    places: &Arc<[ConversationId]>,
) -> Result<f64, Failure> {
    let (store, ada) = (store.clone(), ada.clone());
    rate(places, move |conversation| {
        let (store, sender) = (store.clone(), ada.clone());
        async move {
            let draft = Draft {
                id: MessageId::new(),
                conversation,
                sender,
                client_id: None,
                kind: MessageKind::Text,
                text: TEXT.to_owned(),
                attachments: Vec::new(),
                reply_to: None,
                at: Timestamp::now(),
            };
            store.append(&[draft]).await?.remove(0)?;
            Ok(())
        }
    })
    .await
}

/// The same through the chat, which combines what comes while a batch is in the store.
async fn batched(
    store: &MongoStore,
    ada: &UserId,
    places: &Arc<[ConversationId]>,
) -> Result<f64, Failure> {
    let limits = Limits {
        send_refill_per_second: 1e9,
        send_burst: u32::MAX,
        ..Limits::default()
    };
    let chat = Chat::builder(store.clone(), store.clone())
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

const TEXT: &str = "A message of a usual length, with some words to find it by.";

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
