//! The embedded store of chat-core on SQLite: durable, with migrations inside.
