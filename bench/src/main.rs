//! What the stores cost: as they grow, and under many senders.
//!
//! ```console
//! $ cargo run --release -p bench -- flat URL [MESSAGES...]
//! $ cargo run --release -p bench -- throughput URL
//! ```
//!
//! URL is that of a store, as in `CHAT_STORE_URL`. Everything is done under names of its own there, and removed in
//! the end.

#![expect(clippy::print_stdout, reason = "the figures are the result")]

mod fill;
mod flat;
#[path = "../../chat-store-postgres/tests/common/seed.rs"]
mod seed;
mod throughput;

use std::error::Error;
use std::path::Path;

use chat_core::conformance::Ports;
use chat_core::id::ConversationId;
use chat_store_mongo::MongoStore;
use chat_store_postgres::PostgresStore;
use chat_store_sqlite::SqliteStore;

/// Whatever ends a run.
type Failure = Box<dyn Error + Send + Sync>;

/// A store under names of its own.
struct Opened {
    ports: Ports,
    /// Filled by the server itself, which is quicker.
    postgres: Option<(PostgresStore, String)>,
}

async fn open(url: &str) -> Result<Opened, Failure> {
    let id = ConversationId::new().as_uuid().simple().to_string();
    let name = format!("bench{}_", &id[20..]);
    let mut postgres = None;
    let ports = if let Some(path) = url.strip_prefix("sqlite:") {
        Ports::of(
            &SqliteStore::open(Path::new(path))
                .await?
                .with_prefix(&name)?,
        )
    } else if url.starts_with("mongodb") {
        Ports::of(&MongoStore::connect(url).await?.with_prefix(&name)?)
    } else {
        let store = PostgresStore::connect(url).await?.with_schema(&name)?;
        postgres = Some((store.clone(), name));
        Ports::of(&store)
    };
    ports.schema.migrate().await?;
    Ok(Opened { ports, postgres })
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["flat", url, sizes @ ..] => flat::run(url, sizes).await,
        ["throughput", url] => throughput::run(url).await,
        _ => Err("usage: bench flat URL [MESSAGES...] | bench throughput URL".into()),
    }
}
