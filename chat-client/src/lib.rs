//! Rust client of the chat protocol: connect, send with retry, receive in order, resume.
