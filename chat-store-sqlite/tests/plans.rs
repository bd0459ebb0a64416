//! No statement walks a table from end to end: what a call costs does not grow with the store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chat_core::conformance::{Ports, exercise};
use chat_core::store::SchemaStore as _;
use chat_store_sqlite::SqliteStore;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Gathers the statements that sqlx tells of.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut texts = Texts::default();
        event.record(&mut texts);
        let text = if texts.statement.is_empty() {
            texts.summary
        } else {
            texts.statement
        };
        self.0.lock().unwrap().insert(text.trim().to_owned());
    }
}

#[derive(Default)]
struct Texts {
    summary: String,
    statement: String,
}

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

async fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("explain query plan {statement}"));
    let rows = sqlx::query(explain).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

/// Whether a line of a plan reads a whole table. The lists of a question are read whole, and so are
/// the page that a statement made itself, what an index of words gave, and the entry of one row in it.
fn walks(line: &str) -> bool {
    let given = [
        "asked",
        "json_each",
        "jsonb_each",
        "page",
        "hit VIRTUAL TABLE INDEX",
        "chat_words VIRTUAL TABLE INDEX 0:=",
        "CONSTANT ROW",
        "(subquery",
    ];
    line.strip_prefix("SCAN ")
        .is_some_and(|what| !given.iter().any(|given| what.starts_with(given)))
}

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let statements = Statements::default();
    tracing::subscriber::set_global_default(statements.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.migrate().await.unwrap();
    statements.0.lock().unwrap().clear();

    exercise::every_call(&Ports::of(&store)).await;

    let seen = std::mem::take(&mut *statements.0.lock().unwrap());
    let begins = ["select", "insert", "update", "delete", "with"];
    // What is sent at once is explained one by one.
    let seen: BTreeSet<&str> = seen
        .iter()
        .flat_map(|text| text.split(';').map(str::trim))
        .filter(|text| begins.iter().any(|word| text.starts_with(word)))
        .collect();
    assert!(seen.len() >= 60, "{} statements", seen.len());
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut other = options.connect().await.unwrap();
    let mut walking = Vec::new();
    for statement in seen {
        // Part of a name can be anywhere; users are walked in the order of their names.
        if statement.contains(" like ") || statement.contains("from chat_meta") {
            continue;
        }
        let plan = plan(&mut other, statement).await;
        if plan.iter().any(|line| walks(line)) {
            walking.push(format!("{statement}\n  {}", plan.join("\n  ")));
        }
    }
    assert!(walking.is_empty(), "{}", walking.join("\n\n"));
}
