//! What a client has: the rule that makes every event count once.

use std::collections::HashMap;

use chat_core::id::{ConversationId, Epoch, Rev};
use chat_core::protocol::{ChangesView, Event};

/// The last rev of each conversation. [`Client`](crate::Client) keeps its own; it is here for whoever speaks the
/// protocol over something else.
#[derive(Debug, Default)]
pub struct Positions {
    /// The epoch that the revs are of, once the server told it.
    pub epoch: Option<Epoch>,
    /// Up to where each conversation is known: what a resume names.
    pub revs: HashMap<ConversationId, Rev>,
    /// From a connection to its `resumed`, the log's events are old news.
    pub resuming: bool,
}

impl Positions {
    /// Whether an event is new; then it counts as had.
    pub fn admit(&mut self, event: &Event) -> bool {
        if let Event::ConversationJoined { conversation, .. } = event {
            self.reach(conversation.id, conversation.rev);
        }
        match event.rev() {
            None => true,
            Some(_) if self.resuming => false,
            Some((conversation, rev)) => self.reach(conversation, rev),
        }
    }

    /// Takes what a resume brought; whether it is new.
    pub fn admit_changes(&mut self, changes: &ChangesView) -> bool {
        self.reach(changes.conversation.id, changes.rev)
    }

    fn reach(&mut self, conversation: ConversationId, rev: Rev) -> bool {
        let known = self.revs.entry(conversation).or_default();
        let new = rev > *known;
        *known = rev.max(*known);
        new
    }

    /// A store with another past: nothing that was kept counts.
    pub fn adopt(&mut self, epoch: Epoch) {
        if self.epoch != Some(epoch) {
            self.revs.clear();
        }
        self.epoch = Some(epoch);
    }
}
