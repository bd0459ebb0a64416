//! What an append reads does not grow with the store, whatever Postgres knows of the tables: its plans are made from
//! statistics that may be missing, or from another time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::collections::BTreeMap;

use chat_core::id::{ClientId, ConversationId, Timestamp, UploadId};
use chat_core::model::{Attachment, Draft, MediaType, Purpose, Upload};
use chat_core::store::{MessageStore as _, SchemaStore as _, UploadStore};
use chat_store_postgres::PostgresStore;
use common::{draft, group, unique, url, user};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgConnection};

const TABLES: [&str; 6] = [
    "blocks",
    "conversations",
    "members",
    "messages",
    "upload_links",
    "uploads",
];

/// Conversations of two, as most of a store's are.
const PAIRS: &str = "unnest(array['a' || n, 'b' || n])";

/// Of one, who keeps notes.
const NOTES: &str = "unnest(array['a' || n])";

/// Many conversations of so many people with a message each.
const FILL: &str = r"
with pairs as (select gen_random_uuid() as id, n from generate_series(1, 12000) as n), made as (
    insert into chat.conversations
    select id, 1, 'a' || n || ':b', null, null, 'a', 1, 1, 1, 1, 1, 2 from pairs
), joined as (
    insert into chat.members
    select id, who, 1, true, 1, 1, 0, 0, 0 from pairs, PEOPLE as who
)
insert into chat.messages (id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, created_at, words)
select gen_random_uuid(), id, 1, 1, 'a' || n, 'first', '', 1, 'text', 1, '' from pairs";

/// What makes one conversation and one of its members unlike the others: $1 has many members, ada is in many
/// conversations, has been writing in $1 for long, owns many uploads, and many people blocked each other.
const CROWD: &str = r"
with crowd as (select n, gen_random_uuid() as id from generate_series(1, 3000) as n), rooms as (
    insert into chat.conversations
    select id, 2, null, 'n', null, 'ada', 1, 1, 0, 1, 1, 1 from crowd returning id
), hers as (
    insert into chat.members select id, 'ada', 1, true, 1, 1, 0, 0, 0 from rooms
), full_house as (
    insert into chat.members select $1, 'user-' || n, 1, true, 1, 1, 0, 0, 0 from crowd
), blocked as (
    insert into chat.blocks select 'x' || n, 'y' || n, 'x' || n || ':y' || n, 1 from crowd
), uploaded as (
    insert into chat.uploads select id, 'ada', 'attachment', 'image/png', 1, 1, 1, false, null, n from crowd
), written as (
    insert into chat.messages (id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, created_at, words)
    select id, $1, n + 1000, n + 1000, 'ada', 'n' || n, '', 1, 'text', 1, '' from crowd
)
update chat.conversations set last_seq = 9000, rev = 9000 where id = $1";

/// A run goes to the function as it is; for several, all locks are taken before.
#[derive(Debug, Clone, Copy)]
enum Batch {
    Whole,
    Cut,
}

/// A store with one connection, whose tables nobody looks after by himself.
struct Store {
    store: PostgresStore,
    schema: String,
}

impl Store {
    async fn new() -> Self {
        let schema = unique("test");
        let alone = PgPoolOptions::new().max_connections(1);
        let store = PostgresStore::on(alone.connect(&url()).await.unwrap());
        let store = store.with_schema(&schema).unwrap();
        store.migrate().await.unwrap();
        let store = Self { store, schema };
        for table in TABLES {
            store
                .run(&format!(
                    "alter table chat.{table} set (autovacuum_enabled = off)"
                ))
                .await;
        }
        store
    }

    fn sql(&self, statement: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(statement.replace("chat.", &format!("{}.", self.schema)))
    }

    async fn run(&self, statement: &str) {
        let run = sqlx::query(self.sql(statement));
        run.execute(self.store.pool()).await.unwrap();
    }

    /// Fills it with conversations of these people each, and has Postgres look at them.
    async fn fill_with(&self, people: &str) {
        self.run(&FILL.replace("PEOPLE", people)).await;
        for table in ["conversations", "members", "messages"] {
            self.run(&format!("analyze chat.{table}")).await;
        }
    }

    async fn crowd(&self, conversation: ConversationId) {
        let crowd = sqlx::query(self.sql(CROWD)).bind(conversation.as_uuid());
        crowd.execute(self.store.pool()).await.unwrap();
    }

    /// A picture of ada's.
    async fn picture(&self) -> Attachment {
        let upload = Upload {
            id: UploadId::new(),
            owner: user("ada"),
            purpose: Purpose::Attachment,
            content_type: MediaType::Png,
            size: 1,
            width: Some(1),
            height: Some(1),
            name: None,
            has_thumbnail: false,
            url: None,
            created_at: Timestamp::now(),
        };
        UploadStore::create(&self.store, &upload).await.unwrap();
        upload.attachment()
    }

    /// How many rows of each table are read to append an answer with a client id and an attachment; and, where the
    /// batch is cut, an answer to that.
    async fn rows_read(&self, first: &Draft, batch: Batch) -> BTreeMap<String, i64> {
        let answer = Draft {
            client_id: Some(ClientId::new("the answer").unwrap()),
            reply_to: Some(first.id),
            attachments: vec![self.picture().await],
            ..draft(first.conversation, "ada", "an answer")
        };
        let another = Draft {
            reply_to: Some(answer.id),
            ..draft(first.conversation, "ada", "an answer to it")
        };
        let drafts = match batch {
            Batch::Whole => vec![answer],
            Batch::Cut => vec![answer, another],
        };
        let mut tx = self.store.pool().begin().await.unwrap();
        let before = self.rows_read_so_far(&mut tx).await;
        let answers = self.store.append_in(&mut tx, &drafts).await.unwrap();
        let after = self.rows_read_so_far(&mut tx).await;
        tx.rollback().await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let rows = |(table, rows)| {
            let before = before.get(&table).unwrap_or(&0);
            (table, rows - before)
        };
        after.into_iter().map(rows).collect()
    }

    /// Of the transaction.
    async fn rows_read_so_far(&self, connection: &mut PgConnection) -> BTreeMap<String, i64> {
        let read = sqlx::query_as(
            "select relname::text, seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables
            where schemaname = $1 and relname = any ($2)",
        );
        let read = read.bind(&self.schema).bind(TABLES.as_slice());
        let read: Vec<(String, i64)> = read.fetch_all(connection).await.unwrap();
        read.into_iter().collect()
    }
}

/// Plans are made and kept while everything is small or like a pair; then a crowd comes, which no statistics know of.
async fn a_crowd_costs_no_more_than_before(store: &Store) {
    let id = group(&store.store, &["ada"]).await;
    let first = draft(id, "ada", "the first");
    let answers = store.store.append(std::slice::from_ref(&first)).await;
    answers.unwrap()[0].as_ref().unwrap();
    // As if it were one of two: whether they blocked each other is asked about those alone.
    store
        .run("update chat.conversations set pair = 'ada:bob' where pair is null")
        .await;
    // Postgres thinks about keeping a plan for as long as that.
    for _ in 0..6 {
        store.rows_read(&first, Batch::Whole).await;
        store.rows_read(&first, Batch::Cut).await;
    }

    store.crowd(id).await;

    for (batch, runs) in [(Batch::Whole, 1), (Batch::Cut, 2)] {
        let read = store.rows_read(&first, batch).await;
        let most = read.values().max();
        assert!(
            most.is_some_and(|most| *most < 16 * runs),
            "{batch:?}: {read:?}"
        );
    }
}

#[tokio::test]
async fn an_append_reads_no_more_rows_of_a_crowd_when_there_are_no_statistics() {
    let store = Store::new().await;

    a_crowd_costs_no_more_than_before(&store).await;
}

#[tokio::test]
async fn an_append_reads_no_more_rows_of_a_crowd_when_the_statistics_are_of_pairs() {
    let store = Store::new().await;
    store.fill_with(PAIRS).await;

    a_crowd_costs_no_more_than_before(&store).await;
}

#[tokio::test]
async fn an_append_reads_no_more_rows_of_a_crowd_when_the_statistics_are_of_notes() {
    let store = Store::new().await;
    store.fill_with(NOTES).await;

    a_crowd_costs_no_more_than_before(&store).await;
}
