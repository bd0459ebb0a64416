//! The hardened HTTP/1 listener: any warp filter, or any tower service, in an accept loop of our own.
//!
//! `warp::serve` never times out a half-sent header, has no cap on connections and cuts open
//! sockets off at shutdown; this loop does what a server that faces the public must do. TLS is a
//! proxy's work.

mod caps;
mod respond;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service;
use warp::Filter;
use warp::Reply;

use crate::network::Network;
use caps::{Caps, Guard};
use respond::BoxError;

pub use caps::ConnectionGuard;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4_096;

/// Listens at an address, with room for 4,096 connections that come at once, as they do when a node was started again: as far as
/// the system lets it (`net.core.somaxconn`). tokio's own [`TcpListener::bind`] has room for 128; to who comes then the
/// kernel says nothing, and it is a second until the next attempt. Called within a tokio runtime.
///
/// # Errors
/// [`io::Error`] if the address is taken, or none of this machine's.
pub fn listen(address: impl Into<SocketAddr>) -> io::Result<TcpListener> {
    let address = address.into();
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port whose last connections are still being forgotten is free; on Windows this would be about a port in use.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Where a request comes from: in the extensions of every request that came through [`serve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// What the listener allows.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    /// Connections in all: the process's limit of open files, less 64.
    pub max_connections: usize,
    /// Connections of one address (of IPv6, one /64): 50.
    pub max_per_address: usize,
    /// Proxies in front, which are held to `max_connections` alone: all their clients come from one
    /// address. None.
    pub trusted_proxies: Vec<Network>,
    /// Whether the listener's own answers say HTTPS alone is to be used from now on, as the routes'
    /// do with [`TransportConfig::strict_transport`](crate::TransportConfig): no.
    pub strict_transport: bool,
    /// A request's head must be whole within, from the connection's start or the last answer: 10 s.
    pub head_within: Duration,
    /// A client must take what it is sent within; on Linux, elsewhere it may take its time: 20 s.
    pub taken_within: Duration,
    /// Bytes of a request's head: 16 KiB.
    pub max_head: usize,
    /// Headers of a request: 64.
    pub max_headers: usize,
    /// How long open connections may finish once the listener is to stop: 30 s.
    pub drain_within: Duration,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self {
            max_connections: caps::open_files().saturating_sub(64).max(16),
            max_per_address: 50,
            trusted_proxies: Vec::new(),
            strict_transport: false,
            head_within: Duration::from_secs(10),
            taken_within: Duration::from_secs(20),
            max_head: 16 << 10,
            max_headers: 64,
            drain_within: Duration::from_secs(30),
        }
    }
}

/// Serves `filter` until `shutdown` is done; then stops accepting, lets requests and sockets
/// finish for [`ListenerConfig::drain_within`], and cuts off what is left.
///
/// Whoever keeps WebSockets open tells them to close when the shutdown begins.
///
/// Returns how many connections were cut off.
pub async fn serve<F>(
    listener: TcpListener,
    filter: F,
    config: ListenerConfig,
    shutdown: impl Future<Output = ()>,
) -> usize
where
    F: Filter<Error = warp::Rejection> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    serve_service(listener, warp::service(filter), config, shutdown).await
}

/// The same for a tower service, as axum's `Router` is one.
///
/// Every request carries a [`PeerAddr`] and a [`ConnectionGuard`] in its extensions, and may upgrade.
pub async fn serve_service<S, B>(
    listener: TcpListener,
    service: S,
    config: ListenerConfig,
    shutdown: impl Future<Output = ()>,
) -> usize
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (stop, stopping) = watch::channel(());
    let caps = Caps::new(
        config.max_connections,
        config.max_per_address,
        config.trusted_proxies.clone(),
    );
    let server = Arc::new(Server {
        config,
        caps,
        service,
        stopping,
    });
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => server.admit(stream, peer),
                Err(error) => pause(&error).await,
            }
        }
    }
    drop(listener);
    drop(stop);
    let drained = timeout(server.config.drain_within, server.caps.none_left()).await;
    if drained.is_err() {
        server.caps.live()
    } else {
        0
    }
}

/// A peer that gave up is no news; without file handles there is no point in asking again at once.
async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "cannot accept connections for now"
        );
        sleep(Duration::from_millis(200)).await;
    }
}

#[derive(Debug)]
struct Server<S> {
    config: ListenerConfig,
    caps: Arc<Caps>,
    service: S,
    /// Its sender is dropped when the server stops.
    stopping: watch::Receiver<()>,
}

impl<S, B> Server<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = self.prepare(&stream) {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a connection was gone at once"
            );
            return;
        }
        match self.caps.enter(peer.ip()) {
            Some(guard) => {
                let server = Arc::clone(self);
                tokio::spawn(async move { server.connection(stream, peer, guard).await });
            }
            None => {
                metrics::counter!("chat_listener_refused_total").increment(1);
                respond::overloaded(&stream);
            }
        }
    }

    /// What is sent goes at once, and a peer that does not take it is given up by the kernel (RFC 5482):
    /// neither hyper nor a write that waits has a limit of its own.
    fn prepare(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        #[cfg(target_os = "linux")]
        socket2::SockRef::from(stream).set_tcp_user_timeout(Some(self.config.taken_within))?;
        Ok(())
    }

    async fn connection(&self, stream: TcpStream, peer: SocketAddr, guard: Guard) {
        let guard = ConnectionGuard::new(guard);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.config.head_within)
            .max_headers(self.config.max_headers)
            .max_buf_size(self.config.max_head);
        let answer = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddr(peer));
            request.extensions_mut().insert(guard.clone());
            let service = self.service.clone();
            let strict = self.config.strict_transport;
            async move { Ok::<_, Infallible>(respond::answer(service, request, strict).await) }
        });
        let connection = http
            .serve_connection(TokioIo::new(stream), answer)
            .with_upgrades();
        let mut connection = pin!(connection);
        let mut stopping = self.stopping.clone();
        let served = tokio::select! {
            served = &mut connection => served,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%peer, error = &error as &dyn std::error::Error, "a connection ended early");
        }
    }
}
