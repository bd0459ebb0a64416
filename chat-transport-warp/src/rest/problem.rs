//! Refusals and failures as problem details (RFC 9457).

use std::time::Duration;

use chat_core::chat::Error;
use chat_core::protocol::{self, Code};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::reply::{Reply as _, Response};

/// What a request is answered that did not do what it asked.
#[derive(Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    field: Option<&'static str>,
    retry_after: Option<Duration>,
    /// A header that goes with the status.
    header: Option<(HeaderName, String)>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            retry_after: None,
            header: None,
        }
    }

    pub(super) const fn at(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    pub(super) const fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: String) -> Self {
        self.header = Some((name, value));
        self
    }

    /// What serde found wrong with a body.
    pub(super) fn of_json(error: &serde_json::Error) -> Self {
        let mut words = error.to_string();
        words.truncate(words.rfind(" at line ").unwrap_or(words.len()));
        Self::new(
            Code::of_json(error),
            words.chars().take(120).collect::<String>(),
        )
    }

    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status that goes with the code.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is answered where a handler panicked: whose fault it was is not told.
    pub(crate) fn panicked() -> Self {
        Self::new(Code::Internal, "the request could not be handled")
    }

    /// The answer.
    pub(crate) fn respond(self, request_id: &str) -> Response {
        let status = self.status();
        let body = protocol::Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: self.code,
            detail: self.detail,
            request_id: request_id.to_owned(),
            field: self.field.map(str::to_owned),
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = http::Response::new(body).into_response();
        *response.status_mut() = status;
        let mut set = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        };
        set(CONTENT_TYPE, "application/problem+json".to_owned());
        if let Some(after) = self.retry_after {
            set(
                RETRY_AFTER,
                after.as_millis().div_ceil(1000).max(1).to_string(),
            );
        }
        if let Some((name, value)) = self.header {
            set(name, value);
        }
        match status {
            StatusCode::UNAUTHORIZED => set(WWW_AUTHENTICATE, "Bearer".to_owned()),
            StatusCode::UPGRADE_REQUIRED => {
                set(http::header::SEC_WEBSOCKET_VERSION, "13".to_owned());
            }
            _ => {}
        }
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if matches!(error.code(), Code::Internal | Code::StorageUnavailable) {
            tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
        }
        let detail = error.detail();
        Self {
            field: error.field(),
            retry_after: error.retry_after(),
            ..Self::new(error.code(), detail)
        }
    }
}

#[cfg(feature = "accounts")]
impl From<chat_core::accounts::AccountError> for Problem {
    fn from(error: chat_core::accounts::AccountError) -> Self {
        if matches!(error.code(), Code::Internal | Code::StorageUnavailable) {
            tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
        }
        let detail = error.detail();
        Self {
            field: error.field(),
            retry_after: error.retry_after(),
            ..Self::new(error.code(), detail)
        }
    }
}
