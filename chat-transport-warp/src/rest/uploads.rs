//! Uploads: answering for those that come, and giving them back.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use chat_core::chat::{Chat, Media, Variant};
use chat_core::id::{UploadId, UserId};
use chat_core::media::{Reading, disposition};
use chat_core::model::{FileName, MediaType, Purpose};
use chat_core::protocol::{Code, UploadView};
use futures_util::Stream;
use http::StatusCode;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE,
    LOCATION, RANGE,
};
use sync_wrapper::SyncWrapper;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;
use warp::reply::{Reply as _, Response};

use super::incoming::{self, ENVELOPE};
use super::problem::Problem;
use super::request::Request;
use super::{App, respond};

/// What is read of an object at once, in bytes.
const PIECE: usize = 64 << 10;

/// Whatever a file is, it cannot do anything here.
const SANDBOX: &str =
    "sandbox; default-src 'none'; script-src 'none'; object-src 'none'; style-src 'unsafe-inline'";

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
    request.check_length(app.chat.limits().largest_upload() + ENVELOPE)?;
    let intake = incoming::receive(&app.chat, &mut request, purpose).await?;
    let upload = intake.finish().await?;
    respond::json(StatusCode::CREATED, &UploadView::from(upload))
}

pub(super) async fn original(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    download(app, request, Variant::Original).await
}

pub(super) async fn thumbnail(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    download(app, request, Variant::Thumbnail).await
}

async fn download(app: Arc<App>, request: Request, variant: Variant) -> Result<Response, Problem> {
    let id: UploadId = request.param(0)?;
    give(&app.chat, &request, &request.identity()?.user, id, variant).await
}

/// An upload, or the part of it that is asked for, for those who may read it.
pub(crate) async fn give(
    chat: &Chat,
    request: &Request,
    viewer: &UserId,
    id: UploadId,
    variant: Variant,
) -> Result<Response, Problem> {
    let media = chat.media(viewer, id, variant).await?;
    let tag = match variant {
        Variant::Original => format!("\"{id}\""),
        Variant::Thumbnail => format!("\"{id}-t\""),
    };
    let mut response = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if let Some(link) = media.link().await? {
        return Ok(elsewhere(&link));
    } else {
        part(request, &media, &tag).await?
    };
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, SANDBOX),
        (CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (ACCEPT_RANGES, "bytes"),
        (ETAG, &tag),
    ] {
        set(&mut response, name, value);
    }
    Ok(response)
}

/// Whoever may read it is sent to where it is served: for a short while, so the answer is kept no longer.
fn elsewhere(link: &str) -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    set(&mut response, LOCATION, link);
    set(&mut response, CACHE_CONTROL, "private, no-store");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Whether the client has the very bytes (RFC 9110, section 13.1.2): they never change.
fn is_known(request: &Request, tag: &str) -> bool {
    let known = |known: &str| known == "*" || known.trim_start_matches("W/") == tag;
    request
        .header(IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|tag| known(tag.trim())))
}

/// The bytes, or as many of them as were asked for.
async fn part(request: &Request, media: &Media, tag: &str) -> Result<Response, Problem> {
    let current = request.header(IF_RANGE).is_none_or(|known| known == tag);
    let range = request.header(RANGE).filter(|_| current);
    let range = range
        .zip(media.size())
        .and_then(|(range, size)| Some((parse_range(range, size)?, size)));
    let asked = match range {
        None => None,
        Some((Ok(range), _)) => Some(range),
        Some((Err(()), size)) => {
            let outside = "the range is outside the file";
            let problem = Problem::new(Code::RangeNotSatisfiable, outside);
            return Err(problem.header(CONTENT_RANGE, format!("bytes */{size}")));
        }
    };
    let (content_type, reading) = media.read(asked.clone()).await?;
    let size = reading.size;
    let mut response = warp::reply::stream(Chunks::of(reading)).into_response();
    let length = match &asked {
        None => size,
        Some(range) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let last = range.end - 1;
            let told = format!("bytes {}-{last}/{size}", range.start);
            set(&mut response, CONTENT_RANGE, &told);
            range.end - range.start
        }
    };
    set(&mut response, CONTENT_LENGTH, &length.to_string());
    describe(&mut response, content_type, media.upload.name.as_ref());
    Ok(response)
}

/// Says what the file is, and that a browser saves it unless it is a picture, a video or a sound.
fn describe(response: &mut Response, content_type: MediaType, name: Option<&FileName>) {
    match content_type {
        MediaType::Text => set(response, CONTENT_TYPE, "text/plain; charset=utf-8"),
        _ => set(response, CONTENT_TYPE, content_type.as_str()),
    }
    set(
        response,
        CONTENT_DISPOSITION,
        &disposition(content_type, name),
    );
}

/// One range of bytes (RFC 9110, section 14). Several, or what is no range, give the whole file.
fn parse_range(text: &str, length: u64) -> Option<Result<Range<u64>, ()>> {
    let spec = text.strip_prefix("bytes=")?.trim();
    let (first, last) = spec.split_once('-').filter(|_| !spec.contains(','))?;
    let inside = |first: u64| (first < length).then_some(first);
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => {
            inside(first).map(|first| first..last.saturating_add(1).min(length))
        }
        (Ok(first), Err(_)) if last.is_empty() => inside(first).map(|first| first..length),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            inside(0).map(|_| length.saturating_sub(count)..length)
        }
        _ => None,
    };
    Some(range.ok_or(()))
}

/// An object's bytes as a body reads them. A body is shared between threads, which reading is not.
struct Chunks(SyncWrapper<ReaderStream<Pin<Box<dyn AsyncRead + Send>>>>);

impl Chunks {
    fn of(reading: Reading) -> Self {
        Self(SyncWrapper::new(ReaderStream::with_capacity(
            reading.bytes,
            PIECE,
        )))
    }
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(self.0.get_mut()).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_whole_partial_or_refused() {
        for (text, expected) in [
            ("bytes=0-", Some(Ok(0..10))),
            ("bytes=2-4", Some(Ok(2..5))),
            ("bytes=2-400", Some(Ok(2..10))),
            ("bytes=2-18446744073709551615", Some(Ok(2..10))),
            ("bytes=-3", Some(Ok(7..10))),
            ("bytes=-300", Some(Ok(0..10))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=5-2", Some(Err(()))),
            ("bytes=18446744073709551616-", Some(Err(()))),
            ("bytes=0-1,3-4", None),
            ("pages=1", None),
        ] {
            assert_eq!(parse_range(text, 10), expected, "{text}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Some(Err(())));
        assert_eq!(parse_range("bytes=-1", 0), Some(Err(())));
    }
}
