//! Within the host's own transaction, and beside the host's own tables.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::time::{Duration, Instant};

use chat_core::chat::Chat;
use chat_core::conformance::{Ports, exercise};
use chat_core::id::ClientId;
use chat_core::model::{Draft, Refusal};
use chat_core::protocol::MessageBody;
use chat_core::store::{ConversationStore, MessageStore as _, SchemaStore as _, Window};
use chat_store_postgres::PostgresStore;
use common::{draft, fresh, group, user};
use sqlx::postgres::PgPoolOptions;

#[tokio::test]
async fn what_a_transaction_of_the_host_appends_is_there_if_it_commits() {
    let store = fresh().await;
    let id = group(&store, &["ada", "bob"]).await;

    let mut tx = store.pool().begin().await.unwrap();
    let undone = store
        .append_in(&mut tx, &[draft(id, "ada", "undone")])
        .await
        .unwrap();
    assert_eq!(undone[0].as_ref().unwrap().message.seq.get(), 1);
    tx.rollback().await.unwrap();
    let mut tx = store.pool().begin().await.unwrap();
    let kept = store
        .append_in(&mut tx, &[draft(id, "ada", "kept"), draft(id, "eve", "no")])
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let kept_message = kept[0].as_ref().unwrap().message.clone();
    assert_eq!(kept_message.seq.get(), 1, "no gap is left");
    assert_eq!(kept[1], Err(Refusal::NotMember));
    let history = store
        .history(id, &user("bob"), Window::Latest, 10)
        .await
        .unwrap();
    assert_eq!(history, Some(vec![kept_message]));
}

#[tokio::test]
async fn a_row_of_the_host_and_its_message_are_one_transaction() {
    let store = fresh().await;
    let orders = common::unique("orders");
    let make = format!("create table {orders} (id bigint primary key, state text not null)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(make))
        .execute(store.pool())
        .await
        .unwrap();
    let id = group(&store, &["shop", "ada"]).await;
    let pay = |state: &'static str| {
        sqlx::AssertSqlSafe(format!("insert into {orders} values (1, '{state}')"))
    };

    let mut tx = store.pool().begin().await.unwrap();
    sqlx::raw_sql(pay("paid")).execute(&mut *tx).await.unwrap();
    store
        .append_in(&mut tx, &[draft(id, "shop", "Order 1 is paid")])
        .await
        .unwrap()[0]
        .as_ref()
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.pool().begin().await.unwrap();
    let twice = sqlx::raw_sql(pay("again")).execute(&mut *tx).await;
    assert!(twice.is_err());
    drop(tx);

    let history = store
        .history(id, &user("ada"), Window::Latest, 10)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(history.len(), 1);
}

/// The host holds the lock of one conversation: a batch over several leaves it out, and asked for alone
/// it waits and is then unavailable.
#[tokio::test]
async fn a_conversation_that_the_host_holds_delays_no_other() {
    let store = fresh().await;
    let (held, free) = (group(&store, &["ada"]).await, group(&store, &["ada"]).await);
    let mut tx = store.pool().begin().await.unwrap();
    store
        .append_in(&mut tx, &[draft(held, "ada", "first")])
        .await
        .unwrap();

    let begun = Instant::now();
    let answers = store
        .append(&[draft(held, "ada", "no"), draft(free, "ada", "free")])
        .await
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(answers[0], Err(Refusal::Held));
    assert_eq!(answers[1].as_ref().unwrap().message.seq.get(), 1);
    let refused = store
        .append(&[draft(held, "ada", "second")])
        .await
        .unwrap_err();
    assert!(
        refused.is_retryable() && begun.elapsed() < Duration::from_secs(3),
        "{refused:?}"
    );

    tx.commit().await.unwrap();
    let next = store
        .append(&[draft(held, "ada", "second")])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(next.message.seq.get(), 2);
}

/// The same through the chat, which combines everybody's sends: those to the conversation wait in their
/// order, and nobody else's do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_to_other_conversations_go_on_while_the_host_holds_one() {
    let store = fresh().await;
    let (held, free) = (group(&store, &["ada"]).await, group(&store, &["ada"]).await);
    let users = chat_core::memory::MemoryStore::new();
    let chat = Chat::builder(store.clone(), users).build();
    let send = |id, text: String| {
        let chat = chat.clone();
        tokio::spawn(async move {
            let body = MessageBody {
                content: text,
                ..MessageBody::default()
            };
            chat.send(&user("ada"), id, body).await.unwrap().message
        })
    };
    let mut tx = store.pool().begin().await.unwrap();
    store
        .append_in(&mut tx, &[draft(held, "ada", "the host's")])
        .await
        .unwrap();

    let begun = Instant::now();
    let mut waiting = Vec::new();
    for n in 0..8 {
        waiting.push(send(held, format!("held {n}")));
        tokio::task::yield_now().await;
        send(free, format!("free {n}")).await.unwrap();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert!(waiting.iter().all(|send| !send.is_finished()));
    tx.commit().await.unwrap();

    for (seq, sent) in (2..).zip(waiting) {
        assert_eq!(sent.await.unwrap().seq.get(), seq);
    }
}

#[tokio::test]
async fn two_chats_in_different_schemas_share_a_pool_of_the_host() {
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect(&common::url())
        .await
        .unwrap();
    let open = |name: String| PostgresStore::on(pool.clone()).with_schema(&name).unwrap();
    let (one, two) = (open(common::unique("one")), open(common::unique("two")));
    one.migrate().await.unwrap();
    two.migrate().await.unwrap();
    let id = group(&one, &["ada"]).await;
    assert_ne!(one.epoch().await.unwrap(), two.epoch().await.unwrap());
    assert_eq!(
        ConversationStore::find(&two, id, &user("ada"))
            .await
            .unwrap(),
        None
    );
    exercise::every_call(&Ports::of(&two)).await;
    two.goto(0).await.unwrap();
    assert!(
        ConversationStore::find(&one, id, &user("ada"))
            .await
            .unwrap()
            .is_some()
    );
    for bad in ["", "Chat", "a b", "1a", "x\"; drop", &"x".repeat(49)] {
        assert!(one.clone().with_schema(bad).is_err(), "{bad}");
    }
}

/// Many waiting at once hold connections only until they are told.
#[tokio::test]
async fn no_connection_is_lost_when_calls_fail_or_are_dropped() {
    let store = fresh().await;
    let id = group(&store, &["ada"]).await;
    let mut tx = store.pool().begin().await.unwrap();
    store
        .append_in(&mut tx, &[draft(id, "ada", "first")])
        .await
        .unwrap();
    for n in 0..64_u64 {
        let drafts = [draft(id, "ada", "x")];
        let dropped =
            tokio::time::timeout(Duration::from_millis(n % 8), store.append(&drafts)).await;
        assert!(dropped.is_err(), "the host holds the conversation");
    }
    tx.commit().await.unwrap();
    let calls = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.append(&[draft(id, "ada", "y")]).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap()[0].as_ref().unwrap();
    }
    assert!(store.pool().size() <= 16);
}

/// A batch is cut where a draft rests on another: a conversation that is held is held for all of it, so
/// that none of its drafts overtakes another, and nobody waits.
#[tokio::test]
async fn a_held_conversation_is_held_for_the_whole_batch() {
    let store = fresh().await;
    let (held, free) = (group(&store, &["ada"]).await, group(&store, &["ada"]).await);
    let mut tx = store.pool().begin().await.unwrap();
    let host = [draft(held, "ada", "the host's")];
    store.append_in(&mut tx, &host).await.unwrap();
    let named = |id, text| Draft {
        client_id: Some(ClientId::new(text).unwrap()),
        ..draft(id, "ada", text)
    };
    let first = named(held, "first");
    let reply = Draft {
        reply_to: Some(first.id),
        ..draft(held, "ada", "a reply")
    };
    let again = named(free, "again");
    let batch = [first.clone(), reply, first, again.clone(), again];

    let begun = Instant::now();
    let answers = store.append(&batch).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(
        answers[..3],
        [Err(Refusal::Held), Err(Refusal::Held), Err(Refusal::Held)]
    );
    let is_new: Vec<bool> = answers[3..]
        .iter()
        .map(|answer| answer.as_ref().unwrap().is_new)
        .collect();
    assert_eq!(is_new, [true, false]);
}

/// Batches that are cut take all their locks first, in one order: none waits for another in a circle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_cut_do_not_wait_in_a_circle() {
    let store = fresh().await;
    let (one, two) = (group(&store, &["ada"]).await, group(&store, &["ada"]).await);
    let mut batches = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (store, places) = (
            store.clone(),
            if n % 2 == 0 { [one, two] } else { [two, one] },
        );
        batches.spawn(async move {
            let drafts = places.map(|id| Draft {
                client_id: Some(ClientId::new(format!("c{n}")).unwrap()),
                ..draft(id, "ada", "x")
            });
            let [first, second] = drafts;
            let batch = [first.clone(), first, second.clone(), second];
            store.append(&batch).await.unwrap()
        });
    }
    while let Some(answers) = batches.join_next().await {
        for answer in answers.unwrap() {
            assert!(matches!(answer, Ok(_) | Err(Refusal::Held)), "{answer:?}");
        }
    }
}
