//! What the host may choose.

use std::time::Duration;

/// How the bus uses Redis.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    pub(crate) prefix: String,
    pub(crate) limits: Limits,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) call: Duration,
    pub(crate) first_wait: Duration,
    pub(crate) longest_wait: Duration,
}

/// The longest that a call may take: the port promises two seconds in all.
const CALL: Duration = Duration::from_millis(1_500);

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            prefix: "chat".to_owned(),
            limits: Limits {
                connect: Duration::from_secs(1),
                call: CALL,
                first_wait: Duration::from_millis(100),
                longest_wait: Duration::from_secs(1),
            },
        }
    }
}

impl RedisConfig {
    /// Names every channel and key `prefix:...`, so that several chats share a Redis and hear nothing of each
    /// other. It is 1 to 64 of `A-Z a-z 0-9 . _ -`. Default `chat`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long one attempt to connect may take. Default 1 s.
    #[must_use]
    pub const fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.limits.connect = limit;
        self
    }

    /// How long a call may take; more than the default is taken as the default, since the port promises an
    /// answer within two seconds. Default 1.5 s.
    #[must_use]
    pub fn with_call_timeout(mut self, limit: Duration) -> Self {
        self.limits.call = limit.min(CALL);
        self
    }

    /// How long to wait before connecting again: `first`, then twice as long each time, up to `longest`; each wait is
    /// cut by up to a half at random. Default 100 ms and 1 s: while Redis is away every node tries about once
    /// a second for each of its connections, and is back within about a second once Redis is.
    #[must_use]
    pub const fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.limits.first_wait = first;
        self.limits.longest_wait = longest;
        self
    }
}
