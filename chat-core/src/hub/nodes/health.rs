//! Whether this node hears of everything, as far as it can tell.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::id::NodeId;

/// A node that was not heard of for so long cannot be heard, or is gone.
const SILENCE: Duration = Duration::from_millis(2_500);

/// A node that was silent for so long is gone.
const GONE: Duration = Duration::from_secs(30);

/// How many nodes are kept track of.
const MAX_PEERS: usize = 1_024;

/// What is known of the bus and the nodes behind it.
#[derive(Debug, Default)]
pub(in crate::hub) struct Health {
    /// The bus said that it cannot be heard.
    away: AtomicBool,
    /// The last publication failed.
    mute: AtomicBool,
    peers: Mutex<HashMap<NodeId, Peer>>,
    /// Told when the store is to be looked into at once.
    look: Notify,
}

/// What a node lost of what it meant to tell, since it was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Losses {
    /// Nothing.
    Same,
    /// Something.
    More,
    /// It was not known before.
    Unknown,
}

#[derive(Debug)]
struct Peer {
    heard: Instant,
    lost: u64,
    silent: bool,
}

impl Health {
    /// Whether everything that other nodes publish is probably heard.
    pub(in crate::hub) fn is_good(&self) -> bool {
        let deaf = self.is_away() || self.mute.load(Ordering::Acquire);
        !deaf && self.peers().values().all(|peer| !peer.silent)
    }

    /// Whether the bus said that it cannot be heard.
    pub(in crate::hub) fn is_away(&self) -> bool {
        self.away.load(Ordering::Acquire)
    }

    /// How many other nodes are there.
    pub(in crate::hub) fn peers_heard(&self) -> usize {
        self.peers().values().filter(|peer| !peer.silent).count()
    }

    /// Waits until something may have been missed.
    pub(in crate::hub) async fn missed(&self) {
        self.look.notified().await;
    }

    /// Something may have been missed: look into the store at once.
    pub(super) fn look(&self) {
        self.look.notify_one();
    }

    pub(super) fn note_away(&self, away: bool) {
        self.away.store(away, Ordering::Release);
        self.look();
    }

    /// Whether the last publication failed; true if that is news. Whoever cannot tell probably cannot hear.
    pub(super) fn note_publishing(&self, failed: bool) -> bool {
        let news = self.mute.swap(failed, Ordering::AcqRel) != failed;
        if news && failed {
            self.look();
        }
        news
    }

    /// A node was heard of, and tells how often it lost something.
    pub(super) fn note_beat(&self, node: NodeId, lost: u64) -> Losses {
        let mut peers = self.peers();
        if peers.len() >= MAX_PEERS && !peers.contains_key(&node) {
            return Losses::Unknown;
        }
        let heard = Instant::now();
        let fresh = Peer {
            heard,
            lost,
            silent: false,
        };
        let before = peers.insert(node, fresh);
        drop(peers);
        let losses = match &before {
            Some(before) if before.lost == lost => Losses::Same,
            Some(_) => Losses::More,
            None => Losses::Unknown,
        };
        if losses != Losses::Same || before.is_some_and(|before| before.silent) {
            self.look();
        }
        losses
    }

    /// Notices who fell silent.
    pub(super) fn note_silence(&self) {
        let now = Instant::now();
        let mut peers = self.peers();
        peers.retain(|_, peer| now.duration_since(peer.heard) < GONE);
        let mut news = false;
        for peer in peers.values_mut() {
            let silent = now.duration_since(peer.heard) >= SILENCE;
            news |= silent && !peer.silent;
            peer.silent = silent;
        }
        drop(peers);
        if news {
            self.look();
        }
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<NodeId, Peer>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_node_that_falls_silent_makes_it_bad_until_it_is_heard_or_gone() {
        let health = Health::default();
        let node = NodeId::new();
        health.note_beat(node, 0);
        health.missed().await;
        health.note_silence();
        assert!(health.is_good());

        tokio::time::advance(SILENCE).await;
        health.note_silence();
        health.missed().await;
        assert!(!health.is_good());
        health.note_beat(node, 0);
        health.missed().await;
        assert!(health.is_good());

        tokio::time::advance(GONE).await;
        health.note_silence();
        assert!(health.is_good());
        assert_eq!(health.peers_heard(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_node_lost_is_looked_for() {
        let health = Health::default();
        let node = NodeId::new();
        health.note_beat(node, 0);
        health.missed().await;
        health.note_beat(node, 0);
        let looked = tokio::time::timeout(Duration::from_secs(1), health.missed()).await;
        assert!(looked.is_err(), "nothing is new");
        health.note_beat(node, 1);
        health.missed().await;
    }
}
