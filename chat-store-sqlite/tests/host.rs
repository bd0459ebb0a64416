//! Within the host's own transaction, in the host's own file and pools.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Draft, NewConversation, Refusal};
use chat_core::store::{ConversationStore as _, MessageStore as _, SchemaStore as _, Window};
use chat_store_sqlite::SqliteStore;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// The host's own pool, and chat in its file.
async fn shop(folder: &tempfile::TempDir) -> (SqlitePool, SqliteStore) {
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("shop.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(3)
        .connect_with(options)
        .await
        .unwrap();
    let make = "create table orders (id integer primary key, state text not null)";
    sqlx::raw_sql(make).execute(&pool).await.unwrap();
    let store = SqliteStore::on(pool.clone(), pool.clone());
    store.migrate().await.unwrap();
    (pool, store)
}

async fn group(store: &SqliteStore) -> ConversationId {
    let id = ConversationId::new();
    let new = NewConversation::Group {
        id,
        creator: user("shop"),
        name: "n".to_owned(),
        members: vec![user("ada")],
        at: Timestamp::now(),
    };
    store.create(&new).await.unwrap();
    id
}

#[tokio::test]
async fn a_row_of_the_host_and_its_message_are_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let (pool, store) = shop(&folder).await;
    let id = group(&store).await;
    let mut kept = Vec::new();
    for (order, commits) in [(1_i64, false), (2, true)] {
        let mut tx = pool.begin_with("begin immediate").await.unwrap();
        let pay = sqlx::query("insert into orders values (?, 'paid')").bind(order);
        pay.execute(&mut *tx).await.unwrap();
        let drafts = [
            Draft::text(id, user("shop"), format!("Order {order} is paid")),
            Draft::text(id, user("eve"), "no"),
        ];
        let mut answers = store.append_in(&mut tx, &drafts).await.unwrap();
        assert_eq!(answers.pop(), Some(Err(Refusal::NotMember)));
        let message = answers.pop().unwrap().unwrap().message;
        assert_eq!(message.seq.get(), 1, "no gap is left");
        if commits {
            tx.commit().await.unwrap();
            kept.push(message);
        } else {
            tx.rollback().await.unwrap();
        }
    }

    let history = store.history(id, &user("ada"), Window::Latest, 10).await;
    assert_eq!(history.unwrap(), Some(kept));
    let orders: Vec<i64> = sqlx::query_scalar("select id from orders")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(orders, [2]);
}

/// SQLite takes them away where it is told to keep them elsewhere, as we do on connections of our own.
#[tokio::test]
async fn a_hosts_temporary_tables_stay() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("shop.db"))
        .create_if_missing(true)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await.unwrap();
    let make = "create temp table basket as select 'tea' as item";
    sqlx::raw_sql(make).execute(&pool).await.unwrap();

    let store = SqliteStore::on(pool.clone(), pool.clone());
    store.migrate().await.unwrap();
    let id = group(&store).await;
    let sent = store.append(&[Draft::text(id, user("ada"), "hello")]).await;
    assert!(sent.unwrap()[0].is_ok());

    let item = sqlx::query_scalar("select item from basket").fetch_one(&pool);
    let item: String = item.await.unwrap();
    assert_eq!(item, "tea");
}
