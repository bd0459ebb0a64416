//! Our own HTTP client for object_store: its choice would bring another one, with another cryptography.

use std::error::Error;
use std::io;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use http::header::CONTENT_LENGTH;
use http::uri::Scheme;
use http::{Method, Request};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use object_store::client::{
    ClientConfigKey, ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind,
    HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};

use crate::http::{Http, pieces};

/// Gives every store the same client.
#[derive(Debug)]
pub(super) struct Connector(pub(super) Http);

/// The client of one store, or of what it asks for credentials.
#[derive(Debug)]
struct Service {
    http: Http,
    /// Whether it may speak without TLS.
    is_plain_allowed: bool,
}

/// A request without TLS to a service that was not allowed it.
#[derive(Debug, thiserror::Error)]
#[error("the address is http://, which the settings do not allow")]
struct PlainHttp;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allowed = options.get_config_value(&ClientConfigKey::AllowHttp);
        Ok(HttpClient::new(Service {
            http: self.0.clone(),
            is_plain_allowed: allowed.as_deref() == Some("true"),
        }))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if !self.is_plain_allowed && request.uri().scheme() != Some(&Scheme::HTTPS) {
            return Err(HttpError::new(HttpErrorKind::Unknown, PlainHttp));
        }
        let (mut head, body) = request.into_parts();
        let size = body.content_length();
        // A stream without a length would go out in chunks, which S3 does not take.
        if size > 0 || !matches!(head.method, Method::GET | Method::HEAD) {
            head.headers.insert(CONTENT_LENGTH, size.into());
        }
        let bytes = body.collect().await?.to_bytes();
        let body = StreamBody::new(pieces(bytes).map_ok(Frame::data).map_err(Into::into));
        let request = Request::from_parts(head, body.boxed_unsync());
        let answer = self.http.send(request).await.map_err(failed)?;
        Ok(answer.map(|body| {
            let body = body.map_err(|error| failed(error.into()));
            HttpResponseBody::new(body)
        }))
    }
}

/// Tells what may be tried again.
fn failed(error: Box<dyn Error + Send + Sync>) -> HttpError {
    let is_late = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
    let kind = match is_late {
        true => HttpErrorKind::Timeout,
        false => HttpErrorKind::Interrupted,
    };
    HttpError::new_boxed(kind, error)
}
