//! What changed since a rev.

use std::ops::Bound;

use super::state::{Room, Row};
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
        let seqs = self
            .log
            .range((Bound::Excluded(since), Bound::Unbounded))
            .filter_map(|(_, row)| match row {
                Row::Message(seq) => Some(*seq),
                Row::Settings | Row::Member(_) => None,
            });
        let seqs: Vec<_> = seqs.take(limit.saturating_add(1)).collect();
        if members.len() + seqs.len() > limit {
            changes.truncated = true;
        } else {
            changes.members = members;
            changes.messages = seqs
                .into_iter()
                .filter_map(|seq| self.message(seq).cloned())
                .collect();
        }
        changes
    }
}
