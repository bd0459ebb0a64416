//! What the checks look at.

use std::collections::HashMap;

use chat_core::id::{ConversationId, MessageId, Rev, Seq, UserId};

use crate::history::{Kind, Op, Payload, Record};

/// A message of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// Its place in the log.
    pub rev: Rev,
    /// Its id.
    pub message: MessageId,
    /// Who sent it.
    pub sender: UserId,
    /// Its text.
    pub content: String,
}

/// A conversation's log after the run, as one source shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalLog {
    /// Who showed it: a node, or the store itself.
    pub source: String,
    /// Whose log.
    pub conversation: ConversationId,
    /// The messages, by seq.
    pub entries: Vec<Entry>,
}

/// A member's read marker after the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalMarker {
    /// Where.
    pub conversation: ConversationId,
    /// Whose.
    pub user: UserId,
    /// How far.
    pub read: Seq,
}

/// All that is known of a run.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What clients did and saw, in order of time.
    pub history: Vec<Record>,
    /// The logs; the first of a conversation is what the others are held against.
    pub logs: Vec<FinalLog>,
    /// The markers.
    pub markers: Vec<FinalMarker>,
}

impl Evidence {
    /// The records of one operation.
    pub(super) fn of(&self, op: Op) -> impl Iterator<Item = &Record> {
        self.history.iter().filter(move |record| record.op == op)
    }

    /// The first log of each conversation.
    pub(super) fn first_logs(&self) -> HashMap<ConversationId, &FinalLog> {
        let mut first = HashMap::new();
        for log in &self.logs {
            first.entry(log.conversation).or_insert(log);
        }
        first
    }
}

/// An acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) at: u64,
    pub(super) conversation: ConversationId,
    pub(super) message: Option<MessageId>,
    pub(super) seq: Seq,
}

impl Ack {
    /// Whether both tell of the same message.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        (self.conversation, self.message, self.seq)
            == (other.conversation, other.message, other.seq)
    }
}

/// What became of one message that somebody sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Send {
    pub(super) sender: Option<u32>,
    pub(super) begun: u64,
    pub(super) acks: Vec<Ack>,
    /// Refused, and never left unknown.
    pub(super) nacked: bool,
    info: bool,
}

impl Send {
    pub(super) fn is_unknown(&self) -> bool {
        self.acks.is_empty() && (self.info || !self.nacked)
    }

    /// Refused for good: there was no try of which nobody knows.
    pub(super) fn is_refused(&self) -> bool {
        self.nacked && !self.info && self.acks.is_empty()
    }
}

/// Sends and log entries by payload.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    pub(super) sends: HashMap<Payload, Send>,
    /// Where each payload is in the first logs.
    pub(super) stored: HashMap<Payload, Vec<(ConversationId, &'a Entry)>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let mut index = Self::default();
        for record in evidence.of(Op::Send) {
            index.take(record);
        }
        for (conversation, log) in evidence.first_logs() {
            for entry in &log.entries {
                if let Some(payload) = Payload::named_in(&entry.content) {
                    let places = index.stored.entry(payload).or_default();
                    places.push((conversation, entry));
                }
            }
        }
        index
    }

    fn take(&mut self, record: &Record) {
        let Some(payload) = record.payload else {
            return;
        };
        let send = self.sends.entry(payload).or_default();
        match record.kind {
            Kind::Invoke if send.sender.is_none() => {
                (send.sender, send.begun) = (Some(record.client), record.at);
            }
            Kind::Invoke => {}
            Kind::Ok => {
                if let (Some(conversation), Some(seq)) = (record.conversation, record.seq) {
                    send.acks.push(Ack {
                        at: record.at,
                        conversation,
                        message: record.message,
                        seq,
                    });
                }
            }
            Kind::Nack => send.nacked = true,
            Kind::Info => send.info = true,
        }
    }

    pub(super) fn count(&self, what: impl Fn(&Send) -> bool) -> usize {
        self.sends.values().filter(|send| what(send)).count()
    }
}
