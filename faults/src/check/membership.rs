//! Who was a member when: somebody removed gets nothing that comes after the removal.

use std::collections::{BTreeMap, HashMap};

use chat_core::id::{ConversationId, Rev, UserId};

use super::anomaly::{Anomaly, Findings};
use super::evidence::Evidence;
use crate::history::{Kind, Op};

/// Whether a user is a member from each rev on, as far as anybody heard of it.
type Timeline = BTreeMap<Rev, bool>;

/// The memberships that change.
#[derive(Debug, Default)]
pub(super) struct Timelines<'a> {
    users: HashMap<u32, &'a UserId>,
    changes: HashMap<(&'a UserId, ConversationId), Timeline>,
}

impl<'a> Timelines<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let mut timelines = Self::default();
        for record in &evidence.history {
            let Some(user) = record.user.as_ref() else {
                continue;
            };
            match (record.op, record.conversation, record.rev) {
                (Op::Connect, ..) => {
                    timelines.users.insert(record.client, user);
                }
                (Op::Member, Some(conversation), Some(rev)) => {
                    let timeline = timelines.changes.entry((user, conversation)).or_default();
                    timeline.insert(rev, record.kind == Kind::Ok);
                }
                _ => {}
            }
        }
        timelines
    }

    fn find(&self, client: u32, conversation: ConversationId) -> Option<&Timeline> {
        let user = self.users.get(&client)?;
        self.changes.get(&(*user, conversation))
    }

    /// When a client's user became the member that it still is.
    pub(super) fn joined_at_last(&self, client: u32, conversation: ConversationId) -> Option<Rev> {
        let (rev, active) = self.find(client, conversation)?.last_key_value()?;
        active.then_some(*rev)
    }

    /// Whether a client's user was no member at `rev`.
    fn was_gone(&self, client: u32, conversation: ConversationId, rev: Rev) -> bool {
        let timeline = self.find(client, conversation);
        let last = timeline.and_then(|timeline| timeline.range(..=rev).next_back());
        last.is_some_and(|(_, active)| !active)
    }
}

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    let timelines = Timelines::of(evidence);
    for record in evidence.of(Op::Deliver) {
        let (Some(conversation), Some(rev)) = (record.conversation, record.rev) else {
            continue;
        };
        if timelines.was_gone(record.client, conversation, rev) {
            findings.add(Anomaly::Leaked, || {
                format!("client {} got {rev} of {conversation}", record.client)
            });
        }
    }
}
