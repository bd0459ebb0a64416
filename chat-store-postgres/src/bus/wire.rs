//! What travels in a notification: less than 8000 bytes of text.
//!
//! A message is what one node publishes at once, as far as it fits; it is cut into parts of which each is a notification.
//! Postgres keeps one of several equal notifications of a transaction: the number of the message makes each another.
//!
//! ```text
//! message   | topic's length: 2 | topic | payload's length: 4 | payload |, for each publication
//! part      1.<node>.<number>.<index>.<count>.<base64 of a piece of the message>
//! beat      a part with neither index nor piece, of a message of no parts
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{Buf as _, BufMut as _, Bytes};
use chat_core::id::{NodeId, UserId};
use chat_core::presence::{MAX_PAYLOAD, Publication, Topic};
use uuid::Uuid;

/// What this version writes and reads.
const VERSION: &str = "1";

/// The bytes of a message that a part carries; as text a third more.
const PIECE: usize = 5_850;

/// Publications are put into one message up to this many bytes.
const FULL: usize = 64 << 10;

/// The two lengths of a publication.
const LENGTHS: usize = 6;

/// A message is no longer: the largest publication.
const MAX_MESSAGE: usize = LENGTHS + 2 + UserId::MAX_BYTES + MAX_PAYLOAD;

/// A message has no more parts.
pub(super) const MAX_PARTS: usize = MAX_MESSAGE.div_ceil(PIECE);

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) node: NodeId,
    /// Which message of the node.
    pub(super) number: u64,
    pub(super) index: usize,
    /// How many the message has; none for a beat.
    pub(super) count: usize,
    piece: &'a str,
}

impl<'a> Part<'a> {
    /// Reads a notification, if it is a part of this version.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(6, '.');
        if fields.next()? != VERSION {
            return None;
        }
        let part = Self {
            node: NodeId::from_uuid(Uuid::try_parse(fields.next()?).ok()?),
            number: fields.next()?.parse().ok()?,
            index: fields.next()?.parse().ok()?,
            count: fields.next()?.parse().ok()?,
            piece: fields.next()?,
        };
        let is_within = part.index < part.count && part.count <= MAX_PARTS;
        (is_within || part.is_beat()).then_some(part)
    }

    fn write(node: NodeId, number: u64, (index, count): (usize, usize), piece: &[u8]) -> String {
        let node = node.as_uuid().simple();
        let mut text = format!("{VERSION}.{node}.{number}.{index}.{count}.");
        STANDARD_NO_PAD.encode_string(piece, &mut text);
        text
    }

    /// Whether it says only that its node is there.
    pub(super) const fn is_beat(&self) -> bool {
        self.index == 0 && self.count == 0 && self.piece.is_empty()
    }

    /// Its piece of the message, if it is one.
    pub(super) fn piece(&self) -> Option<Vec<u8>> {
        let piece = STANDARD_NO_PAD.decode(self.piece).ok()?;
        (piece.len() <= PIECE).then_some(piece)
    }
}

/// A notification that says only that the node is there.
pub(super) fn beat(node: NodeId) -> String {
    Part::write(node, 0, (0, 0), &[])
}

/// The notifications of publications, in order. `number` gives each message its own.
pub(super) fn notifications(
    publications: &[Publication],
    mut number: impl FnMut() -> u64,
) -> Vec<String> {
    let (mut notifications, mut message) = (Vec::new(), Vec::new());
    for (n, publication) in publications.iter().enumerate() {
        write(&mut message, publication);
        let goes_on = publications.get(n + 1).is_some_and(|next| {
            next.node == publication.node && message.len() + length(next) <= FULL
        });
        if !goes_on {
            let number = number();
            let pieces = message.chunks(PIECE);
            let count = pieces.len();
            notifications.extend(pieces.enumerate().map(|(index, piece)| {
                Part::write(publication.node, number, (index, count), piece)
            }));
            message.clear();
        }
    }
    notifications
}

/// A little more than the bytes that a publication takes of a message.
fn length(publication: &Publication) -> usize {
    LENGTHS + 2 + UserId::MAX_BYTES + publication.payload.len()
}

fn write(message: &mut Vec<u8>, publication: &Publication) {
    let topic = publication.topic.to_string();
    // A topic's text is short, and the payload's length was looked at before.
    message.put_u16(u16::try_from(topic.len()).unwrap_or(u16::MAX));
    message.put_slice(topic.as_bytes());
    message.put_u32(u32::try_from(publication.payload.len()).unwrap_or(u32::MAX));
    message.put_slice(&publication.payload);
}

/// The publications of a node's message, if it is one.
pub(super) fn publications(node: NodeId, mut message: Bytes) -> Option<Vec<Publication>> {
    let mut publications = Vec::new();
    while message.has_remaining() {
        let length = usize::from(message.try_get_u16().ok()?);
        let topic = take(&mut message, length)?;
        let topic: Topic = std::str::from_utf8(&topic).ok()?.parse().ok()?;
        let length = usize::try_from(message.try_get_u32().ok()?).ok()?;
        let payload = take(&mut message, length).filter(|payload| payload.len() <= MAX_PAYLOAD)?;
        publications.push(Publication {
            topic,
            node,
            payload,
        });
    }
    Some(publications)
}

fn take(message: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= message.remaining()).then(|| message.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication(node: NodeId, payload: &[u8]) -> Publication {
        Publication {
            topic: Topic::User(UserId::new("a:* é").unwrap()),
            node,
            payload: Bytes::copy_from_slice(payload),
        }
    }

    #[test]
    fn the_largest_publication_fits_into_its_parts_and_each_into_a_notification() {
        let longest = UserId::new("u".repeat(UserId::MAX_BYTES)).unwrap();
        let largest = Publication {
            topic: Topic::Presence(longest),
            ..publication(NodeId::new(), &[7; MAX_PAYLOAD])
        };
        let notifications = notifications(&[largest], || u64::MAX);
        assert!(notifications.len() <= MAX_PARTS, "{}", notifications.len());
        assert!(notifications.iter().all(|text| text.len() < 8_000));
        assert!(notifications.iter().all(|text| Part::read(text).is_some()));
    }

    #[test]
    fn small_publications_share_a_notification_and_nodes_do_not() {
        let (here, there) = (NodeId::new(), NodeId::new());
        let mut many = vec![publication(here, b"x"); 50];
        many.extend(vec![publication(there, b"x"); 50]);
        let mut numbers = 0..;
        let notifications = notifications(&many, || numbers.next().unwrap());
        assert_eq!(notifications.len(), 2);
        for (text, node) in notifications.iter().zip([here, there]) {
            let part = Part::read(text).unwrap();
            let read = publications(node, part.piece().unwrap().into()).unwrap();
            assert_eq!(read, vec![publication(node, b"x"); 50]);
        }
    }

    #[test]
    fn what_is_foreign_or_cut_is_no_part_and_no_message() {
        let node = NodeId::new();
        let text = &notifications(&[publication(node, b"hello")], || 7)[0];
        let fields: Vec<&str> = text.split('.').collect();
        for (place, wrong) in [
            (0, "2"),
            (1, "node"),
            (2, "-1"),
            (3, "1"),
            (4, "0"),
            (4, "1000000"),
            (4, "18446744073709551616"),
        ] {
            let mut fields = fields.clone();
            fields[place] = wrong;
            assert_eq!(Part::read(&fields.join(".")), None, "{place}: {wrong}");
        }
        let message = Part::read(text).unwrap().piece().unwrap();
        for length in 1..message.len() {
            let cut = Bytes::copy_from_slice(&message[..length]);
            assert_eq!(publications(node, cut), None, "{length}");
        }
        assert!(Part::read(&beat(node)).unwrap().is_beat());
    }
}
