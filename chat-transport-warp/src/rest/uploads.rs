//! Uploads: taking them in a stream, and giving them back.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat_core::chat::{Media, Variant};
use chat_core::id::UploadId;
use chat_core::model::Purpose;
use chat_core::protocol::{Code, UploadView};
use http::StatusCode;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use multer::{Constraints, Multipart, SizeLimit};
use tokio::time::{Instant, timeout};
use warp::reply::{Reply as _, Response};

use super::problem::Problem;
use super::request::Request;
use super::{App, respond};

/// What a multipart body may add to the file itself.
const ENVELOPE: u64 = 16 << 10;

/// An upload that stands still this long is given up; and so is one that on the whole is slower
/// than [`SLOWEST`] after that.
const PROGRESS: Duration = Duration::from_secs(30);

/// Bytes a second.
const SLOWEST: usize = 4 << 10;

pub(super) async fn create(app: Arc<App>, mut request: Request) -> Result<Response, Problem> {
    let purpose = match request.query()?.get("purpose").map(String::as_str) {
        None | Some("attachment") => Purpose::Attachment,
        Some("avatar") => Purpose::Avatar,
        Some(_) => {
            return Err(
                Problem::new(Code::InvalidQuery, "a purpose is attachment or avatar").at("purpose"),
            );
        }
    };
    let max = app.chat.limits().upload_bytes;
    request.check_length(max + ENVELOPE)?;
    let _slot = app.uploads.take(&request.identity()?.user)?;
    let file = file(&mut request, max).await?;
    let upload = app
        .chat
        .upload(&request.identity()?.user, purpose, file)
        .await?;
    respond::json(StatusCode::CREATED, &UploadView::from(upload))
}

/// The one part called `file`.
async fn file(request: &mut Request, max: u64) -> Result<Bytes, Problem> {
    let content_type = request.header(CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| {
        Problem::new(
            Code::UnsupportedMediaType,
            "an upload is multipart/form-data",
        )
    })?;
    let limits = SizeLimit::new().whole_stream(max + ENVELOPE).per_field(max);
    let constraints = Constraints::new().size_limit(limits);
    let body = std::mem::replace(&mut request.body, Box::pin(futures_util::stream::empty()));
    let mut parts = Multipart::with_constraints(body, boundary, constraints);
    let mut file = None;
    while let Some(mut part) = moving(parts.next_field()).await? {
        if part.name() != Some("file") || file.is_some() {
            return Err(
                Problem::new(Code::BadRequest, "an upload is one part called file").at("file"),
            );
        }
        let (begun, mut bytes) = (Instant::now(), BytesMut::new());
        while let Some(chunk) = moving(part.chunk()).await? {
            bytes.extend_from_slice(&chunk);
            let enough = PROGRESS + Duration::from_secs((bytes.len() / SLOWEST) as u64);
            if begun.elapsed() > enough {
                return Err(late());
            }
        }
        file = Some(bytes.freeze());
    }
    file.ok_or_else(|| {
        Problem::new(Code::BadRequest, "an upload is one part called file").at("file")
    })
}

fn late() -> Problem {
    Problem::new(Code::Timeout, "the upload did not come in time")
}

async fn moving<T>(next: impl Future<Output = multer::Result<T>>) -> Result<T, Problem> {
    timeout(PROGRESS, next)
        .await
        .map_err(|_| late())?
        .map_err(|error| match error {
            multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
                Problem::new(Code::TooLarge, "the file is too large").at("file")
            }
            _ => Problem::new(Code::BadRequest, "not a whole multipart body"),
        })
}

pub(super) async fn original(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    download(app, request, Variant::Original).await
}

pub(super) async fn thumbnail(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    download(app, request, Variant::Thumbnail).await
}

async fn download(app: Arc<App>, request: Request, variant: Variant) -> Result<Response, Problem> {
    let id: UploadId = request.param(0)?;
    let media = app
        .chat
        .media(&request.identity()?.user, id, variant)
        .await?;
    let tag = match variant {
        Variant::Original => format!("\"{id}\""),
        Variant::Thumbnail => format!("\"{id}-t\""),
    };
    let response = if is_known(&request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        part(&request, &media.bytes, &tag)?
    };
    Ok(dress(response, &media, &tag))
}

/// Whether the client has the very bytes (RFC 9110, section 13.1.2): they never change.
fn is_known(request: &Request, tag: &str) -> bool {
    let known = |known: &str| known == "*" || known.trim_start_matches("W/") == tag;
    request
        .header(IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|tag| known(tag.trim())))
}

/// The bytes, or as many of them as were asked for.
fn part(request: &Request, bytes: &Bytes, tag: &str) -> Result<Response, Problem> {
    let current = request.header(IF_RANGE).is_none_or(|known| known == tag);
    let range = request
        .header(RANGE)
        .filter(|_| current)
        .and_then(|range| parse_range(range, bytes.len()));
    let Some(range) = range else {
        return Ok(Response::new(bytes.clone().into()));
    };
    let (from, to) = range.map_err(|()| {
        Problem::new(Code::RangeNotSatisfiable, "the range is outside the file")
            .header(CONTENT_RANGE, format!("bytes */{}", bytes.len()))
    })?;
    let mut part = Response::new(bytes.slice(from..=to).into());
    *part.status_mut() = StatusCode::PARTIAL_CONTENT;
    let range = format!("bytes {from}-{to}/{}", bytes.len());
    if let Ok(range) = HeaderValue::from_str(&range) {
        part.headers_mut().insert(CONTENT_RANGE, range);
    }
    Ok(part)
}

/// One range of bytes (RFC 9110, section 14): first and last. Several, or what is no range, give
/// the whole file.
fn parse_range(text: &str, length: usize) -> Option<Result<(usize, usize), ()>> {
    let spec = text.strip_prefix("bytes=")?.trim();
    let (first, last) = spec.split_once('-').filter(|_| !spec.contains(','))?;
    let end = length.checked_sub(1);
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => end
            .filter(|end| first <= *end)
            .map(|end| (first, last.min(end))),
        (Ok(first), Err(_)) if last.is_empty() => {
            end.filter(|end| first <= *end).map(|end| (first, end))
        }
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            end.map(|end| (length.saturating_sub(count), end))
        }
        _ => None,
    };
    Some(range.ok_or(()))
}

/// Headers of a file that a user sent: whatever it is, it cannot do anything here.
fn dress(mut response: Response, media: &Media, tag: &str) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, media.content_type.as_str());
    set(CONTENT_DISPOSITION, "inline");
    set(
        CONTENT_SECURITY_POLICY,
        "sandbox; default-src 'none'; script-src 'none'; object-src 'none'; style-src 'unsafe-inline'",
    );
    set(CACHE_CONTROL, "private, max-age=31536000, immutable");
    set(ACCEPT_RANGES, "bytes");
    set(ETAG, tag);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_whole_partial_or_refused() {
        for (text, expected) in [
            ("bytes=0-", Some(Ok((0, 9)))),
            ("bytes=2-4", Some(Ok((2, 4)))),
            ("bytes=2-400", Some(Ok((2, 9)))),
            ("bytes=-3", Some(Ok((7, 9)))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=5-2", Some(Err(()))),
            ("bytes=18446744073709551616-", Some(Err(()))),
            ("bytes=0-1,3-4", None),
            ("pages=1", None),
        ] {
            assert_eq!(parse_range(text, 10), expected, "{text}");
        }
    }
}
