//! What a front end says in frames of its own, without a socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};

use chat_core::auth::Identity;
use chat_core::chat::Chat;
use chat_core::hub::{JsonFormat, Sink};
use chat_core::id::UserId;
use chat_core::memory::MemoryStore;
use chat_core::model::Profile;
use chat_core::protocol::{CloseCode, Code, Frame};
use chat_core::session::{Receiver as _, Subscription};
use chat_transport_warp::host::{Refused, Talk, Talking};
use serde::Deserialize;

/// What was written to a front end.
#[derive(Debug, Default)]
struct Wire(Mutex<Vec<u8>>);

impl Wire {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Sink for Wire {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut bytes = self.0.lock().unwrap();
        let before = bytes.len();
        slices
            .iter()
            .for_each(|slice| bytes.extend_from_slice(slice));
        Ok(bytes.len() - before)
    }

    fn wake(&self) {}
}

#[derive(Deserialize)]
struct Number {
    number: u32,
}

/// Adds numbers up, and takes none above ten.
#[derive(Default)]
struct Sum(u32);

impl Talk for Sum {
    type Said = Number;

    async fn say(&mut self, said: Number) -> Result<(), Refused> {
        if said.number > 10 {
            return Err(Refused::new(Code::BadRequest, "too many"));
        }
        self.0 += said.number;
        std::future::ready(Ok(())).await
    }

    fn object(&self, why: &str) -> Frame {
        Frame::text(&format!("{} {why}", self.0))
    }
}

async fn talking() -> (Talking<Sum>, Arc<Wire>) {
    let (store, user) = (MemoryStore::new(), UserId::new("ada").unwrap());
    store.insert_user(Profile::new(user.clone(), "Ada"));
    let chat = Chat::builder(store.clone(), store).build();
    let (wire, identity) = (Arc::new(Wire::default()), Identity::of(user));
    let (format, sink) = (Arc::new(JsonFormat), Arc::clone(&wire) as _);
    let opened = Subscription::open(chat, &identity, format, sink, None).await;
    (Talking::new(opened.unwrap(), Sum::default()), wire)
}

#[tokio::test]
async fn what_cannot_be_done_is_objected_to_and_the_connection_goes_on() {
    let (mut talking, wire) = talking().await;
    for (frame, answer) in [
        (r#"{"number":7}"#, ""),
        ("{", "7 the frame is not JSON of the expected shape"),
        (r#"{"number":11}"#, "7 too many"),
        (r#"{"number":3}"#, ""),
        ("[]", "10 the frame is not JSON of the expected shape"),
    ] {
        talking.receive(frame.as_bytes()).await;

        let written = wire.take();
        let text = Frame::text(answer);
        let expected = String::from_utf8_lossy(text.bytes());
        let expected = if answer.is_empty() { "" } else { &expected };
        assert_eq!(written, expected, "{frame}");
    }
    assert_eq!(talking.subscription().outbox().closed(), None);
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_objected_to_before_the_close() {
    let (mut talking, wire) = talking().await;

    talking.closing(CloseCode::Normal);
    assert_eq!(wire.take(), "");
    talking.closing(CloseCode::TooBig);

    assert!(wire.take().ends_with("0 the frame is too large"));
}

#[tokio::test]
async fn too_many_frames_that_are_not_understood_close_the_connection() {
    let (mut talking, _wire) = talking().await;
    for _ in 0..11 {
        assert_eq!(talking.subscription().outbox().closed(), None);
        talking.receive(b"?").await;
    }
    let closed = talking.subscription().outbox().closed();
    assert_eq!(closed, Some(CloseCode::Policy));
}
