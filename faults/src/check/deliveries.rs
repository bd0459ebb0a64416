//! What clients were handed: everything, in order, each message once and as it was sent.

use std::collections::{BTreeMap, HashSet};

use chat_core::id::{ConversationId, Rev, Seq};

use super::anomaly::{Anomaly, Findings};
use super::evidence::{Evidence, Index};
use super::membership::Timelines;
use crate::history::{Kind, Op, Record};

/// One client in one conversation.
type Place = (u32, ConversationId);

/// What a client was handed of a conversation, in order.
#[derive(Debug, Default)]
struct Handed {
    /// Whether its user is a member all the time.
    always: bool,
    seqs: Vec<(Seq, Rev)>,
}

pub(super) fn check(evidence: &Evidence, index: &Index<'_>, findings: &mut Findings) {
    for record in evidence.of(Op::Deliver) {
        is_what_was_sent(record, index, findings);
    }
    let logs = evidence.first_logs();
    let timelines = Timelines::of(evidence);
    for ((client, conversation), handed) in handed(evidence) {
        let entries = logs
            .get(&conversation)
            .map_or(&[][..], |log| log.entries.as_slice());
        is_in_order(client, &handed, findings);
        let from = match handed.always {
            true => Some(Rev::ZERO),
            false => timelines.joined_at_last(client, conversation),
        };
        let Some(from) = from else { continue };
        let seen: HashSet<Seq> = handed.seqs.iter().map(|(seq, _)| *seq).collect();
        let expected = entries.iter().filter(|entry| entry.rev > from);
        for entry in expected.filter(|entry| !seen.contains(&entry.seq)) {
            findings.add(Anomaly::Unseen, || {
                format!("client {client} never got {} of {conversation}", entry.seq)
            });
        }
    }
}

fn handed(evidence: &Evidence) -> BTreeMap<Place, Handed> {
    let mut handed: BTreeMap<Place, Handed> = BTreeMap::new();
    for record in &evidence.history {
        let Some(conversation) = record.conversation else {
            continue;
        };
        let place = (record.client, conversation);
        match (record.op, record.seq, record.rev) {
            (Op::Attend, ..) => handed.entry(place).or_default().always = record.kind == Kind::Ok,
            (Op::Deliver, Some(seq), Some(rev)) => {
                handed.entry(place).or_default().seqs.push((seq, rev));
            }
            _ => {}
        }
    }
    handed
}

/// A member's seqs begin at 1 and rise by one; a guest's rise.
fn is_in_order(client: u32, handed: &Handed, findings: &mut Findings) {
    let mut last = Seq::ZERO;
    for (seq, _) in &handed.seqs {
        let fits = if handed.always {
            *seq == last.next()
        } else {
            *seq > last
        };
        if !fits {
            findings.add(Anomaly::Reordered, || {
                format!("client {client} was handed {seq} after {last}")
            });
        }
        last = *seq;
    }
}

fn is_what_was_sent(record: &Record, index: &Index<'_>, findings: &mut Findings) {
    let client = record.client;
    let Some(payload) = record.payload else {
        return findings.add(Anomaly::WrongBytes, || {
            format!("client {client} was handed something at {:?}", record.seq)
        });
    };
    if !index.sends.contains_key(&payload) {
        return findings.add(Anomaly::Invented, || {
            format!("client {client} was handed {payload}")
        });
    }
    let stored = index.stored.get(&payload).into_iter().flatten();
    let mut stored = stored.map(|(conversation, entry)| (Some(*conversation), Some(entry.seq)));
    if !stored.any(|place| place == (record.conversation, record.seq)) {
        findings.add(Anomaly::Invented, || {
            format!(
                "client {client} was handed {payload} at {:?}, where the log has it not",
                record.seq
            )
        });
    }
}
