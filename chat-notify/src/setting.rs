//! A notifier that cannot be used as it is configured.

use std::error::Error;

/// What is wrong with a setting. It never tells the setting itself, which may be a secret.
#[derive(Debug, thiserror::Error)]
#[error("not a usable way to notify: {problem}")]
pub struct InvalidSetting {
    problem: &'static str,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl InvalidSetting {
    #[cfg(any(feature = "webhook", feature = "web-push"))]
    pub(crate) const fn new(problem: &'static str) -> Self {
        Self {
            problem,
            source: None,
        }
    }
}

impl From<chat_http::TlsError> for InvalidSetting {
    fn from(error: chat_http::TlsError) -> Self {
        Self {
            problem: "no service can be asked",
            source: Some(error.into()),
        }
    }
}
