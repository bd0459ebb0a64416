//! Taking an upload in, as it comes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chat_core::chat::{Chat, Intake};
use chat_core::model::{FileName, Purpose};
use chat_core::protocol::Code;
use futures_util::Stream;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::time::{Instant, timeout};

use super::problem::Problem;
use super::request::{BodyStream, Request};

/// What a multipart body may add to the file itself, in bytes.
pub(super) const ENVELOPE: u64 = 16 << 10;

/// An upload that stands still this long is given up; and so is one that on the whole is slower
/// than [`SLOWEST`] after that.
const PROGRESS: Duration = Duration::from_secs(30);

/// Bytes a second.
const SLOWEST: usize = 4 << 10;

/// Takes in the one part called `file`.
pub(super) async fn receive(
    chat: &Chat,
    request: &mut Request,
    purpose: Purpose,
) -> Result<Intake, Problem> {
    let (mut parts, held) = parts(request, chat.limits().largest_upload())?;
    let mut intake = chat.receive(&request.identity()?.user, purpose).await?;
    let mut has_come = false;
    while let Some(part) = moving(parts.next_field()).await? {
        if part.name() != Some("file") || has_come {
            return Err(no_file());
        }
        if let Some(name) = part.file_name().and_then(FileName::clean) {
            intake.set_name(name);
        }
        take(part, &mut intake, &held).await?;
        has_come = true;
    }
    match has_come {
        true => Ok(intake),
        false => Err(no_file()),
    }
}

async fn take(mut part: Field<'_>, intake: &mut Intake, held: &Held) -> Result<(), Problem> {
    let (begun, mut size) = (Instant::now(), 0);
    while let Some(chunk) = moving(part.chunk()).await? {
        held.take(chunk.len());
        intake.write(&chunk).await?;
        size += chunk.len();
        let enough = PROGRESS + Duration::from_secs((size / SLOWEST) as u64);
        if begun.elapsed() > enough {
            return Err(late());
        }
    }
    Ok(())
}

fn parts(request: &mut Request, max: u64) -> Result<(Multipart<'static>, Held), Problem> {
    let content_type = request.header(CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| {
        let detail = "an upload is multipart/form-data";
        Problem::new(Code::UnsupportedMediaType, detail)
    })?;
    let limits = SizeLimit::new().whole_stream(max + ENVELOPE).per_field(max);
    let constraints = Constraints::new().size_limit(limits);
    let body = std::mem::replace(&mut request.body, Box::pin(futures_util::stream::empty()));
    let held = Held::default();
    let body = Paced {
        body,
        held: held.clone(),
        rests: false,
        stuck_at: None,
    };
    let parts = Multipart::with_constraints(body, boundary, constraints);
    Ok((parts, held))
}

fn no_file() -> Problem {
    Problem::new(Code::BadRequest, "an upload is one part called file").at("file")
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
            multer::Error::StreamReadFailed(why) if why.is::<Overfull>() => {
                Problem::new(Code::TooLarge, "what is around the file is too large")
            }
            _ => Problem::new(Code::BadRequest, "not a whole multipart body"),
        })
}

/// How much of a body the parser has that nobody took from it, in bytes. Clones count the same.
#[derive(Debug, Clone, Default)]
struct Held(Arc<AtomicUsize>);

impl Held {
    fn add(&self, size: usize) {
        self.0.fetch_add(size, Ordering::Relaxed);
    }

    fn take(&self, size: usize) {
        self.0.fetch_sub(size, Ordering::Relaxed);
    }

    fn size(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The parser found no end of a head in what it has, and is given no more.
#[derive(Debug, thiserror::Error)]
#[error("a head without an end")]
struct Overfull;

/// A body as the parser gets it: by itself it would take all that there is, and keep it until it finds what it looks
/// for. So it gets one piece at a time, and once it has more than [`ENVELOPE`] of which nothing was taken, no more.
struct Paced {
    body: BodyStream,
    held: Held,
    /// Whether a piece was just given.
    rests: bool,
    /// What the parser had when it last asked with too much.
    stuck_at: Option<usize>,
}

impl Stream for Paced {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let held = self.held.size();
        let is_full = held as u64 > ENVELOPE;
        if is_full && self.stuck_at == Some(held) && !self.rests {
            return Poll::Ready(Some(Err(Overfull.into())));
        }
        if is_full || self.rests {
            // It looks at what it has, then asks again.
            self.stuck_at = (is_full && !self.rests).then_some(held);
            self.rests = false;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = std::task::ready!(self.body.as_mut().poll_next(context));
        if let Some(Ok(bytes)) = &piece {
            self.held.add(bytes.len());
            (self.rests, self.stuck_at) = (true, None);
        }
        Poll::Ready(piece.map(|piece| piece.map_err(Into::into)))
    }
}
