//! What whoever has the database finds in it.

use bson::{Document, doc};
use chat_core::store::{ConversationStore, MessageStore};
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tempfile::TempDir;

use crate::support::{
    MongoPlace, draft, edit, found, group, mongo, mongo_client, postgres, postgres_url, sealed,
    send, sqlite,
};

/// What is written, and looked for: words, an edit, and one that is edited away.
const WORDS: [&str; 4] = ["xylophone", "wheelbarrow", "quicksilver", "marmalade"];

/// Writes messages with all of the words, and finds them.
async fn write(store: &(impl MessageStore + ConversationStore)) {
    let id = group(store).await;
    send(store, &draft(id, "xylophone Wheelbarrow", "1"))
        .await
        .unwrap();
    let (sent, _) = send(store, &draft(id, "quicksilver", "2")).await.unwrap();
    edit(store, &sent, "marmalade").await;
    assert_eq!(found(store, id, "wheelbarrow").await, 1);
    assert_eq!(found(store, id, "marmalade").await, 1);
    assert_eq!(found(store, id, "quicksilver").await, 0);
}

/// Which of the words are there.
fn legible(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let words = WORDS.into_iter();
    words.filter(|word| text.contains(word)).collect()
}

/// The database's file and its log, from which nothing was taken yet.
fn files(folder: &TempDir) -> Vec<u8> {
    let files = ["chat.db", "chat.db-wal"];
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    files.map(read).concat()
}

#[tokio::test]
async fn a_sqlite_file_has_neither_text_nor_words() {
    let (store, folder) = sqlite().await;
    write(&sealed(store.clone())).await;
    assert_eq!(legible(&files(&folder)), [""; 0]);

    // Without keys it has.
    write(&store).await;
    assert_eq!(legible(&files(&folder)), WORDS);
}

/// All rows of all tables.
async fn rows(schema: &str) -> Vec<u8> {
    let mut connection = PgConnection::connect(&postgres_url()).await.unwrap();
    let tables = "select tablename::text from pg_tables where schemaname = $1";
    let tables = sqlx::query_scalar(tables).bind(schema);
    let tables: Vec<String> = tables.fetch_all(&mut connection).await.unwrap();
    let mut all = Vec::new();
    for table in tables {
        let rows = AssertSqlSafe(format!("select t::text from {schema}.{table} as t"));
        for row in sqlx::query(rows).fetch_all(&mut connection).await.unwrap() {
            all.extend(row.get::<String, _>(0).into_bytes());
        }
    }
    all
}

#[tokio::test]
async fn postgres_rows_have_neither_text_nor_words() {
    let (store, schema) = postgres().await;
    write(&sealed(store.clone())).await;
    assert_eq!(legible(&rows(&schema).await), [""; 0]);

    write(&store).await;
    // An edit leaves no earlier row to be read.
    assert_eq!(legible(&rows(&schema).await).len(), 3);
}

/// All documents of all collections.
async fn documents(place: &MongoPlace) -> Vec<u8> {
    let database = mongo_client().await.database(&place.0);
    let mut all = Vec::new();
    for name in database.list_collection_names().await.unwrap() {
        let collection = database.collection::<Document>(&name);
        let documents = collection.find(doc! {}).await.unwrap();
        let documents: Vec<Document> = documents.try_collect().await.unwrap();
        all.extend(
            documents
                .iter()
                .flat_map(|one| one.to_string().into_bytes()),
        );
    }
    all
}

#[tokio::test]
async fn mongo_documents_have_neither_text_nor_words() {
    let (store, place) = mongo().await;
    write(&sealed(store.clone())).await;
    assert_eq!(legible(&documents(&place).await), [""; 0]);

    write(&store).await;
    assert_eq!(legible(&documents(&place).await).len(), 3);
}
