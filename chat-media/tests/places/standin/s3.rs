//! As much of S3 as objects need.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LAST_MODIFIED, TRANSFER_ENCODING,
};
use http::{Method, Request, Response, StatusCode};

use super::sigv4::{is_signed, pairs};
use super::{Kept, Service, State, object, status};

pub(crate) const KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const REGION: &str = "eu-central-1";

/// S3 with one bucket, addressed by path.
pub(crate) struct S3;

impl Service for S3 {
    fn answer(&self, state: &mut State, request: Request<Bytes>) -> Response<Bytes> {
        if request.headers().contains_key(TRANSFER_ENCODING) {
            return status(
                StatusCode::NOT_IMPLEMENTED,
                "<Error><Code>NotImplemented</Code></Error>",
            );
        }
        if !is_signed(&request) {
            state
                .refused
                .push(format!("{} {}", request.method(), request.uri()));
            return status(
                StatusCode::FORBIDDEN,
                "<Error><Code>SignatureDoesNotMatch</Code></Error>",
            );
        }
        let path = request.uri().path().to_owned();
        let pairs = pairs(&request);
        let of = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        match (request.method().clone(), of("uploadId"), of("partNumber")) {
            (Method::POST, None, _) => begin(state, &request, &path),
            (Method::PUT, Some(id), Some(part)) => {
                let pieces = state.unfinished.get_mut(&id).unwrap();
                pieces.insert(part.parse().unwrap(), request.into_body());
                Response::builder()
                    .header(ETAG, "\"piece\"")
                    .body(Bytes::new())
                    .unwrap()
            }
            (Method::POST, Some(id), _) => complete(state, &id, path),
            (Method::DELETE, Some(id), _) => {
                state.unfinished.remove(&id);
                state.objects.remove(&format!("headers of {id}"));
                status(StatusCode::NO_CONTENT, "")
            }
            (Method::PUT, None, _) => {
                let kept = kept(&request, request.body().clone());
                state.objects.insert(path, kept);
                Response::builder()
                    .header(ETAG, "\"whole\"")
                    .body(Bytes::new())
                    .unwrap()
            }
            (Method::DELETE, None, _) => {
                state.objects.remove(&path);
                status(StatusCode::NO_CONTENT, "")
            }
            _ => match state.objects.get(&path) {
                Some(kept) => object(kept, request.headers()),
                None => status(
                    StatusCode::NOT_FOUND,
                    "<Error><Code>NoSuchKey</Code></Error>",
                ),
            },
        }
    }
}

fn kept(request: &Request<Bytes>, bytes: Bytes) -> Kept {
    let mut headers = http::HeaderMap::new();
    for name in [CONTENT_TYPE, CONTENT_DISPOSITION, CACHE_CONTROL] {
        if let Some(value) = request.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert(
        LAST_MODIFIED,
        "Sat, 21 Nov 2026 15:00:00 GMT".parse().unwrap(),
    );
    headers.insert(
        ETAG,
        format!("\"{}-{:?}\"", bytes.len(), bytes.first())
            .parse()
            .unwrap(),
    );
    Kept { bytes, headers }
}

fn begin(state: &mut State, request: &Request<Bytes>, path: &str) -> Response<Bytes> {
    let id = format!("upload{}", state.requests);
    state.unfinished.insert(id.clone(), [].into());
    state
        .objects
        .insert(format!("headers of {id}"), kept(request, Bytes::new()));
    let text = format!(
        "<InitiateMultipartUploadResult><Key>{path}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
    );
    status(StatusCode::OK, &text)
}

fn complete(state: &mut State, id: &str, path: String) -> Response<Bytes> {
    let pieces = state.unfinished.remove(id).unwrap();
    let mut kept = state.objects.remove(&format!("headers of {id}")).unwrap();
    kept.bytes = pieces.into_values().collect::<Vec<_>>().concat().into();
    state.objects.insert(path, kept);
    status(
        StatusCode::OK,
        "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>",
    )
}
