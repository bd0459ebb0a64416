//! Texts as they are kept.

use std::cmp::Reverse;

use super::state::{Room, State};
use crate::id::MessageId;
use crate::model::{KeptText, Retext};

impl State {
    pub(super) fn texts(&self, before: Option<MessageId>, limit: usize) -> Vec<KeptText> {
        let rooms = self.conversations.values();
        let all = rooms.flat_map(|room| room.messages.iter().zip(&room.beside));
        let mut below: Vec<_> = all
            .filter(|(message, _)| before.is_none_or(|before| message.id < before))
            .collect();
        below.sort_by_key(|(message, _)| Reverse(message.id));
        let kept = below.into_iter().map(|(message, beside)| KeptText {
            message: message.id,
            conversation: message.conversation,
            sender: message.sender.clone(),
            text: message.text.clone(),
            fingerprint: beside.fingerprint,
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
        let seq = self.by_id.get(&to.from.message).copied();
        let Some((message, beside)) = seq.and_then(|seq| self.message_beside_mut(seq)) else {
            return false;
        };
        if message.text != to.from.text || beside.fingerprint != to.from.fingerprint {
            return false;
        }
        message.text.clone_from(&to.text);
        beside.words = Some(to.words.clone());
        beside.fingerprint = to.fingerprint;
        true
    }
}
