//! Stores of their own for each test, and what is done with them.

use std::time::Duration;

use chat_core::id::{ClientId, ConversationId, Epoch, Timestamp, UserId};
use chat_core::model::{
    Draft, Message, NewConversation, Refusal, Revised, Revision, RevisionKind, words,
};
use chat_core::store::{
    ConversationStore, MessageStore, SchemaStore as _, SearchQuery, StoreError, Window,
};
use chat_seal::{KeyRing, Sealed};
use chat_store_mongo::MongoStore;
use chat_store_postgres::PostgresStore;
use chat_store_sqlite::SqliteStore;
use mongodb::Client;
use tempfile::TempDir;

/// 32 times the byte 1, 2, 3 and 9.
pub(crate) const A: &str = "a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
pub(crate) const B: &str = "b:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
pub(crate) const OTHER_A: &str = "a:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";
pub(crate) const INDEX: &str = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
pub(crate) const OTHER_INDEX: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

/// Sealed with the key `a`.
pub(crate) fn sealed<S>(store: S) -> Sealed<S> {
    with(store, A, INDEX)
}

pub(crate) fn with<S>(store: S, keys: &str, index: &str) -> Sealed<S> {
    Sealed::new(store, KeyRing::parse(keys, index).unwrap())
}

pub(crate) async fn sqlite() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("chat.db"));
    let store = store.await.unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

pub(crate) fn postgres_url() -> String {
    let url = std::env::var("TEST_POSTGRES_URL");
    url.expect("TEST_POSTGRES_URL names no server: `cargo xtask services up` starts one")
}

/// A store, and the schema that it has for itself.
pub(crate) async fn postgres() -> (PostgresStore, String) {
    let schema = format!("seal_{}", ConversationId::new().as_uuid().simple());
    let store = PostgresStore::connect(&postgres_url()).await.unwrap();
    let store = store.with_schema(&schema).unwrap();
    store.migrate().await.unwrap();
    (store, schema)
}

/// A database, dropped with this.
pub(crate) struct MongoPlace(pub(crate) String);

pub(crate) async fn mongo_client() -> Client {
    let url = std::env::var("TEST_MONGO_URL").expect("TEST_MONGO_URL names a replica set");
    Client::with_uri_str(url).await.unwrap()
}

pub(crate) async fn mongo() -> (MongoStore, MongoPlace) {
    let name = format!("chat_seal_{}", Epoch::random().as_uuid().simple());
    let store = MongoStore::on(mongo_client().await, &name);
    let store = store.with_patience(Duration::from_secs(60));
    store.migrate().await.unwrap();
    (store, MongoPlace(name))
}

impl Drop for MongoPlace {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.0);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build();
            runtime.unwrap().block_on(async {
                let _ = mongo_client().await.database(&name).drop().await;
            });
        });
        let _ = dropping.join();
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// What Ada writes under a client id.
pub(crate) fn draft(conversation: ConversationId, text: &str, client_id: &str) -> Draft {
    Draft {
        client_id: Some(ClientId::new(client_id).unwrap()),
        ..Draft::text(conversation, user("ada"), text)
    }
}

/// A group of Ada's.
pub(crate) async fn group(store: &impl ConversationStore) -> ConversationId {
    let id = ConversationId::new();
    let new = NewConversation::Group {
        id,
        creator: user("ada"),
        name: "n".to_owned(),
        members: Vec::new(),
        at: Timestamp::now(),
    };
    store.create(&new).await.unwrap();
    id
}

pub(crate) async fn send(
    store: &impl MessageStore,
    draft: &Draft,
) -> Result<(Message, bool), Refusal> {
    let answers = store.append(std::slice::from_ref(draft)).await.unwrap();
    let answer = answers.into_iter().next().unwrap();
    answer.map(|appended| (appended.message, appended.is_new))
}

pub(crate) async fn edit(store: &impl MessageStore, message: &Message, text: &str) -> Revised {
    let revision = Revision {
        conversation: message.conversation,
        message: message.id,
        actor: user("ada"),
        kind: RevisionKind::Edit(text.to_owned()),
        at: Timestamp::now(),
        max_reactions: 50,
        blind_words: None,
    };
    store.revise(&revision).await.unwrap().unwrap()
}

pub(crate) async fn history(
    store: &impl MessageStore,
    id: ConversationId,
) -> Result<Vec<String>, StoreError> {
    let page = store
        .history(id, &user("ada"), Window::Latest, 1_000)
        .await?;
    let page = page.unwrap().into_iter();
    Ok(page.map(|message| message.text).collect())
}

/// How many messages a search finds.
pub(crate) async fn found(store: &impl MessageStore, id: ConversationId, text: &str) -> usize {
    let words = words(text);
    let query = SearchQuery {
        conversations: &[id],
        words: &words,
        before: None,
        limit: 1_000,
    };
    store.search(&user("ada"), &query).await.unwrap().len()
}
