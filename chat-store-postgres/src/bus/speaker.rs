//! Sending notifications.

use std::sync::atomic::{AtomicU64, Ordering};

use chat_core::id::NodeId;
use chat_core::presence::{MAX_PAYLOAD, Publication};
use sqlx::SqlSafeStr as _;
use sqlx::postgres::PgConnectOptions;

use super::error::Fault;
use super::line::Line;
use super::wire;

/// All at once: they come together, and in this order.
const NOTIFY: &str = r"
select pg_notify($1, part.text) from unnest($2::text[]) with ordinality as part (text, place) order by part.place";

/// Sends what nodes publish, over one connection.
#[derive(Debug)]
pub(super) struct Speaker {
    line: Line,
    channel: String,
    /// The number of the last message.
    last: AtomicU64,
}

impl Speaker {
    pub(super) fn new(options: &PgConnectOptions, channel: String) -> Self {
        Self {
            line: Line::new(options),
            channel,
            last: AtomicU64::new(0),
        }
    }

    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    pub(super) async fn connect(&self) -> Result<(), Fault> {
        self.line.connect().await
    }

    pub(super) async fn publish(&self, publications: &[Publication]) -> Result<(), Fault> {
        let is_larger = |one: &Publication| one.payload.len() > MAX_PAYLOAD;
        if publications.iter().any(is_larger) {
            return Err(Fault::TooLarge);
        }
        let number = || self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.notify(&wire::notifications(publications, number))
            .await
    }

    /// Says that a node is there.
    pub(super) async fn beat(&self, node: NodeId) -> Result<(), Fault> {
        self.notify(&[wire::beat(node)]).await
    }

    async fn notify(&self, notifications: &[String]) -> Result<(), Fault> {
        if notifications.is_empty() {
            return Ok(());
        }
        let statement = NOTIFY.into_sql_str();
        let sent = self.line.run(statement, |query| {
            query.bind(&*self.channel).bind(notifications)
        });
        sent.await.map(drop)
    }
}
