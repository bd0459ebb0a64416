//! Every anomaly, planted by hand, is found and nothing else; a history without any passes.

use std::time::Duration;

use chat_core::id::{ConversationId, MessageId, Rev, Seq, UserId};

use super::{Anomaly, Entry, Evidence, FinalLog, FinalMarker, Findings, check};
use crate::history::{Kind, Op, Payload, Record};

/// Two members with a client each, and three messages that went well.
struct Story {
    conversation: ConversationId,
    evidence: Evidence,
    clock: u64,
}

fn seq(n: i64) -> Seq {
    Seq::new(n).unwrap()
}

fn rev(n: i64) -> Rev {
    Rev::new(n).unwrap()
}

fn user(client: u32) -> UserId {
    UserId::new(format!("user{client}")).unwrap()
}

const fn payload(counter: u32) -> Payload {
    Payload { client: 0, counter }
}

impl Story {
    fn new() -> Self {
        let mut story = Self {
            conversation: ConversationId::new(),
            evidence: Evidence::default(),
            clock: 0,
        };
        let conversation = story.conversation;
        for source in ["store", "node 0"] {
            story.evidence.logs.push(FinalLog {
                source: source.to_owned(),
                conversation,
                entries: Vec::new(),
            });
        }
        for client in [0, 1] {
            story.note(Record::new(client, Op::Connect, Kind::Invoke).user(user(client)));
            story.note(Record::new(client, Op::Attend, Kind::Ok));
        }
        for n in 1..=3 {
            story.send(n);
        }
        story
    }

    fn note(&mut self, record: Record) {
        self.clock += 1_000_000;
        let record = Record {
            at: self.clock,
            ..record.within(self.conversation)
        };
        self.evidence.history.push(record);
    }

    /// Client 0 sends, the log takes it, both are handed it. Revs are one ahead of seqs.
    fn send(&mut self, n: u32) {
        self.invoke(n);
        let message = self.store(n);
        self.ack(n, message);
        self.deliver(0, n);
        self.deliver(1, n);
    }

    fn invoke(&mut self, n: u32) {
        self.note(Record::new(0, Op::Send, Kind::Invoke).of(Some(payload(n))));
    }

    fn ack(&mut self, n: u32, message: MessageId) {
        let ack = Record::new(0, Op::Send, Kind::Ok).of(Some(payload(n)));
        self.note(ack.message(message).seq(seq(n.into())));
    }

    fn store(&mut self, n: u32) -> MessageId {
        let message = MessageId::new();
        for log in &mut self.evidence.logs {
            log.entries.push(Entry {
                seq: seq(n.into()),
                rev: rev(i64::from(n) + 1),
                message,
                sender: user(0),
                content: payload(n).content(),
            });
        }
        message
    }

    fn deliver(&mut self, client: u32, n: u32) {
        let delivered = Record::new(client, Op::Deliver, Kind::Ok).of(Some(payload(n)));
        self.note(delivered.seq(seq(n.into())).rev(rev(i64::from(n) + 1)));
    }

    fn member(&mut self, client: u32, kind: Kind, at: i64) {
        self.note(
            Record::new(0, Op::Member, kind)
                .user(user(client))
                .rev(rev(at)),
        );
    }

    /// Client 2 is a guest.
    fn guest(&mut self) {
        self.note(Record::new(2, Op::Connect, Kind::Invoke).user(user(2)));
        self.note(Record::new(2, Op::Attend, Kind::Info));
    }

    fn mark(&mut self, kind: Kind, n: i64) {
        self.note(Record::new(1, Op::Mark, kind).user(user(1)).seq(seq(n)));
    }

    fn each_log(&mut self, change: impl Fn(&mut Vec<Entry>)) {
        for log in &mut self.evidence.logs {
            change(&mut log.entries);
        }
    }

    /// Drops the records that match.
    fn forget(&mut self, what: impl Fn(&Record) -> bool) {
        self.evidence.history.retain(|record| !what(record));
    }

    fn found(&self) -> Vec<(Anomaly, usize)> {
        let verdict = check(&self.evidence, Duration::from_millis(100));
        verdict.findings.counts.into_iter().collect()
    }
}

fn is_delivery(record: &Record, client: u32, n: u32) -> bool {
    record.op == Op::Deliver && record.client == client && record.payload == Some(payload(n))
}

#[test]
fn a_clean_history_passes() {
    let mut story = Story::new();
    story.guest();
    story.member(2, Kind::Ok, 2);
    story.deliver(2, 2);
    story.deliver(2, 3);
    story.member(2, Kind::Nack, 5);
    story.mark(Kind::Invoke, 2);
    story.mark(Kind::Ok, 3);
    story.evidence.markers.push(FinalMarker {
        conversation: story.conversation,
        user: user(1),
        read: seq(3),
    });

    let verdict = check(&story.evidence, Duration::from_millis(100));

    assert_eq!(verdict.findings.total(), 0, "{:?}", verdict.findings);
    assert_eq!((verdict.sent, verdict.acked, verdict.nacked), (3, 3, 0));
    assert_eq!(verdict.latency.p50_us, 2_000);
}

#[test]
fn an_acknowledged_message_that_is_not_in_the_log_is_lost() {
    let mut story = Story::new();
    story.each_log(|entries| drop(entries.pop()));
    story.forget(|record| record.op == Op::Deliver && record.payload == Some(payload(3)));

    assert_eq!(story.found(), [(Anomaly::Lost, 1)]);
}

#[test]
fn a_message_under_another_id_or_seq_than_acknowledged_is_lost() {
    let mut story = Story::new();
    story.each_log(|entries| entries[2].message = entries[1].message);

    assert_eq!(story.found(), [(Anomaly::Lost, 1)]);
}

#[test]
fn a_changed_text_is_found_in_the_log_and_at_the_client() {
    let mut story = Story::new();
    story.each_log(|entries| entries[0].content.push('x'));
    assert_eq!(story.found(), [(Anomaly::WrongBytes, 1)]);

    let mut story = Story::new();
    let last = story.evidence.history.last_mut().unwrap();
    last.payload = None;
    assert_eq!(story.found(), [(Anomaly::WrongBytes, 1)]);
}

#[test]
fn a_message_that_is_stored_twice_is_doubled() {
    let mut story = Story::new();
    let message = MessageId::new();
    story.each_log(|entries| {
        let again = Entry {
            seq: seq(4),
            rev: rev(5),
            message,
            ..entries[0].clone()
        };
        entries.push(again);
    });

    let found = story.found();

    // Nobody was handed the second one either.
    assert_eq!(found, [(Anomaly::Doubled, 1), (Anomaly::Unseen, 2)]);
}

#[test]
fn a_hole_in_the_log_is_disorder() {
    let mut story = Story::new();
    story.invoke(5);
    story.store(5);
    story.forget(|record| record.op == Op::Attend);

    assert_eq!(story.found(), [(Anomaly::Reordered, 1)]);
}

#[test]
fn a_client_that_is_handed_a_later_message_first_is_told() {
    let mut story = Story::new();
    story.forget(|record| is_delivery(record, 1, 2));
    story.deliver(1, 2);

    assert_eq!(story.found(), [(Anomaly::Reordered, 2)]);
}

#[test]
fn what_nobody_sent_is_invented() {
    let mut story = Story::new();
    story.forget(|record| record.op == Op::Send && record.payload == Some(payload(3)));

    // Once in the log, once at each client.
    assert_eq!(story.found(), [(Anomaly::Invented, 3)]);
}

#[test]
fn what_somebody_else_is_said_to_have_sent_is_invented() {
    let mut story = Story::new();
    story.each_log(|entries| entries[0].sender = user(1));

    assert_eq!(story.found(), [(Anomaly::Invented, 1)]);
}

#[test]
fn what_was_handed_out_and_is_not_in_the_log_is_invented() {
    let mut story = Story::new();
    story.invoke(4);
    story.deliver(1, 4);

    assert_eq!(story.found(), [(Anomaly::Invented, 1)]);
}

#[test]
fn a_refused_message_that_is_stored_is_found_unless_a_try_is_unknown() {
    let refused = |unknown: bool| {
        let mut story = Story::new();
        story.forget(|record| record.op == Op::Attend && record.client == 0);
        story.invoke(4);
        if unknown {
            story.note(Record::new(0, Op::Send, Kind::Info).of(Some(payload(4))));
        }
        story.note(Record::new(0, Op::Send, Kind::Nack).of(Some(payload(4))));
        story.store(4);
        story.deliver(1, 4);
        story.found()
    };

    assert_eq!(refused(false), [(Anomaly::RefusedButStored, 1)]);
    assert_eq!(refused(true), []);
}

#[test]
fn a_member_who_is_refused_is_disturbed() {
    let mut story = Story::new();
    story.invoke(4);
    story.note(Record::new(0, Op::Send, Kind::Nack).of(Some(payload(4))));

    assert_eq!(story.found(), [(Anomaly::Disturbed, 1)]);
}

#[test]
fn a_delivery_past_the_removal_is_a_leak() {
    let mut story = Story::new();
    story.guest();
    story.member(2, Kind::Ok, 2);
    story.member(2, Kind::Nack, 3);
    story.deliver(2, 2);

    assert_eq!(story.found(), [(Anomaly::Leaked, 1)]);
}

#[test]
fn what_a_member_never_got_is_unseen() {
    let mut story = Story::new();
    story.forget(|record| is_delivery(record, 1, 3));

    assert_eq!(story.found(), [(Anomaly::Unseen, 1)]);
}

#[test]
fn what_a_guest_missed_since_it_joined_for_good_is_unseen() {
    let mut story = Story::new();
    story.guest();
    story.member(2, Kind::Ok, 2);
    story.deliver(2, 3);

    assert_eq!(story.found(), [(Anomaly::Unseen, 1)]);
}

#[test]
fn a_delivery_past_the_bound_is_late() {
    let mut story = Story::new();
    story.evidence.history.last_mut().unwrap().at += 200_000_000;

    assert_eq!(story.found(), [(Anomaly::Late, 1)]);
}

#[test]
fn a_marker_that_goes_back_is_found_in_answers_and_in_the_end() {
    let mut story = Story::new();
    story.mark(Kind::Invoke, 3);
    story.mark(Kind::Ok, 3);
    story.mark(Kind::Invoke, 2);
    story.mark(Kind::Ok, 2);
    assert_eq!(story.found(), [(Anomaly::MarkerRegressed, 1)]);

    for (read, found) in [(3, 1), (4, 2), (2, 2)] {
        story.evidence.markers = vec![FinalMarker {
            conversation: story.conversation,
            user: user(1),
            read: seq(read),
        }];
        assert_eq!(story.found(), [(Anomaly::MarkerRegressed, found)]);
    }
}

#[test]
fn two_answers_to_one_client_id_that_differ_are_found() {
    let mut story = Story::new();
    story.ack(1, MessageId::new());

    assert_eq!(story.found(), [(Anomaly::UnequalAnswers, 1)]);
}

#[test]
fn a_node_with_another_log_than_the_store_is_found() {
    let mut story = Story::new();
    story.evidence.logs[1].entries.pop();

    assert_eq!(story.found(), [(Anomaly::Disagreeing, 1)]);
}

#[test]
fn the_time_without_service_is_the_longest_wait_for_any_answer() {
    let mut story = Story::new();
    story.invoke(4);
    story.clock += 5_000_000_000;
    let message = story.store(4);
    story.ack(4, message);

    let verdict = check(&story.evidence, Duration::from_secs(10));

    assert_eq!(verdict.unavailable, Duration::from_millis(5_001));
}

#[test]
fn a_removed_user_who_can_still_read_or_send_is_found() {
    let mut story = Story::new();
    story.note(Record::new(1, Op::Peek, Kind::Nack));
    assert_eq!(story.found(), []);
    story.note(Record::new(1, Op::Peek, Kind::Ok));
    assert_eq!(story.found(), [(Anomaly::Leaked, 1)]);

    let mut story = Story::new();
    story.member(0, Kind::Nack, 4);
    story.forget(|record| record.op == Op::Deliver && record.client == 0);
    story.forget(|record| record.op == Op::Attend && record.client == 0);
    assert_eq!(story.found(), [(Anomaly::Invented, 1)]);
}

#[test]
fn calm_times_are_those_without_a_fault_and_some_seconds_after() {
    let mut story = Story::new();
    story.note(Record::new(0, Op::Fault, Kind::Invoke));
    story.send(4);
    story.evidence.history.last_mut().unwrap().at += 50_000_000;
    story.note(Record::new(0, Op::Fault, Kind::Ok));
    story.clock += 60_000_000;
    story.send(5);
    story.clock += 5_000_000_000;
    story.send(6);

    let verdict = check(&story.evidence, Duration::from_secs(1));

    assert_eq!(verdict.findings.total(), 0, "{:?}", verdict.findings);
    assert_eq!(
        (verdict.latency.max_us, verdict.calm.max_us),
        (52_000, 2_000)
    );
    assert_eq!(verdict.recovery, Duration::from_millis(62));
}

#[test]
fn a_reconnection_takes_from_the_loss_to_the_end_of_the_resume() {
    let mut story = Story::new();
    story.note(Record::new(1, Op::Connect, Kind::Info).code("1006"));
    story.clock += 9_000_000;
    story.note(Record::new(1, Op::Connect, Kind::Ok));

    let verdict = check(&story.evidence, Duration::from_secs(1));

    assert_eq!(verdict.reconnect.max_us, 10_000);
}

#[test]
fn only_what_was_late_has_a_second_chance() {
    for anomaly in Anomaly::ALL.iter().copied() {
        let mut findings = Findings::default();
        findings.add(Anomaly::Overdue, String::new);
        findings.add(anomaly, String::new);

        let late = matches!(anomaly, Anomaly::Late | Anomaly::Overdue);
        assert_eq!(findings.are_of_time(), late, "{anomaly}");
    }
    assert!(!Findings::default().are_of_time());
}
