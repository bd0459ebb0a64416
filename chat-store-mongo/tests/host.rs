//! Within the host's own transaction, and beside the host's own collections.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod place;

use std::time::{Duration, Instant};

use bson::{Document, doc};
use chat_core::conformance::{Ports, exercise};
use chat_core::id::UserId;
use chat_core::model::Refusal;
use chat_core::store::{ConversationStore, MessageStore as _, SchemaStore as _, Window};
use chat_store_mongo::MongoStore;
use chat_testkit::Mongo;
use place::{Place, begin_transaction, draft, group};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

#[tokio::test]
async fn a_document_of_the_host_and_its_message_are_one_transaction() {
    let (place, client) = (Place::new(), place::client().await);
    let store = MongoStore::on(client.clone(), &place.name);
    store.migrate().await.unwrap();
    let shop = user("shop");
    let id = group(&store, &shop).await;
    let database = client.database(&place.name);
    database.create_collection("orders").await.unwrap();
    let orders = database.collection::<Document>("orders");
    let mut session = client.start_session().await.unwrap();

    let mut kept = Vec::new();
    for (number, commits) in [(1_i64, false), (2, true)] {
        begin_transaction(&mut session).await;
        let order = orders.insert_one(doc! { "_id": number });
        order.session(&mut session).await.unwrap();
        let text = format!("Order {number} is paid");
        let drafts = [draft(id, &shop, &text), draft(id, &user("eve"), "no")];
        let mut answers = store.append_in(&mut session, &drafts).await.unwrap();
        assert_eq!(answers.pop(), Some(Err(Refusal::NotMember)));
        let message = answers.pop().unwrap().unwrap().message;
        assert_eq!(message.seq.get(), 1, "no gap is left");
        if commits {
            session.commit_transaction().await.unwrap();
            kept.push(message);
        } else {
            session.abort_transaction().await.unwrap();
        }
    }

    let history = store.history(id, &shop, Window::Latest, 10).await;
    assert_eq!(history.unwrap(), Some(kept));
    let stored = |number: i64| orders.count_documents(doc! { "_id": number });
    assert_eq!((stored(1).await.unwrap(), stored(2).await.unwrap()), (0, 1));
}

#[tokio::test]
async fn an_order_that_fails_takes_its_message_along() {
    let (place, client) = (Place::new(), place::client().await);
    let store = MongoStore::on(client.clone(), &place.name);
    store.migrate().await.unwrap();
    let shop = user("shop");
    let id = group(&store, &shop).await;
    let database = client.database(&place.name);
    let orders = database.collection::<Document>("orders");
    orders.insert_one(doc! { "_id": 1_i64 }).await.unwrap();
    let mut session = client.start_session().await.unwrap();

    begin_transaction(&mut session).await;
    let drafts = [draft(id, &shop, "Order 1 is paid")];
    let answers = store.append_in(&mut session, &drafts).await.unwrap();
    assert!(answers[0].is_ok());
    let twice = orders.insert_one(doc! { "_id": 1_i64 });
    assert!(twice.session(&mut session).await.is_err());
    drop(session);

    let history = store.history(id, &shop, Window::Latest, 10).await;
    assert_eq!(history.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn a_server_without_transactions_is_refused_with_what_to_do() {
    let server = tokio::task::spawn_blocking(Mongo::standalone)
        .await
        .unwrap()
        .unwrap();
    let refused = MongoStore::connect(&server.url()).await.unwrap_err();
    assert!(!refused.is_retryable(), "{refused:?}");
    let mut told = refused.to_string();
    let mut source = std::error::Error::source(&refused);
    while let Some(error) = source {
        told.push_str(&error.to_string());
        source = error.source();
    }
    assert!(told.contains("start it as a replica set"), "{told}");
}

#[tokio::test]
async fn two_chats_with_different_prefixes_live_in_one_database() {
    let place = Place::new();
    let store = place.open().await;
    let other = store.clone().with_prefix("second_").unwrap();
    other.migrate().await.unwrap();
    let ada = user("ada");
    let id = group(&store, &ada).await;
    assert_ne!(store.epoch().await.unwrap(), other.epoch().await.unwrap());
    assert_eq!(
        ConversationStore::find(&other, id, &ada).await.unwrap(),
        None
    );
    exercise::every_call(&Ports::of(&other)).await;
    other.goto(0).await.unwrap();
    let found = ConversationStore::find(&store, id, &ada).await;
    assert!(found.unwrap().is_some());
    for bad in ["", "Chat_", "a b", "1a", "x$y", &"x".repeat(33)] {
        assert!(store.clone().with_prefix(bad).is_err(), "{bad}");
    }
}

/// The host holds one conversation in a transaction: a batch over several is told so soon, and the others
/// go on alone.
#[tokio::test]
async fn a_conversation_that_the_host_holds_delays_no_other() {
    let (place, client) = (Place::new(), place::client().await);
    let store = MongoStore::on(client.clone(), &place.name);
    store.migrate().await.unwrap();
    let ada = user("ada");
    let (held, free) = (group(&store, &ada).await, group(&store, &ada).await);
    let mut session = client.start_session().await.unwrap();
    begin_transaction(&mut session).await;
    let host = [draft(held, &ada, "the host's")];
    store.append_in(&mut session, &host).await.unwrap();

    let begun = Instant::now();
    let batch = [draft(held, &ada, "no"), draft(free, &ada, "not yet")];
    let answers = store.append(&batch).await.unwrap();
    assert_eq!(answers, [Err(Refusal::Held), Err(Refusal::Held)]);
    let alone = store.append(&batch[1..]).await.unwrap().remove(0);
    assert_eq!(alone.unwrap().message.seq.get(), 1);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );

    session.commit_transaction().await.unwrap();
    let next = store.append(&batch[..1]).await.unwrap().remove(0);
    assert_eq!(next.unwrap().message.seq.get(), 2);
}
