//! The whole shop: its own login, chat mounted into it, and orders that speak.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod common;

use common::World;
use embed::customers::CustomerId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn customers_of_the_shop_talk_with_each_other() {
    let world = World::open().await;
    let (ada, bob) = (world.customer("Ada").await, world.customer("Bob").await);
    let mut bobs = bob.socket().await.unwrap();
    let mut adas = ada.socket().await.unwrap();

    let found = ada.get("/chat/api/v1/users?search=bo").await;
    let found: Value = found.json().await.unwrap();
    let direct = ada.direct_with(bob.id).await;
    adas.send(json!({
        "type": "message", "id": "1", "conversation_id": direct, "content": "Did yours come?",
    }))
    .await;

    assert_eq!(found["items"][0]["id"], bob.id.0.to_string());
    assert_eq!(found["items"][0]["display_name"], "Bob");
    assert_eq!(adas.wait_for("ack").await["id"], "1");
    assert_eq!(bobs.message().await, (1, "Did yours come?".to_owned()));
    assert_eq!(bob.history(&direct).await, ["Did yours come?"]);
}

#[tokio::test]
async fn whoever_is_not_logged_in_is_refused() {
    let world = World::open().await;
    let ada = world.customer("Ada").await;
    let order = ada.order("tea").await;
    let longer = format!("{}0", ada.token);
    for token in ["", "x", "' or true --", &longer] {
        let stranger = world.stranger(token);
        let me = stranger.get("/chat/api/v1/users/me").await;
        assert_eq!(me.status(), StatusCode::UNAUTHORIZED, "{token}");
        let refused = stranger.socket().await.err();
        assert_eq!(refused, Some(StatusCode::UNAUTHORIZED), "{token}");
        assert_eq!(stranger.pay(order).await, StatusCode::UNAUTHORIZED);
    }
    for (email, password) in [
        ("Ada@example.com", "not hers"),
        ("nobody@example.com", ""),
        ("shop@example.com", "!"),
    ] {
        let shown = json!({"email": email, "password": password});
        let begun = world.stranger("").post("/login", shown).await;
        assert_eq!(begun.status(), StatusCode::UNAUTHORIZED, "{email}");
    }
}

#[tokio::test]
async fn another_sites_page_cannot_use_the_cookie() {
    let world = World::open().await;
    let ada = world.customer("Ada").await;
    let body = json!({"type": "direct", "participant_id": "1"});
    let (post, path) = (Method::POST, "/chat/api/v1/conversations");

    let forged = ada
        .request(post, path, "https://evil.example", Some(body))
        .await;

    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_logout_ends_the_session_and_its_sockets() {
    let world = World::open().await;
    let ada = world.customer("Ada").await;
    let mut socket = ada.socket().await.unwrap();

    let ended = ada.post("/logout", json!({})).await;

    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    socket.closed().await;
    let again = ada.socket().await.err();
    assert_eq!(again, Some(StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn an_order_is_paid_and_told_together_and_once() {
    let world = World::open().await;
    let ada = world.customer("Ada").await;
    let mut socket = ada.socket().await.unwrap();
    let order = ada.order("tea").await;

    assert_eq!(ada.pay(order).await, StatusCode::NO_CONTENT);
    assert_eq!(ada.pay(order).await, StatusCode::NOT_FOUND);

    let text = format!("Order {order} is paid: tea");
    assert_eq!(socket.message().await, (1, text.clone()));
    assert_eq!(world.state_of(order).await, "paid");
    let direct = ada.direct_with(CustomerId::SHOP).await;
    assert_eq!(ada.history(&direct).await, [text]);
}

#[tokio::test]
async fn a_payment_that_fails_leaves_neither_row_nor_message() {
    let world = World::open().await;
    let (ada, bob) = (world.customer("Ada").await, world.customer("Bob").await);
    let order = ada.order("tea").await;
    // The row and the message are written; then the commit fails.
    let bank = "
        create function refuse() returns trigger language plpgsql
            as $$ begin raise exception 'the bank says no'; end $$;
        create constraint trigger bank after update on orders
            deferrable initially deferred for each row execute function refuse()";
    sqlx::raw_sql(bank).execute(&world.pool).await.unwrap();

    assert_eq!(ada.pay(order).await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(bob.pay(order).await, StatusCode::NOT_FOUND, "not his");

    assert_eq!(world.state_of(order).await, "open");
    let direct = ada.direct_with(CustomerId::SHOP).await;
    assert_eq!(ada.history(&direct).await, Vec::<String>::new());
    let unbank = "drop trigger bank on orders";
    sqlx::raw_sql(unbank).execute(&world.pool).await.unwrap();
    assert_eq!(ada.pay(order).await, StatusCode::NO_CONTENT);
    assert_eq!(ada.history(&direct).await.len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_untold_goes_out_before_the_next_message() {
    let world = World::open().await;
    let ada = world.customer("Ada").await;
    let mut socket = ada.socket().await.unwrap();
    let (tea, cup, pot) = (
        ada.order("tea").await,
        ada.order("cup").await,
        ada.order("pot").await,
    );
    assert_eq!(ada.pay(tea).await, StatusCode::NO_CONTENT);
    assert_eq!(socket.message().await.0, 1);

    // Another process commits, and is gone before it tells anybody.
    let crashing = world.another_process().await;
    let untold = crashing.orders().commit_payment(ada.id, cup).await;
    drop((crashing, untold.unwrap()));
    assert_eq!(ada.pay(pot).await, StatusCode::NO_CONTENT);

    let cup = format!("Order {cup} is paid: cup");
    let pot = format!("Order {pot} is paid: pot");
    assert_eq!(socket.message().await, (2, cup));
    assert_eq!(socket.message().await, (3, pot));
}
