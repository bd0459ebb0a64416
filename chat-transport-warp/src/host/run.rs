//! Running a program until it is told to stop.

use std::io;
use std::time::Duration;

use chat_core::chat::Chat;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::listener::{ListenerConfig, serve};

/// Clients come back within this after a restart, not all at once.
const SPREAD: Duration = Duration::from_secs(2);

/// Serves `routes` until SIGINT or SIGTERM; then the clients of `chat` are told to come back, and what is under way is
/// finished.
///
/// # Errors
/// [`io::Error`] if signals cannot be waited for.
pub async fn run(
    listener: TcpListener,
    routes: BoxedFilter<(Response,)>,
    chat: &Chat,
) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        chat.drain(SPREAD);
    };
    serve(listener, routes, ListenerConfig::default(), stop).await;
    Ok(())
}
