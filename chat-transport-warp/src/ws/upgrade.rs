//! Taking an upgraded connection out of hyper's hands.

use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An upgraded connection.
#[derive(Debug)]
pub enum Stream {
    /// A plain TCP socket: read and written directly.
    Tcp(TcpStream),
    /// Anything else: TLS, a Unix socket, a host's own.
    Other(TokioIo<Upgraded>),
}

/// Waits for the upgrade. Also gives what the client sent right behind its request.
///
/// # Errors
/// [`hyper::Error`] if the connection ended before.
pub async fn accept(upgrade: OnUpgrade) -> Result<(Stream, Bytes), hyper::Error> {
    let upgraded = upgrade.await?;
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => Ok((Stream::Tcp(parts.io.into_inner()), parts.read_buf)),
        // hyper gives what it has read already with the first reads.
        Err(upgraded) => Ok((Stream::Other(TokioIo::new(upgraded)), Bytes::new())),
    }
}
