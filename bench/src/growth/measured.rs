//! What single things cost, as measured: the simulation counts how many there are of them.
//!
//! Two cores, one machine; other machines scale all of these alike, so that the order in which things end is that
//! of any.

/// CPU of a node for one delivery to a socket, in microseconds: `fanout-100` of `chat-memory` in `docs/performance.md`.
pub(super) const DELIVERY_US: f64 = 7.0;

/// Memory of an idle connection on a node, in KiB: `idle` of `chat-memory` in `docs/performance.md`.
pub(super) const CONNECTION_KIB: f64 = 5.5;

/// Memory of a topic on a node, in bytes, beside its subscriptions: `bench growth weigh`.
pub(super) const TOPIC_BYTES: f64 = 600.0;

/// Memory of a connection's subscription to a topic, in bytes: `bench growth weigh`.
pub(super) const SUBSCRIPTION_BYTES: f64 = 185.0;

/// CPU of Redis 7.0 for taking a publication of 450 bytes, in microseconds: its own account, by `redis-benchmark` with
/// pipelines of 100, as are the following.
pub(super) const PUBLISH_US: f64 = 1.2;

/// CPU of Redis for handing a publication on to one node.
pub(super) const HAND_ON_US: f64 = 1.2;

/// CPU of Redis for renewing a lease: the script of `chat-presence-redis`.
pub(super) const RENEW_US: f64 = 9.6;

/// CPU of Redis for asking whether a user holds a lease.
pub(super) const ASK_US: f64 = 5.7;

/// CPU of Postgres 15 for one of 500 heads asked for at once, among a million conversations in memory, in microseconds:
/// its own account, by `log_executor_stats`.
pub(super) const HEAD_US: f64 = 2.6;

/// Messages that one primary takes a second, in batches, and markers as well: not measured but the mark that is set for
/// Postgres. `bench run hot` tells what a machine bears.
pub(super) const APPENDS: f64 = 5_000.0;
