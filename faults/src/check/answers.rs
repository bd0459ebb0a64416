//! What senders were told: acknowledged means stored, refused means not, and all answers are the same.

use super::anomaly::{Anomaly, Findings};
use super::evidence::Index;

pub(super) fn check(index: &Index<'_>, findings: &mut Findings) {
    for (payload, send) in &index.sends {
        let places = index.stored.get(payload).map_or(&[][..], Vec::as_slice);
        let Some(first) = send.acks.first() else {
            if send.is_refused() && !places.is_empty() {
                findings.add(Anomaly::RefusedButStored, || payload.to_string());
            }
            continue;
        };
        if let Some(other) = send.acks.iter().find(|ack| !ack.agrees(first)) {
            findings.add(Anomaly::UnequalAnswers, || {
                format!("{payload}: {first:?} and {other:?}")
            });
        }
        let is_there = places.iter().any(|(conversation, entry)| {
            let message = first.message.unwrap_or(entry.message);
            (*conversation, entry.seq, entry.message) == (first.conversation, first.seq, message)
        });
        if !is_there {
            findings.add(Anomaly::Lost, || {
                format!("{payload}: acknowledged at {}", first.seq)
            });
        }
    }
}
