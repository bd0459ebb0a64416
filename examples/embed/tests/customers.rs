//! The shop's customers under the conformance suite for users that a host keeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::sync::Arc;

use chat_core::conformance::hosted_users::Planted;
use chat_core::id::UserId;
use chat_core::store::UserStore;
use embed::customers::{CustomerId, Customers};

const ADD: &str = "
insert into customers (name, email, password_hash, closed) values ($1, $2, '!', $3) returning id";

async fn planted(users: Vec<Planted>) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, ()) {
    let pool = common::pool().await;
    sqlx::migrate!().run(&pool).await.unwrap();
    // The shop itself is not one of those to be found.
    let cleared = sqlx::query("delete from customers").execute(&pool).await;
    cleared.unwrap();
    let mut ids = Vec::new();
    for user in users {
        let add = sqlx::query_scalar(ADD).bind(&user.display_name);
        let add = add.bind(&user.username).bind(user.disabled);
        let id: CustomerId = add.fetch_one(&pool).await.unwrap();
        ids.push(Some(id.into()));
    }
    (Arc::new(Customers(pool)), ids, ())
}

chat_core::user_store_conformance!(planted);
