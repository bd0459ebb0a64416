//! Who was a member when: somebody removed gets and sends nothing that comes after the removal.

use std::collections::{BTreeMap, HashMap, HashSet};

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
        self.changes.get(&(self.users.get(&client)?, conversation))
    }

    /// When a client's user became the member that it still is.
    pub(super) fn joined_at_last(&self, client: u32, conversation: ConversationId) -> Option<Rev> {
        let (rev, active) = self.find(client, conversation)?.last_key_value()?;
        active.then_some(*rev)
    }

    /// Whether a user was known to be no member at `rev`.
    fn was_gone(&self, user: &'a UserId, conversation: ConversationId, rev: Rev) -> bool {
        let timeline = self.changes.get(&(user, conversation));
        let last = timeline.and_then(|timeline| timeline.range(..=rev).next_back());
        last.is_some_and(|(_, active)| !active)
    }
}

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    let timelines = Timelines::of(evidence);
    for record in evidence.of(Op::Deliver) {
        let user = timelines.users.get(&record.client);
        let (Some(user), Some(conversation), Some(rev)) = (user, record.conversation, record.rev)
        else {
            continue;
        };
        if timelines.was_gone(user, conversation, rev) {
            findings.add(Anomaly::Leaked, || {
                format!("client {} got {rev} of {conversation}", record.client)
            });
        }
    }
    members_are_not_refused(evidence, findings);
    for record in evidence.of(Op::Peek) {
        if record.kind == Kind::Ok {
            findings.add(Anomaly::Leaked, || {
                format!("client {} could read after its removal", record.client)
            });
        }
    }
    for (conversation, log) in evidence.first_logs() {
        for entry in &log.entries {
            if timelines.was_gone(&entry.sender, conversation, entry.rev) {
                findings.add(Anomaly::Invented, || {
                    format!("{} of {} was no member's", entry.seq, log.source)
                });
            }
        }
    }
}

/// Everybody sends what is right, so that a member's send is refused for no reason.
fn members_are_not_refused(evidence: &Evidence, findings: &mut Findings) {
    let attends = evidence
        .of(Op::Attend)
        .filter(|record| record.kind == Kind::Ok);
    let members: HashSet<_> = attends
        .map(|record| (record.client, record.conversation))
        .collect();
    let refused = evidence
        .of(Op::Send)
        .filter(|record| record.kind == Kind::Nack);
    for record in refused.filter(|record| members.contains(&(record.client, record.conversation))) {
        findings.add(Anomaly::Disturbed, || {
            format!("client {} was refused: {:?}", record.client, record.code)
        });
    }
}
