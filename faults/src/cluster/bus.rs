//! What nodes tell each other by, as a server that can be broken.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use chat_testkit::Redis;

use super::{Failure, Store};

/// Which bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusKind {
    /// None: one node alone.
    None,
    /// A private Redis.
    Redis,
    /// The store's Postgres.
    Postgres,
}

/// A bus of a cluster.
#[derive(Debug)]
pub enum Bus {
    /// None.
    None,
    /// A server.
    Redis(Redis),
    /// The store's server.
    Postgres,
}

impl Bus {
    /// Starts one; blocks.
    ///
    /// # Errors
    /// [`Failure`] if its program is missing or does not start.
    pub fn start(kind: BusKind) -> Result<Self, Failure> {
        Ok(match kind {
            BusKind::None => Self::None,
            BusKind::Redis => Self::Redis(Redis::start()?),
            BusKind::Postgres => Self::Postgres,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`Failure`] if it is the store's Postgres and the store is none.
    pub fn address(&self, store: &Store) -> Result<Option<SocketAddr>, Failure> {
        let url = match (self, store) {
            (Self::None, _) => return Ok(None),
            (Self::Redis(server), _) => server.url(),
            (Self::Postgres, Store::Postgres(server)) => server.url(),
            (Self::Postgres, _) => return Err("the Postgres bus needs a Postgres store".into()),
        };
        let (_, rest) = url.split_once("://").unwrap_or(("", &url));
        let place = rest.split('/').next().unwrap_or(rest);
        let place = place.rsplit('@').next().unwrap_or(place);
        Ok(Some(place.parse()?))
    }

    /// What a node is told that reaches it at `address`.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Redis(_) => format!("redis://{address}"),
            Self::Postgres => format!("postgres://postgres@{address}/postgres"),
        }
    }

    /// `kill -9`, if it has a process of its own.
    pub fn kill(&mut self) {
        if let Self::Redis(server) = self {
            server.kill();
        }
    }

    /// Starts it again, empty.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        match self {
            Self::Redis(server) => Ok(server.restart()?),
            Self::None | Self::Postgres => Ok(()),
        }
    }

    /// Has Redis end the connections that subscribe, as it does with those that are too slow.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be reached, or is none.
    pub fn end_subscribers(&self) -> Result<(), Failure> {
        let Self::Redis(server) = self else {
            return Err("only Redis ends subscribers".into());
        };
        let url = server.url();
        let mut stream = TcpStream::connect(url.trim_start_matches("redis://"))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"CLIENT KILL TYPE pubsub\r\n")?;
        let mut answer = [0; 1];
        stream.read_exact(&mut answer)?;
        match &answer {
            b":" => Ok(()),
            _ => Err("Redis ended nobody".into()),
        }
    }
}
