//! A service of the host's own is told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chat_core::notify::{Notifier as _, NotifyError};
use chat_notify::Webhook;
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::standin::{Answer, StandIn};
use crate::{ATTEMPTS, PATIENCE, notice};

const OLD: [u8; 32] = *b"an old secret of thirty-two byte";
const NEW: [u8; 24] = *b"a secret of twenty-four.";

fn secret(bytes: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(bytes))
}

fn webhook(url: &str, secrets: &str) -> Webhook {
    let webhook = Webhook::new(url, secrets, PATIENCE).unwrap();
    webhook.attempts(ATTEMPTS)
}

/// HMAC as RFC 2104 writes it.
fn hmac(secret: &[u8], text: &[u8]) -> Vec<u8> {
    let mut key = [0; 64];
    key[..secret.len()].copy_from_slice(secret);
    let inner = Sha256::new().chain_update(key.map(|byte| byte ^ 0x36));
    let inner = inner.chain_update(text).finalize();
    let outer = Sha256::new().chain_update(key.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner).finalize().to_vec()
}

fn header<'r>(request: &'r Request<Bytes>, name: &str) -> &'r str {
    request.headers()[name].to_str().unwrap()
}

/// What a receiver computes.
fn signature(request: &Request<Bytes>, secret: &[u8]) -> String {
    let (id, at) = (
        header(request, "webhook-id"),
        header(request, "webhook-timestamp"),
    );
    let text = [id.as_bytes(), b".", at.as_bytes(), b".", request.body()].concat();
    format!("v1,{}", STANDARD.encode(hmac(secret, &text)))
}

#[tokio::test]
async fn a_notice_is_posted_signed() {
    let service = StandIn::start().await;
    let url = format!("{}/hooks/chat?from=here", service.url);
    let told = notice("hello \u{1f44b}", &["bob", "cyd"]);

    webhook(&url, &secret(&NEW)).notify(&told).await.unwrap();

    let got = service.take().remove(0);
    assert_eq!(
        (got.method(), got.uri().to_string()),
        (&http::Method::POST, "/hooks/chat?from=here".to_owned())
    );
    assert_eq!(header(&got, "content-type"), "application/json");
    assert_eq!(header(&got, "webhook-signature"), signature(&got, &NEW));
    let at: i64 = header(&got, "webhook-timestamp").parse().unwrap();
    let now = chat_core::id::Timestamp::now().as_millis() / 1_000;
    assert!((now - at).abs() < 60, "{at}");
    let body: Value = serde_json::from_slice(got.body()).unwrap();
    assert_eq!(body["type"], "message.created");
    assert_eq!(body["data"]["message"]["content"], "hello \u{1f44b}");
    assert_eq!(body["data"]["messages"], 3);
    assert_eq!(body["data"]["user_ids"], json!(["bob", "cyd"]));
    assert_eq!(body["data"]["sender"]["display_name"], "Ada");
    let conversation = json!({"id": told.conversation.id, "type": "group", "name": "A group"});
    assert_eq!(body["data"]["conversation"], conversation);
}

#[tokio::test]
async fn every_secret_signs_while_one_is_replaced() {
    let service = StandIn::start().await;
    let secrets = format!("{} {}", secret(&NEW), secret(&OLD));
    let webhook = webhook(&service.url, &secrets);
    webhook.notify(&notice("hello", &["bob"])).await.unwrap();
    let got = service.take().remove(0);
    let signatures: Vec<&str> = header(&got, "webhook-signature").split(' ').collect();
    assert_eq!(signatures, [signature(&got, &NEW), signature(&got, &OLD)]);
}

#[tokio::test]
async fn what_may_succeed_later_is_tried_again_under_the_same_id() {
    let service = StandIn::start().await;
    service.answer([Answer::Says(500, None), Answer::Hangs]);
    let webhook = webhook(&service.url, &secret(&NEW));
    webhook.notify(&notice("hello", &["bob"])).await.unwrap();
    let got = service.take();
    let ids: Vec<&str> = got.iter().map(|got| header(got, "webhook-id")).collect();
    assert_eq!(ids, [ids[0]; 3]);
    webhook.notify(&notice("hello", &["bob"])).await.unwrap();
    assert_ne!(header(&service.take()[0], "webhook-id"), ids[0]);
}

#[tokio::test]
async fn attempts_are_bounded() {
    let service = StandIn::start().await;
    service.answer((0..9).map(|_| Answer::Says(503, None)));
    let webhook = webhook(&service.url, &secret(&NEW));
    let failed = webhook.notify(&notice("hello", &["bob"])).await;
    assert!(
        matches!(failed, Err(NotifyError::Unavailable(_))),
        "{failed:?}"
    );
    assert_eq!(service.take().len(), 3);
}

#[tokio::test]
async fn what_is_final_is_not_tried_again() {
    let elsewhere = StandIn::start().await;
    let location = ("location", elsewhere.url.clone());
    for answer in [
        Answer::Says(400, None),
        Answer::Says(401, None),
        Answer::Says(404, None),
        Answer::Says(307, Some(location.clone())),
        Answer::Says(301, Some(location)),
    ] {
        let service = StandIn::start().await;
        service.answer([answer.clone()]);
        let webhook = webhook(&service.url, &secret(&NEW));
        let failed = webhook.notify(&notice("hello", &["bob"])).await;
        assert!(
            matches!(failed, Err(NotifyError::Refused(_))),
            "{answer:?}: {failed:?}"
        );
        assert_eq!(service.take().len(), 1, "{answer:?}");
    }
    assert_eq!(elsewhere.take().len(), 0, "no redirect is followed");
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let service = StandIn::start().await;
    service.answer([Answer::SaysAtLength(200, 64 << 20)]);
    let webhook = webhook(&service.url, &secret(&NEW));
    let notice = notice("hello", &["bob"]);
    let told = webhook.notify(&notice);
    let told = tokio::time::timeout(std::time::Duration::from_secs(5), told);
    told.await.unwrap().unwrap();
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let gone = StandIn::start().await.url.clone();
    let failed = webhook(&gone, &secret(&NEW))
        .notify(&notice("hello", &["bob"]))
        .await;
    assert!(
        matches!(failed, Err(NotifyError::Unavailable(_))),
        "{failed:?}"
    );
}

#[test]
fn addresses_that_are_none_are_refused() {
    for url in [
        "",
        "hook",
        "/hook",
        "ftp://x/",
        "https://",
        "https://user:secret@x/",
    ] {
        assert!(Webhook::new(url, &secret(&NEW), PATIENCE).is_err(), "{url}");
    }
}
