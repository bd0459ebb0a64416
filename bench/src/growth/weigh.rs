//! What the hub itself keeps for a topic and for a subscription: the memory of this process, before and after.

use std::io::{self, IoSlice};
use std::sync::Arc;

use chat_core::hub::{Connection, Hub, HubPorts, JsonFormat, Sink};
use chat_core::id::{ConversationId, Rev, Seq, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{ConversationKind, Markers, Membership};
use chat_core::protocol::Limits;

use crate::Failure;
use crate::measure::memory::resident;

const CONNECTIONS: usize = 10_000;

/// Conversations of a connection, in each of the two ways.
const EACH: usize = 20;

/// Members of a conversation that is shared.
const TOGETHER: usize = 100;

/// Connects so many to a hub without sockets, and weighs their subscriptions: first each in conversations of its own,
/// then all in conversations of a hundred.
pub(crate) async fn run() -> Result<(), Failure> {
    let hub = hub();
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let user = UserId::new(format!("user-{number}"))?;
        connections.push(hub.connect(user, None, Arc::new(JsonFormat), Arc::new(Nowhere)));
    }
    let before = weight()?;
    for connection in &connections {
        subscribe(&hub, connection, &memberships()).await;
    }
    let alone = weight()?;
    for some in connections.chunks(TOGETHER) {
        let shared = memberships();
        for connection in some {
            subscribe(&hub, connection, &shared).await;
        }
    }
    let together = weight()?;
    let each = |bytes: u64| bytes / (CONNECTIONS * EACH) as u64;
    println!(
        "bytes of a topic with one subscription: {}; of a subscription in a topic of {TOGETHER}: {}",
        each(alone.saturating_sub(before)),
        each(together.saturating_sub(alone))
    );
    Ok(())
}

fn weight() -> io::Result<u64> {
    resident(std::process::id())
}

fn hub() -> Hub {
    let store = Arc::new(MemoryStore::new());
    let ports = HubPorts {
        messages: Arc::clone(&store) as _,
        conversations: Arc::clone(&store) as _,
        users: Arc::clone(&store) as _,
        people: Arc::clone(&store) as _,
        last_seen: store,
        bus: None,
    };
    Hub::new(ports, Limits::default())
}

fn memberships() -> Vec<Membership> {
    (0..EACH)
        .map(|_| member_of(ConversationId::new()))
        .collect()
}

/// The membership of a group in which nothing was said yet.
pub(super) fn member_of(conversation: ConversationId) -> Membership {
    Membership {
        conversation,
        kind: ConversationKind::Group,
        rev: Rev::ZERO,
        last_seq: Seq::ZERO,
        visible_from: Seq::ZERO,
        markers: Markers::default(),
        peer: None,
    }
}

async fn subscribe(hub: &Hub, connection: &Arc<Connection>, memberships: &[Membership]) {
    hub.begin_open(connection, memberships).await;
    hub.open(connection, memberships);
}

/// A socket that takes everything.
#[derive(Debug)]
struct Nowhere;

impl Sink for Nowhere {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn wake(&self) {}
}
