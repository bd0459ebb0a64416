//! Putting the parts of a message together.
//!
//! The notifications of a transaction come one after the other, with none of another's between them. So one message at a
//! time is all that is kept.

use bytes::Bytes;
use chat_core::id::NodeId;

use super::wire::Part;

/// The message of which parts are still to come.
#[derive(Debug, Default)]
pub(super) struct Assembly(Option<Open>);

#[derive(Debug)]
struct Open {
    node: NodeId,
    number: u64,
    count: usize,
    next: usize,
    message: Vec<u8>,
}

/// What a part came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Added {
    /// The message, if this was its last part.
    pub(super) whole: Option<Bytes>,
    /// How many messages were given up: the one before, whose rest does not come, or this part's own.
    pub(super) dropped: u64,
}

impl Open {
    const fn begin(part: &Part<'_>) -> Self {
        Self {
            node: part.node,
            number: part.number,
            count: part.count,
            next: 0,
            message: Vec::new(),
        }
    }

    fn expects(&self, part: &Part<'_>) -> bool {
        let is_of_it = (part.node, part.number, part.count) == (self.node, self.number, self.count);
        is_of_it && part.index == self.next
    }
}

impl Assembly {
    pub(super) fn add(&mut self, part: &Part<'_>) -> Added {
        let (open, torn) = match self.0.take() {
            Some(open) if open.expects(part) => (Some(open), 0),
            Some(_) => (None, 1),
            None => (None, 0),
        };
        let open = open.or_else(|| (part.index == 0).then(|| Open::begin(part)));
        let (Some(mut open), Some(piece)) = (open, part.piece()) else {
            let dropped = torn + 1;
            return Added {
                whole: None,
                dropped,
            };
        };
        open.message.extend(piece);
        open.next += 1;
        let whole = if open.next == open.count {
            Some(open.message.into())
        } else {
            self.0 = Some(open);
            None
        };
        Added {
            whole,
            dropped: torn,
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_core::presence::{Publication, Topic};

    use super::*;
    use crate::bus::wire::notifications;

    fn parts(node: NodeId, number: u64) -> Vec<String> {
        let publication = Publication {
            topic: Topic::Nodes,
            node,
            payload: Bytes::from(vec![1; 14_000]),
        };
        notifications(&[publication], || number)
    }

    fn add(assembly: &mut Assembly, text: &str) -> (bool, u64) {
        let added = assembly.add(&Part::read(text).unwrap());
        (added.whole.is_some(), added.dropped)
    }

    #[test]
    fn a_message_is_whole_with_its_last_part() {
        let (mut assembly, parts) = (Assembly::default(), parts(NodeId::new(), 1));
        assert_eq!(parts.len(), 3);
        for (part, is_last) in parts.iter().zip([false, false, true]) {
            assert_eq!(add(&mut assembly, part), (is_last, 0));
        }
    }

    #[test]
    fn a_message_without_one_of_its_parts_is_dropped_and_the_next_is_whole() {
        let node = NodeId::new();
        let (torn, next) = (parts(node, 1), parts(node, 2));
        for missing in 0..3 {
            let mut assembly = Assembly::default();
            let mut dropped = 0;
            let rest = torn.iter().enumerate().filter(|(n, _)| *n != missing);
            for (_, part) in rest {
                let (is_whole, lost) = add(&mut assembly, part);
                assert!(!is_whole, "without {missing}");
                dropped += lost;
            }
            let last = next.iter().map(|part| add(&mut assembly, part)).last();
            assert_eq!(last, Some((true, 0)), "after one without {missing}");
            assert!(dropped > 0 || missing == 2, "without {missing}");
        }
    }

    #[test]
    fn messages_that_are_interleaved_are_never_mixed() {
        let (one, two) = (parts(NodeId::new(), 1), parts(NodeId::new(), 1));
        let mut assembly = Assembly::default();
        for (one, two) in one.iter().zip(&two) {
            assert!(!add(&mut assembly, one).0);
            assert!(!add(&mut assembly, two).0);
        }
    }
}
