//! The server under faults: breaks nodes, stores and buses under load, and checks what came of it.

pub mod check;
pub mod history;
pub mod node;
pub mod proxy;
pub mod schedule;
