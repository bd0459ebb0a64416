//! Objects in Cloudinary.

mod account;
mod form;
mod sign;

use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use chat_core::media::{Content, MediaError, MediaUploader, Object, ObjectKey, Reading};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, copy, sink};

use self::account::Account;
use self::form::post;
use self::sign::sign;
use crate::http::{Http, InvalidPlace, MAX_ANSWER, Patience, Sent, nothing_of, odd};

/// Keeps objects in Cloudinary. Their addresses are public: whoever knows one reads the object for ever, member
/// or not. Nobody guesses one, since each holds 74 random bits, and they are told only to those who may read the
/// upload; for what must end with a membership, use a place that serves nothing itself. Clones share the
/// connections.
#[derive(Debug, Clone)]
pub struct CloudinaryUploader {
    account: Account,
    http: Http,
}

/// What the service says of an object that it took.
#[derive(Deserialize)]
struct Taken {
    public_id: String,
    secure_url: String,
    bytes: u64,
}

/// What the service says of an object that it was to delete.
#[derive(Deserialize)]
struct Destroyed {
    result: String,
}

impl CloudinaryUploader {
    /// The account of `cloudinary://key:secret@cloud/folder`; the folder may be left out. Nothing is asked of the
    /// service yet.
    ///
    /// # Errors
    /// [`InvalidPlace`] if the address does not fit.
    pub fn new(url: &str, patience: Patience) -> Result<Self, InvalidPlace> {
        Ok(Self {
            account: Account::parse(url)?,
            http: Http::new(patience)?,
        })
    }

    /// Asks `api` and reads from `delivery` instead of the service's own addresses: a private CDN, or a stand-in.
    #[must_use]
    pub fn at(mut self, api: impl Into<String>, delivery: impl Into<String>) -> Self {
        self.account.api = api.into();
        self.account.delivery = delivery.into();
        self
    }

    /// Has something done with an object, in a signed request.
    async fn ask<T: DeserializeOwned>(
        &self,
        action: &str,
        key: ObjectKey,
        more: &[(&'static str, String)],
        file: Option<&Content>,
    ) -> Result<T, MediaError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut fields = vec![
            ("public_id", self.account.public_id(key)),
            (
                "timestamp",
                now.map_or(0, |since| since.as_secs()).to_string(),
            ),
            ("invalidate", "true".to_owned()),
        ];
        fields.extend_from_slice(more);
        let signature = sign(&fields, &self.account.secret);
        fields.extend([
            ("api_key", self.account.key.clone()),
            ("signature", signature),
        ]);
        let url = self.account.action(key.kind(), action);
        let form = post(&url, &fields, file).await;
        let request = form.map_err(MediaError::unavailable)?;
        let answer = self.http.send(request).await;
        let (head, body) = answer.map_err(MediaError::unavailable)?.into_parts();
        let body = body
            .short(MAX_ANSWER)
            .await
            .map_err(MediaError::unavailable)?;
        match head.status {
            StatusCode::OK => serde_json::from_slice(&body).map_err(MediaError::unavailable),
            StatusCode::TOO_MANY_REQUESTS => Err(MediaError::Busy),
            status => Err(odd(format!("the service answered {status}"))),
        }
    }
}

fn get(url: &str, range: Option<&Range<u64>>) -> Result<Request<Sent>, MediaError> {
    let mut request = Request::get(url);
    if let Some(range) = range {
        let (first, last) = match range.is_empty() {
            true => (0, 0),
            false => (range.start, range.end - 1),
        };
        request = request.header(RANGE, format!("bytes={first}-{last}"));
    }
    let nothing = Empty::new().map_err(|never| match never {}).boxed_unsync();
    request.body(nothing).map_err(MediaError::unavailable)
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The size of the whole object, behind the slash of `Content-Range: bytes 0-9/10`.
fn whole_size(headers: &HeaderMap) -> Option<u64> {
    text(headers, CONTENT_RANGE)?
        .rsplit('/')
        .next()?
        .parse()
        .ok()
}

#[async_trait]
impl MediaUploader for CloudinaryUploader {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        let more = [("overwrite", "true".to_owned())];
        let file = Some(&object.content);
        let taken: Taken = self.ask("upload", object.key, &more, file).await?;
        let is_ours = taken.public_id == self.account.public_id(object.key)
            && taken.bytes == object.content.size()
            && taken
                .secure_url
                .starts_with(&format!("{}/", self.account.delivery));
        match is_ours {
            true => Ok(Some(taken.secure_url)),
            false => Err(odd("the service took something else")),
        }
    }

    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        let request = get(&self.account.address(key), range.as_ref())?;
        let answer = self.http.send(request).await;
        let (head, body) = answer.map_err(MediaError::unavailable)?.into_parts();
        let is_page = text(&head.headers, CONTENT_TYPE)
            .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
        let told = || text(&head.headers, CONTENT_LENGTH)?.parse().ok();
        match (head.status, range) {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (StatusCode::OK, range) if !is_page => {
                let size = told().ok_or_else(|| odd("the service told no size"))?;
                let range = range.unwrap_or(0..size);
                let mut bytes = body.reader();
                let start = range.start.min(size);
                copy(&mut (&mut bytes).take(start), &mut sink()).await?;
                let part = bytes.take(range.end.saturating_sub(start));
                Ok(Some(Reading::new(size, part)))
            }
            (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, Some(range)) => {
                let size = whole_size(&head.headers);
                let size = size.ok_or_else(|| odd("the service told no size"))?;
                match head.status == StatusCode::PARTIAL_CONTENT && !range.is_empty() {
                    true => Ok(Some(Reading::new(size, body.reader()))),
                    false => Ok(Some(nothing_of(size))),
                }
            }
            (status, _) => Err(odd(format!("the service answered {status}"))),
        }
    }

    async fn link(&self, key: ObjectKey) -> Result<Option<String>, MediaError> {
        Ok(Some(self.account.address(key)))
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        let done: Destroyed = self.ask("destroy", key, &[], None).await?;
        match done.result.as_str() {
            "ok" | "not found" => Ok(()),
            other => Err(odd(format!(
                "the service answered {}",
                other.escape_debug()
            ))),
        }
    }
}
