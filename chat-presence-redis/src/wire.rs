//! What travels on a channel: a version, the node that published, and the payload as it is.
//!
//! ```text
//! 0        1                 17
//! | 1      | node            | payload ...
//! ```

use bytes::{Buf as _, Bytes};
use chat_core::id::NodeId;
use chat_core::presence::MAX_PAYLOAD;
use uuid::Uuid;

/// What this version writes and reads.
const VERSION: u8 = 1;
/// The bytes of the version and the node.
const HEADER: usize = 17;

/// The message of a payload.
pub(crate) fn encode(node: NodeId, payload: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + payload.len());
    message.push(VERSION);
    message.extend(node.as_uuid().as_bytes());
    message.extend(payload);
    message
}

/// Who published what, if it is a message of this version and no larger than it may be.
pub(crate) fn decode(message: Vec<u8>) -> Option<(NodeId, Bytes)> {
    if message.len() > HEADER + MAX_PAYLOAD || message.first() != Some(&VERSION) {
        return None;
    }
    let node = Uuid::from_slice(message.get(1..HEADER)?).ok()?;
    let mut payload = Bytes::from(message);
    payload.advance(HEADER);
    Some((NodeId::from_uuid(node), payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back_to_the_byte() {
        let node = NodeId::new();
        for payload in [&b""[..], b"\0\r\n\xff", &[1; MAX_PAYLOAD]] {
            let read = decode(encode(node, payload));
            assert_eq!(read, Some((node, Bytes::copy_from_slice(payload))));
        }
    }

    #[test]
    fn what_is_cut_foreign_or_too_large_is_none() {
        let whole = encode(NodeId::new(), b"");
        for length in 0..whole.len() {
            assert_eq!(decode(whole[..length].to_vec()), None, "{length}");
        }
        let mut foreign = whole;
        foreign[0] = VERSION + 1;
        assert_eq!(decode(foreign), None);
        assert_eq!(decode(b"{\"type\":\"message\",\"id\":1}".to_vec()), None);
        assert_eq!(decode(encode(NodeId::new(), &[0; MAX_PAYLOAD + 1])), None);
    }
}
