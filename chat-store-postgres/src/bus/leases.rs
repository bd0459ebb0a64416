//! Leases: rows that end by the server's clock.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chat_core::id::{NodeId, UserId};
use chat_core::presence::LEASE;
use sqlx::Row as _;
use sqlx::postgres::PgConnectOptions;

use super::error::Fault;
use super::line::Line;
use crate::pool::Names;
use crate::rows;

/// Users in one order, as every writer takes them.
const RENEW: &str = r"
insert into chat.leases (user_id, node_id, ends_at)
select asked.user_id, $1, statement_timestamp() + make_interval(secs => $3)
from unnest($2::text[]) as asked (user_id) group by asked.user_id order by asked.user_id
on conflict (user_id, node_id) do update set ends_at = excluded.ends_at";

const RELEASE: &str = r"delete from chat.leases where node_id = $1 and user_id = any ($2)";

const ONLINE: &str = r"
select distinct user_id from chat.leases where user_id = any ($1) and ends_at > statement_timestamp()";

/// Those of nodes that are gone. Rows that another node takes away, or renews, are left to it.
const SWEEP: &str = r"
delete from chat.leases where ctid = any (array(
    select ctid from chat.leases where ends_at <= statement_timestamp()
    order by ends_at limit 1000 for update skip locked
))";

/// How often a node takes ended leases away.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// The table of leases.
#[derive(Debug)]
pub(super) struct Leases {
    line: Line,
    names: Names,
    swept: Mutex<Option<Instant>>,
}

impl Leases {
    pub(super) fn new(options: &PgConnectOptions, names: Names) -> Self {
        Self {
            line: Line::new(options),
            names,
            swept: Mutex::new(None),
        }
    }

    pub(super) async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), Fault> {
        if users.is_empty() {
            return Ok(());
        }
        let users = rows::texts(users);
        let renewed = self.line.run(self.names.sql(RENEW), |query| {
            let query = query.bind(node.as_uuid()).bind(users.clone());
            query.bind(LEASE.as_secs_f64())
        });
        renewed.await?;
        match self.is_time_to_sweep() {
            true => self.sweep().await,
            false => Ok(()),
        }
    }

    pub(super) async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), Fault> {
        if users.is_empty() {
            return Ok(());
        }
        let users = rows::texts(users);
        let released = self.line.run(self.names.sql(RELEASE), |query| {
            query.bind(node.as_uuid()).bind(users.clone())
        });
        released.await.map(drop)
    }

    pub(super) async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, Fault> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let users = rows::texts(users);
        let found = self
            .line
            .run(self.names.sql(ONLINE), |query| query.bind(users.clone()));
        let found = found.await?;
        let user = |row: &sqlx::postgres::PgRow| {
            let user: String = row.try_get(0)?;
            UserId::new(user).map_err(|error| sqlx::Error::Decode(error.into()))
        };
        Ok(found.iter().map(user).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Takes some of the ended leases away.
    async fn sweep(&self) -> Result<(), Fault> {
        let swept = self.line.run(self.names.sql(SWEEP), |query| query);
        swept.await.map(drop)
    }

    fn is_time_to_sweep(&self) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        if is_time {
            *swept = Some(Instant::now());
        }
        is_time
    }
}
