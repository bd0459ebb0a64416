//! The server under faults: breaks nodes, stores and buses under load, and checks what came of it.

pub mod check;
pub mod cluster;
pub mod history;
pub mod node;
pub mod proxy;
pub mod report;
pub mod scenarios;
pub mod workload;
