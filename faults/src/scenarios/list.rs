//! Every scenario there is.

use std::time::Duration;

use super::{Bounds, Course, Fault, Ground, Scenario, Strikes};
use crate::cluster::StoreKind;
use crate::workload::Shape;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Every so many seconds, at least so often, within what a restart may take.
const fn every(gap: u64, fault: Fault, at_least: usize) -> Strikes {
    Strikes {
        fault,
        gap: seconds(gap),
        at_least,
        bounds: Bounds::RESTART,
        shape: Shape::USUAL,
    }
}

/// What a load shows by itself and under most faults.
const LOG: &[&str] = &["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P12", "P18"];

/// Every scenario there is.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "calm-sqlite",
        about: "no fault: what the load shows by itself",
        promises: &["P2", "P3", "P4"],
        ground: Ground::single(StoreKind::Sqlite),
        course: Course::Load(every(1, Fault::None, 1)),
    },
    Scenario {
        name: "node-kill-sqlite",
        about: "the only node is killed with SIGKILL, and with it the store's process",
        promises: LOG,
        ground: Ground::single(StoreKind::Sqlite),
        course: Course::Load(every(3, Fault::NodeKill, 4)),
    },
    Scenario {
        name: "node-kill",
        about: "the only node is killed with SIGKILL",
        promises: LOG,
        ground: Ground::single(StoreKind::Postgres),
        course: Course::Load(every(3, Fault::NodeKill, 4)),
    },
    Scenario {
        name: "store-kill",
        about: "Postgres is killed with SIGKILL and started again",
        promises: &["P1", "P2", "P3", "P4", "P5", "P14"],
        ground: Ground::single(StoreKind::Postgres),
        course: Course::Load(every(4, Fault::StoreKill, 4)),
    },
    Scenario {
        name: "store-kill-mongo",
        about: "MongoDB is killed with SIGKILL and started again",
        promises: &["P1", "P2", "P3", "P4", "P5", "P14"],
        ground: Ground::single(StoreKind::Mongo),
        course: Course::Load(every(4, Fault::StoreKill, 3)),
    },
];
