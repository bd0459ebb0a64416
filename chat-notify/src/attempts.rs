//! Sending a request until it is taken, or it is no use.

use std::time::Duration;

use bytes::Bytes;
use chat_core::notify::NotifyError;
use chat_http::{Http, Patience, Sent};
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::time::{sleep, timeout};

/// How much of an answer is read, so that the connection can be used again, in bytes.
const ANSWER: usize = 4 << 10;

/// How often something is tried, and how long it waits in between. Beyond it, and beyond the chat's own limit for a
/// notice ([`Limits::notify_timeout`](chat_core::protocol::Limits::notify_timeout)), it is given up: with a patience of
/// 3 s four attempts at a service that hangs are within the 30 s of that limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How often in all, at least once: 4 times.
    pub times: u32,
    /// How long it waits after the first attempt, twice as long after each further one, each cut by up to a half at
    /// random: 500 ms.
    pub pause: Duration,
    /// How long it waits at most: 5 s. Who asks to be left alone for longer is not asked again.
    pub longest_pause: Duration,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            times: 4,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Taken,
    /// What was asked for does not exist, for good.
    Gone,
}

/// What came of one attempt.
enum Attempt {
    Done(Outcome),
    /// It may be taken later; after this long, if the service said so.
    Later(NotifyError, Option<Duration>),
    Refused(NotifyError),
}

/// A status that tells of a failure.
#[derive(Debug, thiserror::Error)]
#[error("the service answered {0}")]
struct Answered(StatusCode);

/// Sends what `request` makes, for each attempt anew.
pub(crate) async fn deliver(
    http: &Http,
    patience: Patience,
    attempts: Attempts,
    request: impl Fn() -> Request<Bytes>,
) -> Result<Outcome, NotifyError> {
    let (mut attempt, mut pause) = (1, attempts.pause);
    loop {
        let (error, asked) = match once(http, patience, request()).await {
            Attempt::Done(outcome) => return Ok(outcome),
            Attempt::Refused(error) => return Err(error),
            Attempt::Later(error, asked) => (error, asked),
        };
        let wait = asked.unwrap_or_else(|| pause.mul_f64(0.5 + fastrand::f64() / 2.0));
        if attempt >= attempts.times || wait > attempts.longest_pause {
            return Err(error);
        }
        sleep(wait).await;
        pause = (pause * 2).min(attempts.longest_pause);
        attempt += 1;
    }
}

async fn once(http: &Http, patience: Patience, request: Request<Bytes>) -> Attempt {
    let body = |bytes| -> Sent {
        Full::new(bytes)
            .map_err(|never| match never {})
            .boxed_unsync()
    };
    let answer = match http.send(request.map(body)).await {
        Ok(answer) => answer,
        Err(error) => return Attempt::Later(NotifyError::unavailable(error), None),
    };
    let (head, body) = answer.into_parts();
    // Whatever it says, the status tells what became of it.
    let _ = timeout(patience.step(), body.short(ANSWER)).await;
    match head.status {
        status if status.is_success() => Attempt::Done(Outcome::Taken),
        StatusCode::NOT_FOUND | StatusCode::GONE => Attempt::Done(Outcome::Gone),
        status if may_be_taken_later(status) => {
            let error = NotifyError::unavailable(Answered(status));
            Attempt::Later(error, retry_after(&head.headers))
        }
        status => Attempt::Refused(NotifyError::refused(Answered(status))),
    }
}

fn may_be_taken_later(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

/// In seconds; a date is taken for nothing said.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
