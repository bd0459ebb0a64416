//! No statement walks a table from end to end: what a call costs does not grow with the store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chat_core::conformance::{Ports, exercise};
use chat_core::id::NodeId;
use chat_core::presence::{PresenceBus as _, Publication, Topic};
use chat_store_postgres::PostgresBus;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
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

/// The generic plan of a statement, for whatever it is asked, on a server that takes even small tables
/// for worth an index.
async fn plan(connection: &mut PgConnection, statement: &str) -> Value {
    let count = (1..)
        .take_while(|n| statement.contains(&format!("${n}")))
        .count();
    let nothing = match count {
        0 => String::new(),
        _ => format!("({})", vec!["null"; count].join(", ")),
    };
    let prepare = format!(
        "deallocate all; set enable_seqscan = off; set plan_cache_mode = force_generic_plan; prepare asked as {statement}"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = AssertSqlSafe(format!("explain (format json) execute asked {nothing}"));
    sqlx::query_scalar(explain)
        .persistent(false)
        .fetch_one(connection)
        .await
        .unwrap()
}

/// The first column of each index.
async fn leading_columns(connection: &mut PgConnection, schema: &str) -> HashMap<String, String> {
    let columns = sqlx::query_as(
        "select c.relname::text, pg_get_indexdef(i.indexrelid, 1, true) from pg_index as i
        join pg_class as c on c.oid = i.indexrelid where c.relnamespace = to_regnamespace($1)",
    );
    let columns: Vec<(String, String)> = columns.bind(schema).fetch_all(connection).await.unwrap();
    columns.into_iter().collect()
}

/// The tables that a plan reads from end to end: with no index, or through the whole of one, which it
/// does where the index's first column is not asked for.
fn walks(plan: &Value, leading: &HashMap<String, String>, found: &mut Vec<String>) {
    let text = |node: &serde_json::Map<String, Value>, key| {
        node.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    match plan {
        Value::Array(parts) => parts.iter().for_each(|part| walks(part, leading, found)),
        Value::Object(node) => {
            let (kind, index) = (text(node, "Node Type"), text(node, "Index Name"));
            let asks = leading
                .get(&index)
                .is_some_and(|first| text(node, "Index Cond").contains(first));
            if kind == "Seq Scan" || (!index.is_empty() && !asks) {
                found.push(format!("{kind} of {} {index}", text(node, "Relation Name")));
            }
            node.values().for_each(|part| walks(part, leading, found));
        }
        _ => {}
    }
}

async fn every_call_of_a_bus(schema: &str) {
    let bus = PostgresBus::connect(&common::url(), schema).await.unwrap();
    let (node, ada) = (NodeId::new(), [common::user("ada")]);
    let publication = Publication {
        topic: Topic::Nodes,
        node,
        payload: Bytes::new(),
    };
    bus.publish(&[publication]).await.unwrap();
    bus.renew(node, &ada).await.unwrap();
    bus.online(&ada).await.unwrap();
    bus.release(node, &ada).await.unwrap();
}

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let statements = Statements::default();
    tracing::subscriber::set_global_default(statements.clone()).unwrap();
    let schema = common::unique("test");
    let store = common::open(&schema).await;
    statements.0.lock().unwrap().clear();

    exercise::every_call(&Ports::of(&store)).await;
    every_call_of_a_bus(&schema).await;

    let seen = std::mem::take(&mut *statements.0.lock().unwrap());
    let begins = ["select", "insert", "update", "delete", "with"];
    let seen: Vec<&String> = seen
        .iter()
        .filter(|text| begins.iter().any(|word| text.starts_with(word)))
        .collect();
    assert!(seen.len() >= 50, "{} statements", seen.len());
    let mut connection = store.pool().acquire().await.unwrap();
    common::seed::fill(store.pool(), &schema, 20_000)
        .await
        .unwrap();
    let leading = leading_columns(&mut connection, &schema).await;
    let mut walking = Vec::new();
    for statement in seen {
        // Part of a name can be anywhere; users are walked in the order of their names.
        if statement.contains(" ilike ") || statement.contains(".meta") {
            continue;
        }
        let (plan, mut found) = (plan(&mut connection, statement).await, Vec::new());
        walks(&plan, &leading, &mut found);
        if !found.is_empty() {
            walking.push(format!("{statement}\n  {}", found.join("\n  ")));
        }
    }
    assert!(walking.is_empty(), "{}", walking.join("\n\n"));
}
