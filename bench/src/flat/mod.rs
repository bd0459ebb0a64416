//! What calls cost as a store grows: median and 99th percentile.

mod reader;
mod times;

use std::time::Instant;

use chat_core::conformance::Ports;
use chat_core::id::{ConversationId, Rev, Seq, UserId};
use chat_core::model::Draft;
use chat_core::store::{SearchQuery, Since, UserQuery, Window};

use crate::fill::{fill, user};
use crate::{Failure, Opened, open, seed};
use times::Times;

/// How often everything is called; a few times before that, so that connections and caches are there.
const CALLS: i64 = 500;
const BEFORE: i64 = 50;

pub(crate) async fn run(url: &str, sizes: &[&str]) -> Result<(), Failure> {
    let sizes: Result<Vec<i64>, _> = sizes.iter().map(|size| size.parse()).collect();
    let sizes = Some(sizes?)
        .filter(|sizes| !sizes.is_empty())
        .unwrap_or_else(|| vec![10_000, 1_000_000]);
    for size in sizes {
        println!("{size} messages");
        let mut times = at(url, size, Calls::All).await?;
        let p99 = times.millis(99);
        for ((name, median), (_, p99)) in times.millis(50).into_iter().zip(p99) {
            println!("| {name} | {median:.2} | {p99:.2} |");
        }
    }
    Ok(())
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calls {
    All,
    /// The reader's alone.
    Reader,
}

/// Opening the reader's inbox and a conversation, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    /// The median.
    pub(crate) p50: f64,
    /// What 99 of 100 do not exceed.
    pub(crate) p99: f64,
}

/// What opening costs beside so many messages.
pub(crate) async fn opening(url: &str, size: i64) -> Result<Opening, Failure> {
    let mut times = at(url, size, Calls::Reader).await?;
    let mut both = |percent| {
        times
            .millis(percent)
            .into_iter()
            .map(|(_, time)| time)
            .sum()
    };
    Ok(Opening {
        p50: both(50),
        p99: both(99),
    })
}

/// Fills a store of its own with so many messages and the reader's, and calls.
async fn at(url: &str, size: i64, calls: Calls) -> Result<Times, Failure> {
    let Opened { ports, postgres } = open(url).await?;
    let called = async {
        match &postgres {
            Some((store, schema)) => seed::fill(store.pool(), schema, size).await?,
            None => fill(&ports, size).await?,
        }
        reader::make(&ports).await?;
        measure(&ports, size / seed::EACH, calls).await
    };
    let called = called.await;
    ports.schema.goto(0).await?;
    called
}

/// Calls everything for users spread over the store, and the reader's.
async fn measure(ports: &Ports, users: i64, calls: Calls) -> Result<Times, Failure> {
    let mut times = Times::default();
    for call in 0..BEFORE + CALLS {
        if call == BEFORE {
            times = Times::default();
        }
        if calls == Calls::All {
            one(ports, &user(call * 7_919 % users)?, call, &mut times).await?;
        }
        reader::open(ports, &mut times).await?;
    }
    Ok(times)
}

async fn one(ports: &Ports, user: &UserId, call: i64, times: &mut Times) -> Result<(), Failure> {
    let started = Instant::now();
    let inbox = ports.conversations.inbox(user, None, 50).await?;
    times.note("inbox, 50 rows", started);
    let ids: Vec<ConversationId> = inbox.iter().map(|entry| entry.conversation.id).collect();
    let Some(first) = ids.first().copied() else {
        return Err("a user without a conversation".into());
    };
    history(ports, user, first, times).await?;
    let rev = Rev::new(90).unwrap_or_default();
    let since: Vec<Since> = ids
        .iter()
        .map(|id| Since {
            conversation: *id,
            rev,
        })
        .collect();
    let started = Instant::now();
    ports.messages.changes(&since, 300).await?;
    times.note("changes of all one's conversations", started);
    search(ports, user, &ids, call, times).await?;
    let started = Instant::now();
    ports.conversations.memberships(user).await?;
    times.note("memberships", started);
    let text = format!("User {}", call % 10);
    let query = UserQuery {
        text: Some(&text),
        cursor: None,
        limit: 20,
    };
    let started = Instant::now();
    ports.users.search(&query).await?;
    times.note("user search, 20 rows", started);
    let draft = Draft::text(first, user.clone(), "one more message");
    let started = Instant::now();
    ports.messages.append(&[draft]).await?.remove(0)?;
    times.note("append of one message", started);
    Ok(())
}

async fn history(
    ports: &Ports,
    user: &UserId,
    id: ConversationId,
    times: &mut Times,
) -> Result<(), Failure> {
    let middle = Seq::new(50).unwrap_or_default();
    for (name, window) in [
        ("history, the last 50", Window::Latest),
        ("history, 50 around the middle", Window::Around(middle)),
    ] {
        let started = Instant::now();
        ports.messages.history(id, user, window, 50).await?;
        times.note(name, started);
    }
    Ok(())
}

async fn search(
    ports: &Ports,
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
            "search, a word of every message, in one conversation",
            &common[..],
            &ids[..1],
        ),
        (
            "search, a rare word, in all one's conversations",
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
        ports.messages.search(user, &query).await?;
        times.note(name, started);
    }
    Ok(())
}
