//! Waiting for something no longer than a while.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::timeout;

/// As [`timeout`], without a timer for what is done at once.
///
/// # Errors
/// [`Elapsed`] if it is not done in time.
///
/// # Cancel safety
/// That of `future`.
pub(super) async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => timeout(limit, future).await,
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_given_up_when_it_has() {
        let (limit, begun) = (Duration::from_secs(2), Instant::now());

        assert_eq!(within(limit, ready(1)).await, Ok(1));
        let slow = async {
            sleep(Duration::from_secs(1)).await;
            2
        };
        assert_eq!(within(limit, slow).await, Ok(2));
        assert!(within(limit, pending::<()>()).await.is_err());

        assert_eq!(begun.elapsed(), Duration::from_secs(3));
    }
}
