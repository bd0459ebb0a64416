//! What clients did and saw, in a file of JSON lines.
//!
//! The workload writes through [`History`], a bounded channel to a thread of its own; the checker gets it back by
//! [`read`]. Every message carries a [`Payload`] that is sent once in a run, so that each entry of a log can be
//! told from every other.

mod payload;
mod record;
mod writer;

pub use payload::Payload;
pub use record::{Kind, Op, Record};
pub use writer::{History, Writing, read};
