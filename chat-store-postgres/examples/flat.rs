//! What calls cost as the store grows: median and 99th percentile at 10^4, 10^6 and 10^7 messages.
//!
//! ```console
//! $ cargo run --release -p chat-store-postgres --example flat -- postgres://user@host/database [10000 1000000 ...]
//! ```
//!
//! Each size is filled into a schema of its own, which is removed. 10^7 messages take about 10 GB and a quarter of
//! an hour.

#![expect(clippy::print_stdout, reason = "the figures are the result")]

#[path = "../tests/common/seed.rs"]
mod seed;

use std::error::Error;
use std::time::{Duration, Instant};

use chat_core::id::{ConversationId, MessageId, Rev, Seq, Timestamp, UserId};
use chat_core::model::{Draft, MessageKind};
use chat_core::store::{
    ConversationStore as _, MessageStore as _, SchemaStore as _, SearchQuery, Since, UserQuery,
    Window,
};
use chat_store_postgres::PostgresStore;

const CALLS: usize = 400;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give the URL of a Postgres")?;
    let sizes: Result<Vec<i64>, _> = arguments.map(|size| size.parse()).collect();
    let sizes = Some(sizes?)
        .filter(|sizes| !sizes.is_empty())
        .unwrap_or(vec![10_000, 1_000_000, 10_000_000]);
    for size in sizes {
        let schema = format!("flat_{}", ConversationId::new().as_uuid().simple());
        let store = PostgresStore::connect(&url).await?.with_schema(&schema)?;
        store.migrate().await?;
        let begun = Instant::now();
        seed::fill(store.pool(), &schema, size).await?;
        println!("{size} messages, filled in {} s", begun.elapsed().as_secs());
        measure(&store, size / seed::EACH).await?;
        store.goto(0).await?;
    }
    Ok(())
}

/// Calls everything for users spread over the store.
async fn measure(store: &PostgresStore, users: i64) -> Result<(), Failure> {
    let mut times = Times::default();
    for call in 0..CALLS as i64 {
        let user = UserId::new(format!("user-{}", call * 7_919 % users))?;
        let started = Instant::now();
        let inbox = store.inbox(&user, None, 50).await?;
        times.note("inbox", started);
        let ids: Vec<ConversationId> = inbox.iter().map(|entry| entry.conversation.id).collect();
        let Some(entry) = inbox.first() else { continue };
        history(store, &user, entry.conversation.id, &mut times).await?;
        search(store, &user, &ids, call, &mut times).await?;
        let started = Instant::now();
        let since = ids.iter().map(|id| Since {
            conversation: *id,
            rev: Rev::new(90).unwrap_or_default(),
        });
        store.changes(&since.collect::<Vec<_>>(), 300).await?;
        times.note("changes of a user's conversations", started);
        let started = Instant::now();
        store.memberships(&user).await?;
        times.note("memberships", started);
        let started = Instant::now();
        store.append(&[draft(ids[0], &user)]).await?;
        times.note("append", started);
        let text = format!("user {}", call % 10);
        let query = UserQuery {
            text: Some(&text),
            cursor: None,
            limit: 20,
        };
        let started = Instant::now();
        chat_core::store::UserStore::search(store, &query).await?;
        times.note("user search", started);
    }
    times.print();
    Ok(())
}

async fn history(
    store: &PostgresStore,
    user: &UserId,
    id: ConversationId,
    times: &mut Times,
) -> Result<(), Failure> {
    let middle = Seq::new(50).unwrap_or_default();
    for (name, window) in [
        ("history, the end", Window::Latest),
        ("history, the middle", Window::Around(middle)),
    ] {
        let started = Instant::now();
        store.history(id, user, window, 50).await?;
        times.note(name, started);
    }
    Ok(())
}

async fn search(
    store: &PostgresStore,
    user: &UserId,
    ids: &[ConversationId],
    call: i64,
    times: &mut Times,
) -> Result<(), Failure> {
    let (common, rare) = (
        ["common".to_owned()],
        ["message".to_owned(), format!("rare{}", call % 50_000)],
    );
    for (name, words, conversations) in [
        (
            "search, a word of every message, one conversation",
            &common[..],
            &ids[..1],
        ),
        (
            "search, a rare word, a user's conversations",
            &rare[..],
            ids,
        ),
    ] {
        let query = SearchQuery {
            conversations,
            words,
            before: None,
            limit: 20,
        };
        let started = Instant::now();
        store.search(user, &query).await?;
        times.note(name, started);
    }
    Ok(())
}

fn draft(conversation: ConversationId, sender: &UserId) -> Draft {
    Draft {
        id: MessageId::new(),
        conversation,
        sender: sender.clone(),
        client_id: None,
        kind: MessageKind::Text,
        text: "one more message".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: Timestamp::now(),
    }
}

/// What each call took.
#[derive(Default)]
struct Times(Vec<(&'static str, Vec<Duration>)>);

impl Times {
    fn note(&mut self, name: &'static str, started: Instant) {
        let took = started.elapsed();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(took),
            None => self.0.push((name, vec![took])),
        }
    }

    fn print(&mut self) {
        for (name, times) in &mut self.0 {
            times.sort();
            let at = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1_000.0;
            println!("| {name} | {:.2} ms | {:.2} ms |", at(50), at(99));
        }
    }
}
