//! Our own HTTP client for object_store: its choice would bring another one, with another cryptography.

use std::error::Error;
use std::io;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use http::Request;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};

use crate::http::{Http, pieces};

/// Gives every store the same client.
#[derive(Debug, Clone)]
pub(super) struct Connector(pub(super) Http);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (mut head, body) = request.into_parts();
        let size = body.content_length();
        if size > 0 {
            head.headers.insert(CONTENT_LENGTH, size.into());
        }
        let bytes = body.collect().await?.to_bytes();
        let body = StreamBody::new(pieces(bytes).map_ok(Frame::data).map_err(Into::into));
        let request = Request::from_parts(head, body.boxed_unsync());
        let answer = self.0.send(request).await.map_err(failed)?;
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
