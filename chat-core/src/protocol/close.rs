//! Why the server closes a WebSocket.

/// A WebSocket close code (RFC 6455, section 7.4): the protocol's own and, from 4000 on, ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// 1000: the client closed.
    Normal,
    /// 1001: this node is going away; reconnect and resume after the hint.
    GoingAway,
    /// 1002: the client broke the WebSocket protocol.
    Protocol,
    /// 1003: a binary message; only text is spoken here.
    Unsupported,
    /// 1007: text that is not UTF-8.
    InvalidText,
    /// 1008: too many frames that are no commands.
    Policy,
    /// 1009: a message larger than allowed.
    TooBig,
    /// 1011: a defect on the server; reconnect and resume.
    Internal,
    /// 1013: the server has too much to do; reconnect later.
    Overloaded,
    /// 4008: frames could not be written as fast as they came; reconnect and resume.
    SlowConsumer,
    /// 4009: the user has too many connections; the oldest goes.
    TooManyConnections,
    /// 4029: too many frames in spite of errors that said so; reconnect later.
    RateLimited,
    /// 4401: the login session was ended; log in anew.
    SessionEnded,
    /// 4408: the credential expired, or the client fell silent; reconnect with a fresh one.
    Expired,
}

impl CloseCode {
    /// Every code there is.
    pub const ALL: &[Self] = &[
        Self::Normal,
        Self::GoingAway,
        Self::Protocol,
        Self::Unsupported,
        Self::InvalidText,
        Self::Policy,
        Self::TooBig,
        Self::Internal,
        Self::Overloaded,
        Self::SlowConsumer,
        Self::TooManyConnections,
        Self::RateLimited,
        Self::SessionEnded,
        Self::Expired,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::InvalidText => 1007,
            Self::Policy => 1008,
            Self::TooBig => 1009,
            Self::Internal => 1011,
            Self::Overloaded => 1013,
            Self::SlowConsumer => 4008,
            Self::TooManyConnections => 4009,
            Self::RateLimited => 4029,
            Self::SessionEnded => 4401,
            Self::Expired => 4408,
        }
    }

    /// The reason on the wire; at most 123 bytes.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::GoingAway => "going_away",
            Self::Protocol => "protocol_error",
            Self::Unsupported => "text_only",
            Self::InvalidText => "invalid_utf8",
            Self::Policy => "too_many_errors",
            Self::TooBig => "too_big",
            Self::Internal => "internal",
            Self::Overloaded => "overloaded",
            Self::SlowConsumer => "slow_consumer",
            Self::TooManyConnections => "too_many_connections",
            Self::RateLimited => "rate_limited",
            Self::SessionEnded => "session_ended",
            Self::Expired => "expired",
        }
    }

    /// Whether a client with a valid login should connect again by itself.
    #[must_use]
    pub const fn may_reconnect(self) -> bool {
        matches!(
            self,
            Self::GoingAway
                | Self::Internal
                | Self::Overloaded
                | Self::SlowConsumer
                | Self::RateLimited
                | Self::Expired
        )
    }
}
