//! The logs themselves: whole, each message once, from those who sent it, and the same wherever one looks.

use std::collections::HashMap;

use chat_core::id::{Seq, UserId};

use super::anomaly::{Anomaly, Findings};
use super::evidence::{Entry, Evidence, FinalLog, Index};
use crate::history::{Kind, Op, Payload};

pub(super) fn check(evidence: &Evidence, index: &Index<'_>, findings: &mut Findings) {
    let users = users(evidence);
    let first = evidence.first_logs();
    for log in first.values() {
        has_no_holes(log, findings);
        for entry in &log.entries {
            is_what_was_sent(entry, index, &users, findings);
        }
    }
    for (payload, places) in &index.stored {
        if places.len() > 1 {
            findings.add(Anomaly::Doubled, || {
                format!("{payload}: {} times", places.len())
            });
        }
    }
    for log in &evidence.logs {
        agrees(log, first[&log.conversation], findings);
    }
}

/// The user of each client.
fn users(evidence: &Evidence) -> HashMap<u32, &UserId> {
    let named = evidence
        .of(Op::Connect)
        .filter(|record| record.kind == Kind::Invoke);
    named
        .filter_map(|record| Some((record.client, record.user.as_ref()?)))
        .collect()
}

fn has_no_holes(log: &FinalLog, findings: &mut Findings) {
    let mut expected = Seq::ZERO.next();
    for entry in &log.entries {
        if entry.seq != expected {
            let (source, seq) = (&log.source, entry.seq);
            findings.add(Anomaly::Reordered, || {
                format!("log of {source}: {seq} instead of {expected}")
            });
        }
        expected = entry.seq.next();
    }
}

fn is_what_was_sent(
    entry: &Entry,
    index: &Index<'_>,
    users: &HashMap<u32, &UserId>,
    findings: &mut Findings,
) {
    let named = Payload::named_in(&entry.content);
    let send = named.and_then(|payload| index.sends.get(&payload));
    let sender = send.and_then(|send| send.sender);
    let user = sender.and_then(|client| users.get(&client));
    if sender.is_none() || user.is_some_and(|user| **user != entry.sender) {
        findings.add(Anomaly::Invented, || {
            format!("{}: {}", entry.seq, entry.content)
        });
    } else if Payload::of(&entry.content).is_none() {
        findings.add(Anomaly::WrongBytes, || {
            format!("{}: {}", entry.seq, entry.content)
        });
    }
}

fn agrees(log: &FinalLog, first: &FinalLog, findings: &mut Findings) {
    if log.entries == first.entries {
        return;
    }
    let pairs = log.entries.iter().zip(&first.entries);
    let same = pairs.take_while(|(one, other)| one == other).count();
    findings.add(Anomaly::Disagreeing, || {
        format!(
            "{} with {} entries and {} with {} differ after {same}",
            log.source,
            log.entries.len(),
            first.source,
            first.entries.len()
        )
    });
}
