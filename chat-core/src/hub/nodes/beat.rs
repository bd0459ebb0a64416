//! Beats: each node says every second that it is there, so that the others know when they cannot hear it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Told;
use super::outgoing::Outgoing;
use crate::hub::Shared;
use crate::presence::Topic as Key;

/// How often a node says that it is there.
const BEAT: Duration = Duration::from_secs(1);

/// A node that beats so late was stopped: it may have missed anything.
const LATE: Duration = Duration::from_secs(3);

/// Beats, and notices who does not, until the hub is gone.
pub(super) async fn run(hub: Weak<Shared>, outgoing: Arc<Outgoing>) {
    let mut last = Instant::now();
    loop {
        {
            let Some(hub) = hub.upgrade() else { return };
            let lost = outgoing.lost();
            hub.nodes.tell(Key::Nodes, &Told::Beat { lost });
            hub.nodes.health().note_silence();
            if last.elapsed() > LATE {
                hub.nodes.health().look();
            }
        }
        last = Instant::now();
        sleep(BEAT).await;
    }
}
