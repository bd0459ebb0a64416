//! How an event becomes a frame.

use std::fmt::Debug;

use crate::protocol::{Event, Frame};

/// A wire format: one per kind of front end. An event is encoded once per format and batch, however
/// many connections get it.
pub trait WireFormat: Debug + Send + Sync + 'static {
    /// The frame for `event`, or none if this format does not show it.
    fn encode(&self, event: &Event) -> Option<Frame>;
}

/// Our own format: the event's JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonFormat;

impl WireFormat for JsonFormat {
    fn encode(&self, event: &Event) -> Option<Frame> {
        Some(Frame::json(event))
    }
}
