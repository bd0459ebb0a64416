//! The paths that every message goes along, each alone: a frame is decoded and parsed, a message appended, its event
//! encoded and handed to the connections of a room.
//!
//! `cargo bench --package bench-micro` times them. `cargo xtask instructions` has callgrind count the instructions of
//! [`PATHS`], which a busy machine does not change, and compares them with those kept in `instructions.txt`.

mod append;
mod frames;
mod path;
mod route;

pub use path::{Failure, Operation, PATHS, Path};
