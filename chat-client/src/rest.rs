//! The REST API.

use std::time::Duration;

use chat_core::id::UserId;
use chat_core::protocol::{Code, Problem};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A request that is not answered within has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// The server refused it.
    #[error("{status}: {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code.
        code: Code,
    },
    /// The server could not be reached, or answered something else.
    #[error("the server cannot be reached or understood")]
    Unreachable(#[from] reqwest::Error),
}

impl RestError {
    /// Whether the same request may succeed later, or at another node.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { code, .. } => code.is_retryable(),
            Self::Unreachable(_) => true,
        }
    }
}

/// Requests to one server, in the name of one user or of nobody. Clones share connections.
#[derive(Debug, Clone)]
pub struct Rest {
    http: reqwest::Client,
    base: String,
    session: Option<Session>,
}

#[derive(Debug, Clone)]
struct Session {
    user: UserId,
    token: String,
}

#[derive(Deserialize)]
struct LoggedIn {
    user: Me,
    token: String,
}

#[derive(Deserialize)]
struct Me {
    id: UserId,
}

impl Rest {
    /// Requests to the server at `base`, as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`RestError`] if no connection could ever be made from here.
    pub fn new(base: impl Into<String>) -> Result<Self, RestError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER_WITHIN)
            .build()?;
        Ok(Self {
            http,
            base: base.into(),
            session: None,
        })
    }

    /// Makes an account and logs in.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn register(
        &self,
        username: &str,
        email: &str,
        password: &str,
    ) -> Result<Self, RestError> {
        let body = json!({"username": username, "email": email, "password": password});
        self.begin("auth/register", &body).await
    }

    /// Logs in.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn login(&self, email: &str, password: &str) -> Result<Self, RestError> {
        self.begin("auth/login", &json!({"email": email, "password": password}))
            .await
    }

    async fn begin(&self, path: &str, body: &serde_json::Value) -> Result<Self, RestError> {
        let logged_in: LoggedIn = self.post(path, body).await?;
        let session = Session {
            user: logged_in.user.id,
            token: logged_in.token,
        };
        Ok(Self {
            session: Some(session),
            ..self.clone()
        })
    }

    /// Requests in the name of `user`, whom a host with a login of its own gave this token.
    #[must_use]
    pub fn with_token(&self, user: UserId, token: impl Into<String>) -> Self {
        let session = Session {
            user,
            token: token.into(),
        };
        Self {
            session: Some(session),
            ..self.clone()
        }
    }

    /// The user, once logged in.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        self.session.as_ref().map(|session| &session.user)
    }

    /// The access token, once logged in.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.token.as_str())
    }

    /// The server's address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same login at another node of the same service.
    #[must_use]
    pub fn at(&self, base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            ..self.clone()
        }
    }

    /// GETs a path below `/api/v1/`.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RestError> {
        let response = self.request(Method::GET, path).send().await?;
        Ok(accept(response).await?.json().await?)
    }

    /// POSTs JSON to a path below `/api/v1/`.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, RestError> {
        let response = self.request(Method::POST, path).json(body).send().await?;
        Ok(accept(response).await?.json().await?)
    }

    /// DELETEs a path below `/api/v1/`.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn delete(&self, path: &str) -> Result<(), RestError> {
        let response = self.request(Method::DELETE, path).send().await?;
        accept(response).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}/api/v1/{path}", self.base));
        match &self.session {
            Some(session) => request.bearer_auth(&session.token),
            None => request,
        }
    }
}

async fn accept(response: reqwest::Response) -> Result<reqwest::Response, RestError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let code = match response.json::<Problem>().await {
        Ok(problem) => problem.code,
        Err(_) if status == StatusCode::SERVICE_UNAVAILABLE => Code::Busy,
        Err(_) => Code::Internal,
    };
    Err(RestError::Refused {
        status: status.as_u16(),
        code,
    })
}
