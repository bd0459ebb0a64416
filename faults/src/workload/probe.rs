//! A user who sends by single requests, each with an answer of its own.

use std::time::{Duration, Instant};

use chat_client::{Rest, RestError};
use chat_core::id::{ClientId, ConversationId};
use chat_core::protocol::{MessageBody, MessageView};
use tokio::time::timeout;

use super::User;
use crate::history::{History, Kind, Op, Payload, Record};

/// Requests that nothing repeats; each is taken down with its answer.
#[derive(Debug)]
pub struct Probe {
    /// Its number in the history.
    pub client: u32,
    /// In whose name.
    pub user: User,
    /// Where to.
    pub place: ConversationId,
    history: History,
    counter: u32,
}

/// What came of a request.
#[derive(Debug)]
pub struct Tried {
    /// What was sent.
    pub payload: Payload,
    /// The answer; none if there was none in time.
    pub answer: Option<Result<MessageView, RestError>>,
    /// How long it took.
    pub took: Duration,
}

impl Tried {
    /// Whether it was stored, as far as the answer tells.
    #[must_use]
    pub const fn is_acked(&self) -> bool {
        matches!(self.answer, Some(Ok(_)))
    }

    /// The status of a refusal.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self.answer {
            Some(Err(RestError::Refused { status, .. })) => Some(status),
            _ => None,
        }
    }
}

impl Probe {
    /// One with a number that no other client has.
    pub async fn new(client: u32, user: User, place: ConversationId, history: &History) -> Self {
        let hello = Record::new(client, Op::Connect, Kind::Invoke).user(user.id.clone());
        history.note(hello).await;
        Self {
            client,
            user,
            place,
            history: history.clone(),
            counter: 0,
        }
    }

    /// The next message, sent once.
    pub async fn send(&mut self, base: &str, within: Duration) -> Tried {
        let payload = self.next();
        self.try_one(payload, base, within).await
    }

    /// The next message, not sent yet.
    pub const fn next(&mut self) -> Payload {
        self.counter += 1;
        Payload {
            client: self.client,
            counter: self.counter,
        }
    }

    /// Sends this message once, for the first time or again.
    pub async fn try_one(&self, payload: Payload, base: &str, within: Duration) -> Tried {
        let record = |kind| {
            Record::new(self.client, Op::Send, kind)
                .within(self.place)
                .of(Some(payload))
        };
        self.history.note(record(Kind::Invoke)).await;
        let begun = Instant::now();
        let sent = post(self.user.rest.at(base), self.place, payload);
        let answer = timeout(within, sent).await.ok();
        let took = begun.elapsed();
        let record = match &answer {
            Some(Ok(message)) => record(Kind::Ok)
                .message(message.id)
                .seq(message.seq)
                .rev(message.rev),
            // Only what the request itself is at fault for was surely not stored.
            Some(Err(RestError::Refused { status, code })) if *status < 500 => {
                record(Kind::Nack).code(code.as_str())
            }
            Some(Err(error)) => record(Kind::Info).code(error.to_string()),
            None => record(Kind::Info).code("no answer"),
        };
        self.history.note(record).await;
        Tried {
            payload,
            answer,
            took,
        }
    }
}

async fn post(
    rest: Rest,
    place: ConversationId,
    payload: Payload,
) -> Result<MessageView, RestError> {
    let mut body = MessageBody::text(payload.content());
    body.client_id = ClientId::new(payload.to_string()).ok();
    rest.post(&format!("conversations/{place}/messages"), &body)
        .await
}
