//! The messages that somebody may have to be told of: one place for each conversation, in the order in which they are
//! due.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::id::{ConversationId, Seq};

/// Messages of one conversation that were gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gathered {
    pub(super) conversation: ConversationId,
    pub(super) first: Seq,
    pub(super) last: Seq,
}

#[derive(Debug)]
pub(super) struct Queue {
    spans: HashMap<ConversationId, (Seq, Seq)>,
    /// When each of them is due, the first in front: all wait equally long.
    order: VecDeque<(Instant, ConversationId)>,
    at_most: usize,
}

impl Queue {
    /// For so many conversations.
    pub(super) fn new(at_most: usize) -> Self {
        Self {
            spans: HashMap::new(),
            order: VecDeque::new(),
            at_most,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Takes a message up. False if it is of one conversation too many.
    pub(super) fn note(&mut self, conversation: ConversationId, seq: Seq, due: Instant) -> bool {
        let is_full = self.spans.len() >= self.at_most;
        match self.spans.entry(conversation) {
            Entry::Occupied(mut span) => {
                let (first, last) = *span.get();
                span.insert((first.min(seq), last.max(seq)));
            }
            Entry::Vacant(_) if is_full => return false,
            Entry::Vacant(span) => {
                span.insert((seq, seq));
                self.order.push_back((due, conversation));
            }
        }
        true
    }

    /// When the next ones are due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.order.front().map(|(due, _)| *due)
    }

    /// The next ones.
    pub(super) fn take(&mut self) -> Option<Gathered> {
        let (_, conversation) = self.order.pop_front()?;
        let (first, last) = self.spans.remove(&conversation)?;
        Some(Gathered {
            conversation,
            first,
            last,
        })
    }
}
