//! A schema that was filled before a step: the step makes up for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::NewConversation;
use chat_core::store::{AdminStore as _, ConversationStore, SchemaStore as _};
use chat_store_sqlite::SqliteStore;

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

async fn group(store: &SqliteStore, members: &[&str]) {
    let new = NewConversation::Group {
        id: ConversationId::new(),
        creator: user(members[0]),
        name: "n".to_owned(),
        members: members[1..].iter().map(|name| user(name)).collect(),
        at: Timestamp::now(),
    };
    ConversationStore::create(store, &new).await.unwrap();
}

#[tokio::test]
async fn memberships_of_before_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let store = SqliteStore::open(path).await.unwrap();
    store.migrate().await.unwrap();
    for members in [["ada", "bob"], ["ada", "eve"]] {
        group(&store, &members).await;
    }
    let at = Timestamp::now();
    store.erase(&user("eve"), at).await.unwrap();

    store.goto(1).await.unwrap();
    store.migrate().await.unwrap();

    let asked = ["ada", "bob", "eve"].map(user);
    let mut counts = store.join_counts(&asked).await.unwrap();
    counts.sort();
    assert_eq!(counts, [(user("ada"), 2), (user("bob"), 1)]);
    assert_eq!(store.audit(10).await.unwrap(), []);
}
