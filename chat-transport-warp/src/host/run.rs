//! Running a program until it is told to stop.

use std::io;
use std::pin::pin;
use std::time::Duration;

use chat_core::chat::Chat;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::listener::{ListenerConfig, serve};

/// Clients come back within this after a restart, not all at once.
const SPREAD: Duration = Duration::from_secs(2);

/// How long uploads that nobody waits for any more may take to be kept.
const UPLOADS_WITHIN: Duration = Duration::from_secs(10);

/// Serves `routes` until SIGINT or SIGTERM; then the clients of `chat` are told to come back, and what is under way is
/// finished. As long as it serves, `beside` runs, and uploads are [swept](Chat::watch_uploads).
///
/// # Errors
/// [`io::Error`] if signals cannot be waited for.
pub async fn run(
    listener: TcpListener,
    routes: BoxedFilter<(Response,)>,
    chat: &Chat,
    beside: impl Future<Output = ()>,
) -> io::Result<()> {
    let signal = stop_signal()?;
    let stop = async {
        signal.await;
        chat.drain(SPREAD);
    };
    let mut served = pin!(serve(listener, routes, ListenerConfig::default(), stop));
    let beside = async {
        tokio::join!(beside, chat.watch_uploads());
    };
    tokio::select! {
        _ = &mut served => {}
        () = beside => {
            served.await;
        }
    }
    if !chat.finish_uploads(UPLOADS_WITHIN).await {
        tracing::warn!("uploads were cut off");
    }
    Ok(())
}

/// Waits for the next SIGINT or SIGTERM from now on: what a host stops at.
///
/// # Errors
/// [`io::Error`] if signals cannot be waited for.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
