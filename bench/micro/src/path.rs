//! What is measured.

use std::error::Error;

use crate::{append, frames, route};

/// Why a path could not be gone along.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Goes along a path once.
pub type Operation = Box<dyn FnMut() -> Result<(), Failure>>;

/// A path and how it is made ready.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// Its name, as in the table of what is kept.
    pub name: &'static str,
    /// How often it is gone along so that what happens by chance, as the seeds of hash maps, is below a percent.
    pub times: u32,
    prepare: fn() -> Result<Operation, Failure>,
}

/// Every path, in the order of a message's way.
pub const PATHS: &[Path] = &[
    // A masked text frame of 100 bytes of text, as it comes from the socket.
    path("decode", 4_000, frames::decode),
    // The same frame's payload to a command.
    path("parse", 4_000, frames::parse),
    // 64 members who send at once, to the last answer, on the memory store.
    path("append-64", 100, append::together),
    // An event to the frame that all share.
    path("encode", 4_000, frames::encode),
    // An event from the hub into the sockets of that many connections.
    path("route-1", 4_000, || route::into(1)),
    path("route-100", 200, || route::into(100)),
    path("route-1000", 40, || route::into(1_000)),
];

const fn path(name: &'static str, times: u32, prepare: fn() -> Result<Operation, Failure>) -> Path {
    Path {
        name,
        times,
        prepare,
    }
}

impl Path {
    /// The path of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        PATHS.iter().find(|path| path.name == name)
    }

    /// Makes everything ready; what it gives goes along the path and nothing else.
    ///
    /// # Errors
    /// [`Failure`] of what it needs.
    pub fn prepare(&self) -> Result<Operation, Failure> {
        (self.prepare)()
    }
}

#[cfg(test)]
mod tests {
    use super::PATHS;

    #[test]
    fn every_path_can_be_gone_along_again_and_again() {
        for path in PATHS {
            let mut operation = path.prepare().unwrap();
            for _ in 0..3 {
                operation().unwrap_or_else(|error| panic!("{}: {error}", path.name));
            }
        }
    }
}
