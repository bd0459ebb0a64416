//! How a link is.

use std::time::Duration;

/// What happens to bytes and to new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// They pass.
    #[default]
    Pass,
    /// New connections are refused; open ones go on until they are [cut](super::Proxy::cut).
    Refuse,
    /// Half-open: connections are accepted, and what comes is taken and thrown away.
    Swallow,
    /// Nothing moves; it goes on where it stood afterwards, as after a partition that TCP survives.
    Stall,
}

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// What happens to bytes.
    pub mode: Mode,
    /// How long they are under way, each way.
    pub delay: Duration,
    /// How much longer they may be, by chance; their order stays.
    pub jitter: Duration,
    /// Bytes a second, each way; 0 is no limit.
    pub rate: u32,
}

impl Link {
    /// A link in this mode, as fast as it gets.
    #[must_use]
    pub fn mode(mode: Mode) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }

    /// A link that takes this long, each way.
    #[must_use]
    pub fn slow(delay: Duration, jitter: Duration) -> Self {
        Self {
            delay,
            jitter,
            ..Self::default()
        }
    }

    /// A link of so many bytes a second, each way.
    #[must_use]
    pub fn throttled(rate: u32) -> Self {
        Self {
            rate,
            ..Self::default()
        }
    }
}

/// What the connections of a proxy watch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) link: Link,
    /// How often they were cut.
    pub(super) cuts: u64,
}
