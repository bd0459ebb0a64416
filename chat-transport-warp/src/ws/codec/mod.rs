//! The WebSocket protocol (RFC 6455) as a server speaks it: bytes in, messages out, no socket.
//!
//! [`Decoder`] is fed whatever a read gave. It works in the reader's own buffer and keeps only what
//! is left over, so that an idle connection owns no memory. Text that a server sends comes ready
//! made from the core; this module writes the control frames.

mod decoder;
mod frame;
mod utf8;

pub use decoder::{Decoder, Item};
pub use frame::{close_frame, ping_frame, pong_frame};

use chat_core::protocol::CloseCode;

/// What a peer did wrong; the connection is closed with [`Self::close_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A frame that the protocol does not allow (RFC 6455, sections 5.1 to 5.5).
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// A binary message.
    #[error("binary messages are not spoken here")]
    Binary,
    /// Text that is not UTF-8 (section 8.1).
    #[error("text that is not UTF-8")]
    InvalidUtf8,
    /// A message longer than allowed.
    #[error("a message that is too long")]
    TooBig,
}

impl CodecError {
    /// The code that the connection is closed with.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Protocol(_) => CloseCode::Protocol,
            Self::Binary => CloseCode::Unsupported,
            Self::InvalidUtf8 => CloseCode::InvalidText,
            Self::TooBig => CloseCode::TooBig,
        }
    }
}
