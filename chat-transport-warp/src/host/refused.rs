//! Why a request was not done, for the host to say in its front end's own shape.

use chat_core::auth::AuthError;
use chat_core::chat::Error;
use chat_core::id::InvalidId;
use chat_core::protocol::Code;
use http::StatusCode;

use crate::rest::problem::Problem;
use crate::ws::handshake::HandshakeError;

/// A refusal or a failure: a stable code with its status, and words for people.
///
/// Failures of the chat and of accounts become one with `?`; what is wrong inside is logged then, and not told.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail())]
pub struct Refused(Problem);

impl Refused {
    /// A refusal of the host's own.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.0.code()
    }

    /// The status that our own routes answer with it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// What a client is told in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        self.0.detail()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error.into())
    }
}

/// As text of the path may be no id.
impl From<InvalidId> for Refused {
    fn from(error: InvalidId) -> Self {
        Self::new(Code::InvalidId, error.to_string())
    }
}

impl From<AuthError> for Refused {
    fn from(error: AuthError) -> Self {
        Self(error.into())
    }
}

impl From<HandshakeError> for Refused {
    fn from(error: HandshakeError) -> Self {
        Self(error.into())
    }
}

#[cfg(feature = "accounts")]
impl From<chat_core::accounts::AccountError> for Refused {
    fn from(error: chat_core::accounts::AccountError) -> Self {
        Self(error.into())
    }
}
