//! Devices say how far their users have read, over any node, two devices of a user at once.

use std::time::Duration;

use chat_client::Rest;
use chat_core::id::{ConversationId, Seq};
use chat_core::protocol::MarkersView;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Progress;
use crate::history::{History, Kind, Op, Record};

/// Between two marks of one marker.
const GAP: Duration = Duration::from_millis(40);

/// What marks need of a device.
pub(super) struct Reader {
    pub(super) client: u32,
    pub(super) rest: Rest,
    pub(super) progress: Progress,
    pub(super) places: Vec<ConversationId>,
}

/// Marks for some of the devices.
pub(super) struct Marker {
    pub(super) readers: Vec<Reader>,
    pub(super) bases: Vec<String>,
    pub(super) history: History,
    pub(super) random: fastrand::Rng,
}

impl Marker {
    /// Marks until told to stop.
    pub(super) async fn run(mut self, stop: watch::Receiver<bool>) {
        while !*stop.borrow() && !self.readers.is_empty() {
            sleep(GAP).await;
            let (reader, base) = (
                self.random.usize(..self.readers.len()),
                self.random.usize(..self.bases.len()),
            );
            let reader = &self.readers[reader];
            let place = reader.places[self.random.usize(..reader.places.len())];
            let seq = reader.progress.of(place);
            if seq > Seq::ZERO {
                self.mark(reader, &self.bases[base], place, seq).await;
            }
        }
    }

    async fn mark(&self, reader: &Reader, base: &str, place: ConversationId, seq: Seq) {
        let Some(user) = reader.rest.user() else {
            return;
        };
        let record = |kind| {
            Record::new(reader.client, Op::Mark, kind)
                .within(place)
                .user(user.clone())
        };
        self.history.note(record(Kind::Invoke).seq(seq)).await;
        let path = format!("conversations/{place}/read");
        let (rest, body) = (reader.rest.at(base), json!({"seq": seq}));
        let record = match rest.post(&path, &body).await {
            Ok(MarkersView { read_seq, .. }) => record(Kind::Ok).seq(read_seq),
            Err(error) => record(Kind::Info).code(error.to_string()),
        };
        self.history.note(record).await;
    }
}
