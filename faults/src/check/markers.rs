//! Read markers: they never go back, never pass the last message, and end where they were put.

use std::collections::HashMap;

use chat_core::id::{ConversationId, Seq, UserId};

use super::anomaly::{Anomaly, Findings};
use super::evidence::Evidence;
use crate::history::{Kind, Op, Record};

/// Whose marker, where.
type Place<'a> = (&'a UserId, ConversationId);

/// What is known of one marker.
#[derive(Debug, Default)]
struct Marker {
    /// The highest answer so far.
    answered: Seq,
    /// By client, how high it was when the mark that is under way began.
    begun: HashMap<u32, Seq>,
}

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    let mut markers: HashMap<Place<'_>, Marker> = HashMap::new();
    for record in evidence.of(Op::Mark) {
        if let (Some(user), Some(conversation)) = (record.user.as_ref(), record.conversation) {
            let marker = markers.entry((user, conversation)).or_default();
            marker.take(record, findings);
        }
    }
    let logs = evidence.first_logs();
    for last in &evidence.markers {
        let marker = markers.get(&(&last.user, last.conversation));
        let answered = marker.map_or(Seq::ZERO, |marker| marker.answered);
        let log = logs.get(&last.conversation);
        let head = log
            .and_then(|log| log.entries.last())
            .map(|entry| entry.seq);
        if last.read < answered || Some(last.read) > head.max(Some(Seq::ZERO)) {
            findings.add(Anomaly::MarkerRegressed, || {
                format!(
                    "{} ends at {}, was told {answered}, the log ends at {head:?}",
                    last.user, last.read
                )
            });
        }
    }
}

impl Marker {
    /// An answer is no lower than any that came before its mark was begun.
    fn take(&mut self, record: &Record, findings: &mut Findings) {
        match (record.kind, record.seq) {
            (Kind::Invoke, _) => {
                self.begun.insert(record.client, self.answered);
            }
            (Kind::Ok, Some(seq)) => {
                let before = self.begun.remove(&record.client).unwrap_or_default();
                if seq < before {
                    findings.add(Anomaly::MarkerRegressed, || {
                        format!("{:?} was told {before}, then {seq}", record.user)
                    });
                }
                self.answered = self.answered.max(seq);
            }
            _ => {}
        }
    }
}
