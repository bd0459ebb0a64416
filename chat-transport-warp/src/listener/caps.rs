//! How many connections there are, in all and from where.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::network::Network;

/// Counts connections against two caps.
#[derive(Debug)]
pub(super) struct Caps {
    max: usize,
    max_per_address: usize,
    proxies: Vec<Network>,
    counts: Mutex<Counts>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Caps {
    pub(super) fn new(max: usize, max_per_address: usize, proxies: Vec<Network>) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_address,
            proxies,
            counts: Mutex::default(),
            emptied: Notify::new(),
        })
    }

    /// Counts a connection in; none if that would be one too many. Connections of a trusted proxy
    /// are other people's: they count in all and not as one address's.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Guard> {
        let is_proxy = self.proxies.iter().any(|proxy| proxy.contains(address));
        let address = group(address);
        let mut counts = self.lock();
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        if counts.all >= self.max || (here >= self.max_per_address && !is_proxy) {
            return None;
        }
        counts.all += 1;
        counts.by_address.insert(address, here + 1);
        Some(Guard {
            caps: Arc::clone(self),
            address,
        })
    }

    pub(super) fn live(&self) -> usize {
        self.lock().all
    }

    /// Waits until there is no connection.
    pub(super) async fn none_left(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.live() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A host has an IPv4 address, or a /64 of IPv6.
fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Counts a connection as long as it lives.
#[derive(Debug)]
pub(super) struct Guard {
    caps: Arc<Caps>,
    address: IpAddr,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut counts = self.caps.lock();
        counts.all -= 1;
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
        if counts.all == 0 {
            self.caps.emptied.notify_waiters();
        }
    }
}

/// Keeps a connection counted after hyper has let go of it: a WebSocket holds its request's.
#[derive(Debug, Clone)]
pub struct ConnectionGuard {
    _guard: Arc<Guard>,
}

impl ConnectionGuard {
    pub(super) fn new(guard: Guard) -> Self {
        Self {
            _guard: Arc::new(guard),
        }
    }
}

/// How many files the process may have open; 1,024 where that cannot be read.
pub(super) fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    soft.and_then(|soft| soft.parse().ok()).unwrap_or(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_over_a_cap_waits_for_another_to_go() {
        let caps = Caps::new(3, 2, Vec::new());
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = caps.enter(one).unwrap();
        let _second = caps.enter(one).unwrap();
        assert!(caps.enter(one).is_none(), "a third of one address");
        let _third = caps.enter(two).unwrap();
        assert!(caps.enter(two).is_none(), "a fourth in all");

        drop(first);

        assert!(caps.enter(one).is_some());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let caps = Caps::new(9, 1, Vec::new());
        let _first = caps.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(caps.enter("2001:db8::2".parse().unwrap()).is_none());
        assert!(caps.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
    }

    #[test]
    fn the_limit_of_open_files_is_read() {
        assert!(open_files() >= 64);
    }
}
