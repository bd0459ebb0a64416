//! What a process costs, and how long things take.

pub(crate) mod cpu;
pub(crate) mod latency;
pub(crate) mod machine;
pub(crate) mod memory;
