//! How a request to the shop fails, and what the client is told.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chat_core::chat;
use chat_core::model::Refusal;
use chat_core::store::StoreError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Nobody is logged in, or the password is wrong.
    #[error("please log in")]
    Unauthorized,
    /// There is no such thing, or it is another's.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody has it already.
    #[error("the e-mail address is taken")]
    Taken,
    /// The chat did not do it.
    #[error("the chat failed")]
    Chat(#[from] chat::Error),
    /// The database did not do it.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Chat(error.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Chat(refusal.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Taken => StatusCode::CONFLICT,
            Self::Chat(_) | Self::Database(_) => {
                tracing::error!(error = &self as &dyn std::error::Error, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, self.to_string()).into_response()
    }
}
