//! Writers: they send at a steady rate, each message until it is acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat_client::{SendError, Sender};
use chat_core::id::{ClientId, ConversationId};
use chat_core::protocol::MessageBody;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::history::{History, Kind, Op, Payload, Record};

/// One that sends.
pub(super) struct Writer {
    pub(super) client: u32,
    pub(super) sender: Sender,
    pub(super) places: Vec<ConversationId>,
    pub(super) history: History,
    pub(super) random: fastrand::Rng,
    /// Between two sends.
    pub(super) gap: Duration,
    pub(super) acked: Arc<AtomicU64>,
}

impl Writer {
    /// Sends until told to stop; then finishes the message that is under way.
    pub(super) async fn run(mut self, stop: watch::Receiver<bool>) {
        let mut ticks = interval(self.gap);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut counter = 0;
        while !*stop.borrow() {
            ticks.tick().await;
            counter += 1;
            let payload = Payload {
                client: self.client,
                counter,
            };
            let place = self.random.usize(..self.places.len());
            self.send(self.places[place], payload).await;
        }
    }

    async fn send(&self, place: ConversationId, payload: Payload) {
        let record = |kind| {
            Record::new(self.client, Op::Send, kind)
                .within(place)
                .of(Some(payload))
        };
        let mut body = MessageBody::text(payload.content());
        body.client_id = ClientId::new(payload.to_string()).ok();
        self.history.note(record(Kind::Invoke)).await;
        let record = match self.sender.send(place, body).await {
            Ok(acked) => {
                self.acked.fetch_add(1, Ordering::Relaxed);
                record(Kind::Ok)
                    .message(acked.message_id)
                    .seq(acked.seq)
                    .rev(acked.rev)
            }
            Err(SendError::Refused(code)) => record(Kind::Nack).code(code.as_str()),
            Err(SendError::Ended) => record(Kind::Info),
        };
        self.history.note(record).await;
    }
}
