//! What changed since a rev.

use std::ops::Bound;

use super::state::Room;
use crate::id::Rev;
use crate::model::Changes;

impl Room {
    pub(super) fn changes(&self, since: Rev, limit: usize) -> Changes {
        let mut changes = Changes {
            conversation: self.conversation.clone(),
            members: Vec::new(),
            messages: Vec::new(),
            truncated: false,
        };
        let mut members: Vec<_> = self
            .members
            .values()
            .filter(|member| member.rev > since)
            .cloned()
            .collect();
        members.sort_by_key(|member| (member.rev, member.user.clone()));
        let at_most = limit.saturating_add(1);
        let first = self
            .messages
            .partition_point(|message| message.first_rev <= since);
        let new = self.messages[first..].iter();
        let new = new.filter(|message| message.rev == message.first_rev);
        let revised = self
            .revised
            .range((Bound::Excluded(since), Bound::Unbounded));
        let revised = revised.filter_map(|(_, seq)| self.message(*seq));
        let mut messages: Vec<_> = new.take(at_most).chain(revised.take(at_most)).collect();
        if members.len() + messages.len() > limit {
            changes.truncated = true;
        } else {
            messages.sort_by_key(|message| message.rev);
            changes.members = members;
            changes.messages = messages.into_iter().cloned().collect();
        }
        changes
    }
}
