//! What it costs: stores as they grow and under many senders, and a server beside the floor and its peers.
//!
//! ```console
//! $ cargo run --release -p bench -- flat URL [MESSAGES...]
//! $ cargo run --release -p bench -- flush
//! $ cargo run --release -p bench -- growth [--seed N] [--plots DIR]
//! $ cargo run --release -p bench -- growth weigh
//! $ cargo run --release -p bench -- start [--server FILE] [--messages N] [--times N]
//! $ cargo run --release -p bench -- run SCENARIO SERVER [--seconds N] [--rate DELIVERIES] [--messages N]
//! $ cargo run --release -p bench -- compare [--servers A,B] [--scenarios X,Y] [--rounds N] [--seconds N] [--out DIR]
//! $ cargo run --release -p bench -- report DIR [--plots DIR]
//! ```
//!
//! URL is that of a store, as in `CHAT_STORE_URL`. Everything is done under names of its own there, and removed in
//! the end. `cargo xtask bench` runs all that `docs/performance.md` tells.

#![expect(clippy::print_stdout, reason = "the figures are the result")]

mod arguments;
mod compare;
mod fill;
mod flat;
mod flush;
mod growth;
mod layout;
mod load;
mod measure;
mod report;
mod run;
mod scenario;
#[path = "../../chat-store-postgres/tests/common/seed.rs"]
mod seed;
mod serve;
mod start;
mod subject;
mod token;
mod wire;

use std::error::Error;
use std::path::Path;

use chat_core::conformance::Ports;
use chat_core::id::ConversationId;
use chat_store_mongo::MongoStore;
use chat_store_postgres::PostgresStore;
use chat_store_sqlite::SqliteStore;

use crate::arguments::Options;
use crate::layout::Layout;
use crate::serve::chat::People;

/// Whatever ends a run.
type Failure = Box<dyn Error + Send + Sync>;

/// A store under names of its own.
struct Opened {
    ports: Ports,
    /// Filled by the server itself, which is quicker.
    postgres: Option<(PostgresStore, String)>,
}

/// Names that nobody else has.
fn own_names() -> String {
    let id = ConversationId::new().as_uuid().simple().to_string();
    format!("bench{}_", &id[20..])
}

async fn open(url: &str) -> Result<Opened, Failure> {
    open_as(url, &own_names()).await
}

async fn open_as(url: &str, name: &str) -> Result<Opened, Failure> {
    let mut postgres = None;
    let ports = if let Some(path) = url.strip_prefix("sqlite:") {
        Ports::of(
            &SqliteStore::open(Path::new(path))
                .await?
                .with_prefix(name)?,
        )
    } else if url.starts_with("mongodb") {
        Ports::of(&MongoStore::connect(url).await?.with_prefix(name)?)
    } else {
        let store = PostgresStore::connect(url).await?.with_schema(name)?;
        postgres = Some((store.clone(), name.to_owned()));
        Ports::of(&store)
    };
    ports.schema.migrate().await?;
    Ok(Opened { ports, postgres })
}

const USAGE: &str = "\
usage: bench flat URL [MESSAGES...]
       bench flush
       bench growth [--seed N] [--plots DIR]
       bench growth weigh
       bench start [--server FILE] [--messages N] [--times N]
       bench run SCENARIO SERVER [--seconds N] [--rate DELIVERIES] [--messages N]
       bench compare [--servers A,B] [--scenarios X,Y] [--rounds N] [--seconds N] [--out DIR]
       bench report DIR [--plots DIR]
       bench serve floor
       bench serve chat --store memory|URL [--rooms N --members N | --pairs N | --name NAME --users N] [--appends told]";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["flat", url, sizes @ ..] => block_on(flat::run(url, sizes)),
        ["flush"] => flush::run(),
        ["growth", "weigh"] => block_on(growth::weigh::run()),
        ["growth", options @ ..] => growth::run(options),
        ["start", options @ ..] => block_on(start::run(options)),
        ["serve", "floor"] => block_on(serve::floor::run()),
        ["serve", "chat", options @ ..] => block_on(serve::chat::run(settings(options)?)),
        ["compare", options @ ..] => compare::run(options),
        ["report", folder, options @ ..] => compare::report(folder, options),
        ["run", scenario, server, options @ ..] => run::run(scenario, server, options),
        _ => Err(USAGE.into()),
    }
}

fn settings<'a>(options: &[&'a str]) -> Result<serve::chat::Settings<'a>, Failure> {
    let known = [
        "--store",
        "--rooms",
        "--members",
        "--pairs",
        "--appends",
        "--name",
        "--users",
    ];
    let options = Options::read(options, &known)?;
    let people = match (options.text("--name"), options.text("--pairs")) {
        (Some(name), _) => People::Known(name, options.number("--users", 1)?),
        (None, Some(pairs)) => People::New(Layout::pairs(pairs.parse()?)),
        (None, None) => People::New(Layout::groups(
            options.number("--rooms", 1)?,
            options.number("--members", 10)?,
        )),
    };
    let store = options.text("--store").unwrap_or("memory");
    Ok(serve::chat::Settings {
        store,
        people,
        tells_appends: options.text("--appends") == Some("told"),
    })
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}
