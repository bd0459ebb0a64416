//! A schema that was filled before a step: the step makes up for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod place;

use bson::{Document, doc};
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::NewConversation;
use chat_core::store::{AdminStore as _, ConversationStore, SchemaStore as _};
use chat_store_mongo::MongoStore;
use place::Place;

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

async fn group(store: &MongoStore, members: &[&str]) {
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
    let place = Place::new();
    let store = place.open().await;
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

#[tokio::test]
async fn a_count_that_was_stopped_midway_is_made_again_and_counts_nothing_twice() {
    let place = Place::new();
    let store = place.open().await;
    group(&store, &["ada", "bob"]).await;
    store.goto(2).await.unwrap();
    let database = place::client().await.database(&place.name);
    let missing = [
        ("chat_steps", doc! { "_id": { "$gte": 2_i64 } }),
        ("chat_joins", doc! { "_id": "bob" }),
    ];
    for (collection, which) in missing {
        let collection = database.collection::<Document>(collection);
        let gone = collection.delete_many(which).await.unwrap();
        assert!(gone.deleted_count > 0);
    }

    store.migrate().await.unwrap();

    let mut counts = store.join_counts(&["ada", "bob"].map(user)).await.unwrap();
    counts.sort();
    assert_eq!(counts, [(user("ada"), 1), (user("bob"), 1)]);
}
