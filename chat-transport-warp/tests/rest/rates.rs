//! How often one user or one address may ask.

use std::net::SocketAddr;

use chat_transport_warp::listener::PeerAddr;
use http::{Method, StatusCode};
use serde_json::json;
use warp::test::RequestBuilder;

use crate::support::{Answer, World, request};

fn from(address: &str, asked: RequestBuilder) -> RequestBuilder {
    let address = SocketAddr::new(address.parse().unwrap(), 40_000);
    asked.extension(PeerAddr(address))
}

async fn log_in(world: &World, address: &str, forwarded: &str) -> Answer {
    let body = json!({"username": "nobody", "password": "x"});
    let asked = request(Method::POST, "", "/auth/login").json(&body);
    let asked = asked.header("x-forwarded-for", forwarded);
    world.send(from(address, asked)).await
}

#[tokio::test]
async fn a_user_over_the_rate_waits_as_long_as_told() {
    let world = World::with(|config| {
        config.request_burst = 3;
        config.requests_per_second = 0.5;
    });
    for _ in 0..3 {
        world.get("ada", "/users").await.expect(StatusCode::OK);
    }

    let over = world.get("ada", "/users").await;

    over.refused(429, "rate_limited");
    assert_eq!(over.header("retry-after"), "2");
    world.get("bob", "/users").await.expect(StatusCode::OK);
    world.get("", "/openapi.json").await.expect(StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn after_the_time_told_a_request_passes() {
    let world = World::with(|config| {
        config.request_burst = 1;
        config.requests_per_second = 0.25;
    });
    world.get("ada", "/users").await.expect(StatusCode::OK);
    let over = world.get("ada", "/users").await;
    let wait = over.header("retry-after").parse().unwrap();

    tokio::time::advance(std::time::Duration::from_secs(wait)).await;

    world.get("ada", "/users").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn an_address_may_try_so_many_logins_whatever_it_claims() {
    let world = World::with_accounts(|config| config.logins_per_minute = 3);
    for n in 0..3 {
        let tried = log_in(&world, "9.9.9.9", &format!("1.1.1.{n}")).await;
        tried.refused(401, "invalid_credentials");
    }

    let over = log_in(&world, "9.9.9.9", "1.1.1.9").await;

    over.refused(429, "rate_limited");
    assert_eq!(over.header("retry-after"), "20");
    let other = log_in(&world, "8.8.8.8", "").await;
    other.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_counts_for_itself() {
    let world = World::with_accounts(|config| {
        config.logins_per_minute = 1;
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });

    log_in(&world, "10.0.0.1", "1.1.1.1")
        .await
        .refused(401, "invalid_credentials");
    log_in(&world, "10.0.0.2", "1.1.1.2")
        .await
        .refused(401, "invalid_credentials");
    log_in(&world, "10.0.0.1", "6.6.6.6, 1.1.1.1")
        .await
        .refused(429, "rate_limited");
}

#[tokio::test]
async fn an_ipv6_network_counts_as_one_address() {
    let world = World::with_accounts(|config| config.logins_per_minute = 1);

    log_in(&world, "2001:db8::1", "")
        .await
        .refused(401, "invalid_credentials");
    log_in(&world, "2001:db8::2:1", "")
        .await
        .refused(429, "rate_limited");
    log_in(&world, "2001:db8:0:1::1", "")
        .await
        .refused(401, "invalid_credentials");
}

#[tokio::test]
async fn an_address_may_register_so_often() {
    let world = World::with_accounts(|config| config.registrations = 2);
    let register = async || {
        let asked = request(Method::POST, "", "/auth/register").json(&json!({}));
        world.send(from("9.9.9.9", asked)).await
    };
    for _ in 0..2 {
        register().await.refused(400, "invalid_type");
    }

    let over = register().await;

    over.refused(429, "rate_limited");
    assert_eq!(over.header("retry-after"), "90");
}
