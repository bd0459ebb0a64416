//! Browsers are told over a push service, which checks who pushes; only the browser can read it.

use std::time::Duration;

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use chat_core::id::{LoginId, Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{Login, PushSubscription};
use chat_core::notify::{Notice, Notifier as _, NotifyError};
use chat_core::store::{EndLogins, LoginStore as _, PushStore as _};
use chat_notify::{PushKey, WebPush};
use hkdf::Hkdf;
use http::Request;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::{PublicKey, SecretKey};
use serde_json::Value;
use sha2::Sha256;

use crate::standin::{Answer, StandIn};
use crate::{ATTEMPTS, PATIENCE, notice, user};

const AUTH: [u8; 16] = *b"shared by a page";

/// A browser, which alone has the private key.
struct Browser {
    key: SecretKey,
    subscription: PushSubscription,
}

impl Browser {
    fn new(service: &StandIn, name: &str, number: u8) -> Self {
        let key = SecretKey::from_slice(&[number; 32]).unwrap();
        let point = key.public_key().to_encoded_point(false);
        let subscription = PushSubscription {
            endpoint: format!("{}/push/{number}", service.url),
            user: user(name),
            login: None,
            p256dh: URL_SAFE_NO_PAD.encode(point.as_bytes()),
            auth: URL_SAFE_NO_PAD.encode(AUTH),
            created_at: Timestamp::now(),
        };
        Self { key, subscription }
    }

    /// Reads a push as RFC 8291 and RFC 8188 tell a receiver to.
    fn read(&self, push: &Request<Bytes>) -> Value {
        assert_eq!(push.headers()["content-encoding"], "aes128gcm");
        let body = push.body();
        assert!(body.len() <= 4_096);
        let (salt, rest) = body.split_at(16);
        let (size, rest) = rest.split_at(4);
        assert_eq!(u32::from_be_bytes(size.try_into().unwrap()), 4_096);
        assert_eq!(rest[0], 65);
        let (sender, record) = rest[1..].split_at(65);
        let sender_key = PublicKey::from_sec1_bytes(sender).unwrap();
        let shared =
            p256::ecdh::diffie_hellman(self.key.to_nonzero_scalar(), sender_key.as_affine());
        let own = self.key.public_key().to_encoded_point(false);
        let info = [b"WebPush: info\0", own.as_bytes(), sender].concat();
        let derive = |salt: &[u8], key: &[u8], info: &[u8], length: usize| {
            let mut derived = vec![0; length];
            let hkdf = Hkdf::<Sha256>::new(Some(salt), key);
            hkdf.expand(info, &mut derived).unwrap();
            derived
        };
        let key = derive(&AUTH, shared.raw_secret_bytes(), &info, 32);
        let content = derive(salt, &key, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = derive(salt, &key, b"Content-Encoding: nonce\0", 12);
        let nonce = Nonce::from(<[u8; 12]>::try_from(nonce).unwrap());
        let cipher = Aes128Gcm::new_from_slice(&content).unwrap();
        let mut plain = cipher.decrypt(&nonce, record).unwrap();
        assert_eq!(plain.pop(), Some(2), "the last record");
        serde_json::from_slice(&plain).unwrap()
    }
}

/// Checks who pushes as RFC 8292 tells a push service to; gives the claims.
fn claims(push: &Request<Bytes>, public: &str) -> Value {
    let header = push.headers()["authorization"].to_str().unwrap();
    let (token, key) = header
        .strip_prefix("vapid t=")
        .unwrap()
        .split_once(", k=")
        .unwrap();
    assert_eq!(key, public);
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = VerifyingKey::from_sec1_bytes(&bytes(key)).unwrap();
    let signature = Signature::from_slice(&bytes(signature)).unwrap();
    key.verify(signed.as_bytes(), &signature).unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let head: Value = serde_json::from_slice(&bytes(head)).unwrap();
    assert_eq!(
        (&head["alg"], &head["typ"]),
        (&"ES256".into(), &"JWT".into())
    );
    serde_json::from_slice(&bytes(claims)).unwrap()
}

/// A store with these browsers, and who pushes to them.
async fn pushing(service: &StandIn, browsers: &[&Browser]) -> (MemoryStore, WebPush) {
    let store = MemoryStore::new();
    for browser in browsers {
        store.subscribe(&browser.subscription, 20).await.unwrap();
    }
    let key = PushKey::generate().unwrap();
    let hosts = service.url.parse().unwrap();
    let push = WebPush::new(
        store.clone(),
        key,
        "mailto:ops@chat.example",
        hosts,
        PATIENCE,
    );
    (store, push.unwrap().attempts(ATTEMPTS))
}

async fn kept(store: &MemoryStore) -> Vec<String> {
    let users: Vec<UserId> = ["bob", "cyd"].map(user).to_vec();
    let all = store.subscriptions(&users).await.unwrap();
    all.into_iter().map(|one| one.endpoint).collect()
}

fn path(push: &Request<Bytes>) -> &str {
    push.uri().path()
}

#[tokio::test]
async fn every_browser_of_the_users_is_pushed_to_and_can_read_it() {
    let service = StandIn::start().await;
    let browsers = [("bob", 1), ("bob", 2), ("cyd", 3), ("dan", 4)];
    let browsers = browsers.map(|(name, number)| Browser::new(&service, name, number));
    let (_store, push) = pushing(&service, &browsers.iter().collect::<Vec<_>>()).await;
    let told = notice("hello \u{1f44b}", &["bob", "cyd"]);

    push.notify(&told).await.unwrap();

    let mut got = service.take();
    got.sort_by_key(|push| path(push).to_owned());
    let paths: Vec<&str> = got.iter().map(path).collect();
    assert_eq!(paths, ["/push/1", "/push/2", "/push/3"], "dan is not told");
    for (push_, browser) in got.iter().zip(&browsers) {
        let payload = browser.read(push_);
        assert_eq!(payload["user_id"], browser.subscription.user.as_str());
        assert_eq!(payload["content"], "hello \u{1f44b}");
        assert_eq!(payload["sender_name"], "Ada");
        assert_eq!(payload["conversation_name"], "A group");
        assert_eq!(payload["messages"], 3);
        let conversation = told.conversation.id.to_string();
        assert_eq!(payload["conversation_id"], conversation);
        let claims = claims(push_, &push.service().key);
        assert_eq!(claims["aud"], service.url);
        assert_eq!(claims["sub"], "mailto:ops@chat.example");
        let now = Timestamp::now().as_millis() / 1_000;
        let life = claims["exp"].as_i64().unwrap() - now;
        assert!((3_600..=24 * 3_600).contains(&life), "{life}");
        assert_eq!(push_.headers()["ttl"], "86400");
        assert_eq!(push_.headers()["urgency"], "normal");
        let topic = push_.headers()["topic"].to_str().unwrap();
        assert!(topic.len() <= 32, "{topic}");
    }
    let salts: std::collections::BTreeSet<_> = got.iter().map(|push| &push.body()[..86]).collect();
    assert_eq!(salts.len(), 3, "each has its own key and salt");
}

#[tokio::test]
async fn a_topic_is_a_conversations() {
    let service = StandIn::start().await;
    let bob = Browser::new(&service, "bob", 1);
    let (_store, push) = pushing(&service, &[&bob]).await;
    let (one, other) = (notice("1", &["bob"]), notice("2", &["bob"]));
    for told in [&one, &one, &other] {
        push.notify(told).await.unwrap();
    }
    let got = service.take();
    let topics: Vec<_> = got.iter().map(|push| &push.headers()["topic"]).collect();
    assert_eq!(topics[0], topics[1]);
    assert_ne!(topics[0], topics[2]);
}

#[tokio::test]
async fn a_long_text_is_cut_between_characters() {
    let service = StandIn::start().await;
    let bob = Browser::new(&service, "bob", 1);
    let (_store, push) = pushing(&service, &[&bob]).await;
    for sign in ["x", "\u{1f44b}", "é", "\u{1}", "\""] {
        let mut told = notice(&sign.repeat(4_000), &["bob"]);
        let name = sign.repeat(1_000);
        told.sender.as_mut().unwrap().display_name.clone_from(&name);
        told.conversation.name = Some(name);
        push.notify(&told).await.unwrap();
        let payload = bob.read(&service.take()[0]);
        let content = payload["content"].as_str().unwrap();
        assert!(!content.is_empty() && content.len() <= 2_000);
        assert_eq!(content, sign.repeat(content.len() / sign.len()));
    }
}

#[tokio::test]
async fn browsers_that_are_gone_are_forgotten() {
    for status in [404, 410] {
        let service = StandIn::start().await;
        let (bob, cyd) = (
            Browser::new(&service, "bob", 1),
            Browser::new(&service, "cyd", 2),
        );
        let (store, push) = pushing(&service, &[&bob]).await;
        service.answer([Answer::Says(status, None)]);
        push.notify(&notice("hello", &["bob", "cyd"]))
            .await
            .unwrap();
        store.subscribe(&cyd.subscription, 20).await.unwrap();
        assert_eq!(kept(&store).await, [cyd.subscription.endpoint]);
        assert_eq!(service.take().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_may_succeed_later_is_tried_again() {
    let wait = Some(("retry-after", "1".to_owned()));
    for (answer, wait) in [
        (Answer::Says(429, wait.clone()), 1),
        (Answer::Says(503, wait), 1),
        (Answer::Says(500, None), 0),
        (Answer::SaysAtLength(502, 1 << 20), 0),
        (Answer::Hangs, 0),
    ] {
        let service = StandIn::start().await;
        let bob = Browser::new(&service, "bob", 1);
        let (store, push) = pushing(&service, &[&bob]).await;
        service.answer([answer.clone()]);
        let begun = tokio::time::Instant::now();
        push.notify(&notice("hello", &["bob"])).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(wait), "{answer:?}");
        assert_eq!(service.take().len(), 2, "{answer:?}");
        assert_eq!(kept(&store).await.len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn who_asks_to_be_left_alone_for_long_is() {
    let service = StandIn::start().await;
    let bob = Browser::new(&service, "bob", 1);
    let (store, push) = pushing(&service, &[&bob]).await;
    service.answer([Answer::Says(429, Some(("retry-after", "3600".to_owned())))]);
    let failed = push.notify(&notice("hello", &["bob"])).await;
    assert!(
        matches!(failed, Err(NotifyError::Unavailable(_))),
        "{failed:?}"
    );
    assert_eq!(service.take().len(), 1);
    assert_eq!(kept(&store).await.len(), 1);
}

#[tokio::test]
async fn one_browser_that_fails_keeps_nothing_from_the_others() {
    let (service, stuck) = (StandIn::start().await, StandIn::start().await);
    stuck.answer((0..9).map(|_| Answer::Hangs));
    let (bob, cyd) = (
        Browser::new(&stuck, "bob", 1),
        Browser::new(&service, "cyd", 2),
    );
    let (store, push) = pushing(&service, &[&bob, &cyd]).await;
    let key = PushKey::generate().unwrap();
    let hosts = format!("{},{}", service.url, stuck.url).parse().unwrap();
    drop(push);
    let push = WebPush::new(
        store.clone(),
        key,
        "mailto:ops@chat.example",
        hosts,
        PATIENCE,
    );
    let push = push.unwrap().attempts(ATTEMPTS);
    let failed = push.notify(&notice("hello", &["bob", "cyd"])).await;
    assert!(
        matches!(failed, Err(NotifyError::Unavailable(_))),
        "{failed:?}"
    );
    assert_eq!((stuck.take().len(), service.take().len()), (3, 1));
}

#[tokio::test]
async fn no_other_host_is_ever_asked() {
    let (service, elsewhere) = (StandIn::start().await, StandIn::start().await);
    let location = ("location", format!("{}/push/1", elsewhere.url));
    let (bob, cyd) = (
        Browser::new(&service, "bob", 1),
        Browser::new(&elsewhere, "cyd", 2),
    );
    let (store, push) = pushing(&service, &[&bob, &cyd]).await;
    service.answer([Answer::Says(307, Some(location))]);
    let failed = push.notify(&notice("hello", &["bob", "cyd"])).await;
    assert!(matches!(failed, Err(NotifyError::Refused(_))), "{failed:?}");
    assert_eq!(elsewhere.take().len(), 0);
    assert_eq!(
        kept(&store).await,
        [bob.subscription.endpoint],
        "what may not be asked goes"
    );
}

#[tokio::test]
async fn keys_that_are_none_are_forgotten() {
    let service = StandIn::start().await;
    let mut bob = Browser::new(&service, "bob", 1);
    bob.subscription.p256dh = URL_SAFE_NO_PAD.encode([4; 65]);
    let (store, push) = pushing(&service, &[&bob]).await;
    push.notify(&notice("hello", &["bob"])).await.unwrap();
    assert_eq!(kept(&store).await, [""; 0]);
    assert_eq!(service.take().len(), 0);
}

#[tokio::test]
async fn nothing_is_pushed_after_the_login_ended() {
    let service = StandIn::start().await;
    let at = Timestamp::now();
    let login = Login {
        id: LoginId::new(),
        user: user("bob"),
        generation: 1,
        created_at: at,
        refreshed_at: at,
        expires_at: at.plus(Duration::from_secs(60)),
        device: None,
    };
    let mut bob = Browser::new(&service, "bob", 1);
    bob.subscription.login = Some(login.id);
    let (store, push) = pushing(&service, &[&bob]).await;
    store.create(&login, 5).await.unwrap();
    let (push, told): (_, Notice) = (push.logins(store.clone()), notice("hello", &["bob"]));
    push.notify(&told).await.unwrap();
    assert_eq!(service.take().len(), 1);

    store.end(&login.user, EndLogins::All).await.unwrap();
    push.notify(&told).await.unwrap();

    assert_eq!(service.take().len(), 0);
}
