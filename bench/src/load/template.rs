//! A client's message as a finished frame, of which only the marker changes.

use super::marker::{MARKER, Marker, hexadecimal};
use crate::wire::{Head, client_frame, toggle};

/// Where an adapter wants an id of the message: the sender's seat and the message's number.
pub(super) const ID: &str = "=000000000000=";

/// Frames are masked with it, as a client must; which mask it is changes nothing for a server.
pub(super) const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A masked frame that is patched for each message.
#[derive(Debug)]
pub(super) struct Template {
    frame: Vec<u8>,
    head: usize,
    /// Within the payload.
    marker: usize,
    /// Within the payload, where the adapter wants one.
    id: Option<usize>,
}

impl Template {
    /// A frame around `payload`, which contains a text with an empty marker and may contain an [`ID`].
    pub(super) fn new(payload: &str) -> Self {
        let frame = client_frame(crate::wire::TEXT, payload.as_bytes(), MASK);
        let marker = payload.find("\"~").map_or(0, |at| at + 1);
        debug_assert!(marker + MARKER <= payload.len(), "there is a marker");
        Self {
            head: Head::read(&frame).map_or(0, |head| head.head),
            frame,
            marker,
            id: payload.find(ID).map(|at| at + 1),
        }
    }

    /// The frame with this marker.
    pub(super) fn patch(&mut self, marker: &Marker) -> &[u8] {
        self.put(self.marker, marker.write());
        if let Some(at) = self.id {
            let mut id = [0; 12];
            hexadecimal(&mut id[..4], u64::from(marker.sender));
            hexadecimal(&mut id[4..], u64::from(marker.seq));
            self.put(at, id);
        }
        &self.frame
    }

    fn put<const N: usize>(&mut self, at: usize, mut text: [u8; N]) {
        toggle(&mut text, MASK, at);
        let at = self.head + at;
        self.frame[at..at + N].copy_from_slice(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::{ID, Template};
    use crate::load::marker::{self, Marker};
    use crate::wire::{Head, toggle};

    #[test]
    fn a_patched_frame_has_the_marker_and_the_id() {
        let payload = format!(r#"{{"id":"{ID}","text":"{}"}}"#, marker::text());
        let mut template = Template::new(&payload);
        for seq in [1, 0xabcdef] {
            let marker = Marker {
                sender: 7,
                seq,
                micros: 1_000_000,
            };

            let mut frame = template.patch(&marker).to_vec();

            let head = Head::read(&frame).unwrap();
            toggle(&mut frame[head.head..], head.mask.unwrap(), 0);
            let text = std::str::from_utf8(&frame[head.head..]).unwrap();
            assert_eq!(Marker::find(text.as_bytes()), Some(marker), "{text}");
            assert!(text.contains(&format!("=0007{seq:08x}=")), "{text}");
            assert_eq!(text.len(), payload.len());
        }
    }
}
