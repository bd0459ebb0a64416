//! What other nodes tell: believed as far as revs and the store allow.

use std::sync::Weak;

use tokio::sync::mpsc;

use super::health::Losses;
use super::{Told, envelope};
use crate::hub::topic::Pending;
use crate::hub::{Hub, Shared, deliver};
use crate::id::{ConversationId, UserId};
use crate::presence::{BusEvent, MAX_PAYLOAD, Publication, Topic as Key};
use crate::protocol::Event;

/// Hears of the other nodes until the hub is gone.
pub(super) async fn run(hub: Weak<Shared>, mut events: mpsc::Receiver<BusEvent>) {
    while let Some(event) = events.recv().await {
        let Some(shared) = hub.upgrade() else { return };
        let hub = Hub { shared };
        match event {
            BusEvent::Published(publication) => {
                if hub.hear(publication).is_none() {
                    metrics::counter!("chat_bus_publications_refused_total").increment(1);
                }
            }
            BusEvent::Disconnected => {
                tracing::warn!("the bus cannot be heard; the store is asked instead");
                hub.shared.nodes.health().note_away(true);
            }
            BusEvent::Lagged => {
                metrics::counter!("chat_bus_lagged_total").increment(1);
                hub.shared.nodes.health().note_away(false);
                hub.shared.presences.note_all();
                hub.note_missed();
            }
        }
    }
}

impl Hub {
    /// None for what cannot be meant.
    fn hear(&self, publication: Publication) -> Option<()> {
        let Publication {
            topic,
            node,
            payload,
        } = publication;
        if payload.len() > MAX_PAYLOAD {
            return None;
        }
        match (topic, envelope::read(&payload)?) {
            (Key::Conversation(id), Told::Event { after, event }) => {
                belongs(&event, id).then_some(())?;
                self.hear_of(id, after.map(|rev| Pending::Check(Some(rev))), Some(event));
            }
            (Key::Conversation(id), Told::Reached { rev }) => {
                self.hear_of(id, Some(Pending::Check(Some(rev))), None);
            }
            (Key::User(user), Told::Event { event, .. }) => {
                concerns(&event, &user).then_some(())?;
                self.tell_user(&user, &event);
            }
            (Key::User(user), Told::Joined { conversation }) => {
                self.shared.newcomers.note(user, conversation);
            }
            (Key::User(user), Told::SessionsEnded { logins }) => {
                self.close_sessions(&user, &logins);
            }
            (Key::Presence(user), Told::Event { event, .. }) => match event {
                Event::PresenceChanged(presence) if presence.user_id == user => {
                    self.show_presence(presence);
                }
                _ => return None,
            },
            (Key::User(user), Told::Review { other }) => self.expect_review(user, other),
            (Key::Presence(user), Told::Review { other: None }) => self.review_watchers(&user),
            (Key::Nodes, Told::ProfileChanged { user }) => self.shared.profiles.drop_one(&user),
            (Key::Nodes, Told::Beat { lost }) => {
                if self.shared.nodes.health().note_beat(node, lost) == Losses::More {
                    self.note_missed();
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Something may have been told that was not heard, and that no rev will show.
    fn note_missed(&self) {
        self.shared.reviews.note_all();
        self.shared.profiles.drop_all();
    }

    fn hear_of(&self, id: ConversationId, check: Option<Pending>, event: Option<Event>) {
        if let Some(topic) = self.shared.registry.topic(&Key::Conversation(id)) {
            let event = event.map(|event| Pending::Event(event.into()));
            if topic.enqueue(check.into_iter().chain(event)) {
                deliver::start(self.clone(), topic);
            }
        }
    }
}

/// Whether an event may come over a conversation's topic.
fn belongs(event: &Event, conversation: ConversationId) -> bool {
    match event {
        Event::Typing {
            conversation_id, ..
        } => *conversation_id == conversation,
        Event::MarkerMoved(markers) => markers.conversation_id == conversation,
        _ => event.rev().is_some_and(|(id, _)| id == conversation),
    }
}

/// Whether an event may come over a user's topic.
fn concerns(event: &Event, user: &UserId) -> bool {
    match event {
        Event::MarkerMoved(markers) => markers.user_id == *user,
        Event::CallSignal(signal) => signal.to == *user || signal.from == *user,
        Event::BlockChanged { .. } | Event::PrivacyChanged(_) => true,
        _ => false,
    }
}
