//! A TCP proxy that misbehaves as it is told.
//!
//! It stands between a node and the server it uses. [`Proxy::set`] says how the link is from now on, for
//! connections that are open and those to come; [`Proxy::cut`] resets the open ones. It knows nothing of the
//! protocol that goes through.

mod link;
mod pump;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use link::State;
pub use link::{Link, Mode};
use pump::carry;

/// A proxy before one server; it ends, with its connections, when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and passes everything to `target`.
    ///
    /// # Errors
    /// [`io::Error`] if there is no port.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, watching) = watch::channel(State::default());
        let task = tokio::spawn(serve(Some(listener), address, target, watching));
        Ok(Self {
            address,
            state,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How the link is from now on.
    pub fn set(&self, link: Link) {
        self.state.send_modify(|state| state.link = link);
    }

    /// Resets every open connection, on both sides.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// A link without faults again. Connections whose bytes were swallowed are reset: nothing could mend them.
    pub fn heal(&self) {
        self.set(Link::default());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections; while they are refused, nothing listens.
async fn serve(
    mut listener: Option<TcpListener>,
    address: SocketAddr,
    target: SocketAddr,
    mut state: watch::Receiver<State>,
) {
    let mut open = JoinSet::new();
    loop {
        let refuses = state.borrow_and_update().link.mode == Mode::Refuse;
        if refuses {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            accepted = accept(listener.as_ref()) => {
                if let Ok((stream, _)) = accepted {
                    open.spawn(connect(stream, target, state.clone()));
                }
            }
            Some(_) = open.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Carries one connection; without a server behind it, it is reset.
async fn connect(client: TcpStream, target: SocketAddr, state: watch::Receiver<State>) {
    match TcpStream::connect(target).await {
        Ok(server) => carry(client, server, state).await,
        // The connection is lost either way.
        Err(_) => drop(client.set_zero_linger()),
    }
}
