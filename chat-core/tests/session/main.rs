//! Sessions without sockets: frames in, frames out, on a clock that only the test moves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod calls;
mod delivery;
mod ends;
mod nodes;
mod notices;
mod people;
mod presence;
mod profiles;
mod resume;
mod revisions;
mod subscription;
mod support;
mod watching;
