//! Texts as they are kept.

use std::cmp::Reverse;

use super::state::{Beside, Room, State};
use crate::id::MessageId;
use crate::model::{KeptText, Message, Retext};

impl State {
    pub(super) fn texts(&self, before: Option<MessageId>, limit: usize) -> Vec<KeptText> {
        let rooms = self.conversations.values();
        let all = rooms.flat_map(|room| room.messages.iter().map(move |message| (room, message)));
        let mut below: Vec<_> = all
            .filter(|(_, message)| before.is_none_or(|before| message.id < before))
            .collect();
        below.sort_by_key(|(_, message)| Reverse(message.id));
        let kept = below.into_iter().map(|(room, message)| KeptText {
            message: message.id,
            conversation: message.conversation,
            sender: message.sender.clone(),
            text: message.text.clone(),
            fingerprint: room.fingerprint(message),
        });
        kept.take(limit).collect()
    }

    /// Whether the text was still the one that it replaces.
    pub(super) fn replace_text(&mut self, to: &Retext) -> bool {
        let room = self.conversations.get_mut(&to.from.conversation);
        room.is_some_and(|room| room.replace_text(to))
    }
}

impl Room {
    fn replace_text(&mut self, to: &Retext) -> bool {
        let Some(&seq) = self.by_id.get(&to.from.message) else {
            return false;
        };
        let is_still = |kept: &Message| {
            kept.text == to.from.text && self.fingerprint(kept) == to.from.fingerprint
        };
        if !self.message(seq).is_some_and(is_still) {
            return false;
        }
        let beside = Beside {
            words: Some(to.words.clone()),
            fingerprint: to.fingerprint,
        };
        self.beside.insert(seq, beside);
        if let Some(kept) = self.message_mut(seq) {
            kept.text.clone_from(&to.text);
        }
        true
    }
}
