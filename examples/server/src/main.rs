//! The whole chat server.

fn main() {}
