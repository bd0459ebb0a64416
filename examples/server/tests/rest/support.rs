//! The API of a running server.

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::common::Server;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Api {
    pub(crate) http: Client,
    pub(crate) base: String,
}

impl Api {
    pub(crate) fn of(server: &Server) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            base: format!("{}/api/v1", server.base()),
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Response {
        let bearer = format!("Bearer {}", token.unwrap_or_default());
        let json = ("content-type", "application/json");
        let headers = [json, ("authorization", bearer.as_str())];
        let headers = if token.is_some() {
            &headers[..]
        } else {
            &headers[..1]
        };
        self.send(Method::POST, path, headers, body.to_string())
            .await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Response {
        self.send(
            Method::GET,
            path,
            &[("authorization", &format!("Bearer {token}"))],
            "",
        )
        .await
    }
}

/// Status and code of a refusal; it is a whole problem document.
pub(crate) async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["status"], &body["request_id"]),
        (&json!(status), &json!(id))
    );
    (status, body["code"].as_str().unwrap().to_owned())
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
