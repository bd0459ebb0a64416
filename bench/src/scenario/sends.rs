//! Durable sends: 64 senders at once, each waiting for its answer; through the chat, which combines what comes while a
//! batch is in the store, against a transaction for each message, on the same store in the same run.
//!
//! All is done within this process, without sockets: what is measured is the way to the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chat_core::chat::Chat;
use chat_core::conformance::Ports;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{Draft, NewConversation};
use chat_core::protocol::{Limits, MessageBody};

use super::{Outcome, Times, micros};
use crate::measure::latency::Latency;
use crate::subject::Subject;
use crate::{Failure, open};

const SENDERS: usize = 64;
const TEXT: &str = "A message of a usual length, with some words to find it by.";

/// How long one sender alone is measured, for the time of one commit.
const ALONE: Duration = Duration::from_secs(1);

/// How long one that pauses is, for as long as the rooms of 1,000 are silent between two messages.
const NOW_AND_THEN: Duration = Duration::from_secs(4);
const PAUSE: Duration = Duration::from_millis(100);

/// Runs it in so many conversations: with one of them all senders are in each other's way.
pub(super) fn run(subject: &Subject, places: usize, times: Times) -> Result<Outcome, Failure> {
    let scratch = crate::subject::scratch()?;
    let url = subject
        .url(scratch.path())
        .ok_or("there is nothing durable about it")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let ports = open(&url).await?.ports;
        let measured = measure(&ports, places, times.measure).await;
        ports.schema.goto(0).await?;
        measured
    })
}

async fn measure(ports: &Ports, places: usize, time: Duration) -> Result<Outcome, Failure> {
    let ada = UserId::new("ada")?;
    let mut conversations = Vec::new();
    for _ in 0..places {
        conversations.push(group(ports, &ada).await?);
    }
    let places: Arc<[ConversationId]> = conversations.into();
    let rare = alone(ports, &ada, places[0], (NOW_AND_THEN, PAUSE)).await?;
    let commit = alone(ports, &ada, places[0], (ALONE, Duration::ZERO)).await?;
    let single = singly(ports, &ada, &places, time).await?;
    let batched = batched(ports, &ada, &places, time).await?;
    let mut outcome = Outcome::default();
    outcome.figure("sends_per_second", batched.a_second());
    outcome.figure("singly_per_second", single.a_second());
    outcome.figure("times_singly", batched.a_second() / single.a_second());
    outcome.figure("commit_p50_ms", commit.latency.millis(0.5));
    outcome.figure("commit_p99_ms", commit.latency.millis(0.99));
    outcome.figure("commits_per_second", commit.rate.a_second());
    outcome.figure("rare_commit_p50_ms", rare.latency.millis(0.5));
    outcome.figure("rare_commit_p99_ms", rare.latency.millis(0.99));
    let answered = rare.rate.sent + commit.rate.sent + single.sent + batched.sent;
    let checked = &mut outcome.checked;
    checked.expected = answered;
    checked.received = answered.min(stored(ports, &ada).await?);
    checked.lost = checked.expected - checked.received;
    Ok(outcome)
}

/// How many sends were answered, and within which time.
#[derive(Debug, Clone, Copy)]
struct Rate {
    sent: u64,
    within: Duration,
}

impl Rate {
    fn a_second(self) -> f64 {
        self.sent as f64 / self.within.as_secs_f64()
    }
}

/// One commit after the other.
struct Commits {
    rate: Rate,
    latency: Latency,
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

/// Messages in the store.
async fn stored(ports: &Ports, ada: &UserId) -> Result<u64, Failure> {
    let memberships = ports.conversations.memberships(ada).await?;
    let last = memberships
        .iter()
        .map(|membership| u64::try_from(membership.last_seq.get()));
    Ok(last.sum::<Result<u64, _>>()?)
}

/// One sender, and nobody else: each message is a commit that nothing is in the way of. After a pause everything that it
/// needs has gone cold.
async fn alone(
    ports: &Ports,
    ada: &UserId,
    place: ConversationId,
    (time, pause): (Duration, Duration),
) -> Result<Commits, Failure> {
    let mut latency = Latency::within(0..1)?;
    let begun = Instant::now();
    let mut sent = 0;
    while begun.elapsed() < time {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let draft = Draft::text(place, ada.clone(), TEXT);
        let started = Instant::now();
        ports.messages.append(&[draft]).await?.remove(0)?;
        latency.note(0, micros(started.elapsed()));
        sent += 1;
    }
    let within = begun.elapsed();
    let rate = Rate { sent, within };
    Ok(Commits { rate, latency })
}

/// Each sender appends its own messages, one after the other.
async fn singly(
    ports: &Ports,
    ada: &UserId,
    places: &Arc<[ConversationId]>,
    time: Duration,
) -> Result<Rate, Failure> {
    let (store, ada) = (Arc::clone(&ports.messages), ada.clone());
    rate(places, time, move |conversation| {
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

/// The same through the chat.
async fn batched(
    ports: &Ports,
    ada: &UserId,
    places: &Arc<[ConversationId]>,
    time: Duration,
) -> Result<Rate, Failure> {
    let (chat, ada) = (chat(ports), ada.clone());
    rate(places, time, move |conversation| {
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

/// A chat that lets its users send as much as they can.
fn chat(ports: &Ports) -> Chat {
    let limits = Limits {
        send_refill_per_second: 1e9,
        send_burst: u32::MAX,
        ..Limits::default()
    };
    Chat::builder(MemoryStore::new(), Arc::clone(&ports.users))
        .conversations(Arc::clone(&ports.conversations))
        .messages(Arc::clone(&ports.messages))
        .uploads(Arc::clone(&ports.uploads))
        .last_seen(Arc::clone(&ports.last_seen))
        .limits(limits)
        .build()
}

/// How many sends all senders get through.
async fn rate<F, Fut>(
    places: &Arc<[ConversationId]>,
    time: Duration,
    send: F,
) -> Result<Rate, Failure>
where
    F: Fn(ConversationId) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send,
{
    let (sent, stop) = (
        Arc::new(AtomicU64::new(0)),
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
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await??;
    }
    Ok(Rate {
        sent: sent.load(Ordering::Relaxed),
        within: begun.elapsed(),
    })
}
