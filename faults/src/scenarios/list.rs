//! Every scenario there is.

use std::time::Duration;

use super::beside::{crowd, flood, outage, revocation, revocation_without_bus, twins};
use super::{Bounds, Fault, Ground, Scenario, Strikes};
use crate::cluster::{BusKind, StoreKind};
use crate::workload::Shape;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A fault every so many seconds, so often for every 20,000 messages, within the usual bounds.
const fn every(gap: u64, fault: Fault, times: usize) -> Strikes {
    Strikes {
        fault,
        gap: seconds(gap),
        times,
        bounds: Bounds::USUAL,
        shape: Shape::USUAL,
        beside: None,
    }
}

/// Guests who come and go as fast as they can, in every group.
const RESTLESS: Shape = Shape {
    guests: 8,
    stay: Duration::from_millis(150),
    ..Shape::USUAL
};

/// Deliveries are as late as the poll that replaces the bus; sends do not notice.
const WITHOUT_BUS: Bounds = Bounds {
    delivery: seconds(6),
    unavailable: seconds(2),
    may_cut: false,
    ..Bounds::USUAL
};

/// A client gives a silent node up after 15 s, and resumes at another.
const STANDSTILL: Bounds = Bounds {
    delivery: seconds(25),
    unavailable: seconds(12),
    ..Bounds::USUAL
};

const ONE: Ground = Ground::single(StoreKind::Postgres);
const TWO: Ground = Ground::several(2, BusKind::Redis);
const THREE: Ground = Ground::several(3, BusKind::Redis);

/// What the log promises, and what is promised where nodes go away.
const NODES: &[&str] = &["P1", "P2", "P3", "P4", "P5", "P7", "P8", "P12", "P18"];

/// The same where the store goes away.
const STORES: &[&str] = &["P1", "P2", "P3", "P4", "P5", "P14"];

/// The same where the bus goes away.
const BUSES: &[&str] = &["P1", "P2", "P3", "P4", "P13"];

/// Every scenario there is.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "node-kill-sqlite",
        about: "the only node is killed with SIGKILL, and the store with it",
        promises: NODES,
        ground: Ground::single(StoreKind::Sqlite),
        strikes: every(3, Fault::NodeKill, 4),
    },
    Scenario {
        name: "node-kill",
        about: "one of three nodes is killed with SIGKILL; eight equal sends come at once by any nodes, and twelve at \
                once say how far they have read",
        promises: NODES,
        ground: THREE,
        strikes: Strikes {
            shape: Shape {
                markers: 12,
                ..Shape::USUAL
            },
            beside: Some(twins),
            ..every(3, Fault::NodeKill, 5)
        },
    },
    Scenario {
        name: "node-kill-notify",
        about: "one of three nodes is killed with SIGKILL, with Postgres as the bus",
        promises: NODES,
        ground: Ground::several(3, BusKind::Postgres),
        strikes: every(3, Fault::NodeKill, 5),
    },
    Scenario {
        name: "node-stop",
        about: "one of three nodes stands still for 5 to 10 s, and goes on",
        promises: NODES,
        ground: THREE,
        strikes: Strikes {
            bounds: STANDSTILL,
            ..every(
                3,
                Fault::NodeStop {
                    from: seconds(5),
                    to: seconds(10),
                },
                2,
            )
        },
    },
    Scenario {
        name: "store-kill",
        about: "Postgres is killed with SIGKILL and started again",
        promises: STORES,
        ground: ONE,
        strikes: every(4, Fault::StoreKill, 4),
    },
    Scenario {
        name: "store-kill-mongo",
        about: "MongoDB is killed with SIGKILL and started again",
        promises: STORES,
        ground: Ground::single(StoreKind::Mongo),
        strikes: every(4, Fault::StoreKill, 3),
    },
    Scenario {
        name: "store-stop",
        about: "Postgres stands still for 5 s: each send is answered in time, sockets stay open",
        promises: STORES,
        ground: ONE,
        strikes: Strikes {
            bounds: Bounds {
                may_cut: false,
                ..Bounds::USUAL
            },
            beside: Some(outage),
            ..every(4, Fault::StoreStop(seconds(5)), 2)
        },
    },
    Scenario {
        name: "bus-kill",
        about: "Redis is killed, and comes back empty after 10 s",
        promises: BUSES,
        ground: TWO,
        strikes: Strikes {
            bounds: WITHOUT_BUS,
            ..every(7, Fault::BusKill(seconds(10)), 1)
        },
    },
    Scenario {
        name: "bus-cut",
        about: "one node's link to Redis is cut for 8 s",
        promises: BUSES,
        ground: TWO,
        strikes: Strikes {
            bounds: WITHOUT_BUS,
            ..every(7, Fault::BusCut(seconds(8)), 1)
        },
    },
    Scenario {
        name: "bus-half-open",
        about: "one node's link to Redis takes everything and gives nothing for 8 s",
        promises: BUSES,
        ground: TWO,
        strikes: Strikes {
            bounds: WITHOUT_BUS,
            ..every(7, Fault::BusHalfOpen(seconds(8)), 1)
        },
    },
    Scenario {
        name: "bus-slow",
        about: "Redis is 300 ms away, each way",
        promises: BUSES,
        ground: TWO,
        strikes: Strikes {
            bounds: WITHOUT_BUS,
            ..every(
                6,
                Fault::BusSlow {
                    by: Duration::from_millis(300),
                    during: seconds(6),
                },
                1,
            )
        },
    },
    Scenario {
        name: "bus-ends-subscribers",
        about: "Redis ends the subscribers' connections",
        promises: BUSES,
        ground: TWO,
        strikes: Strikes {
            bounds: WITHOUT_BUS,
            ..every(2, Fault::BusEndsSubscribers, 6)
        },
    },
    Scenario {
        name: "rolling-restarts",
        about: "each node in turn is told to end, and started again",
        promises: &["P1", "P2", "P3", "P4", "P11"],
        ground: TWO,
        strikes: Strikes {
            bounds: Bounds {
                may_cut: false,
                ..Bounds::USUAL
            },
            ..every(1, Fault::NodeRestart, 12)
        },
    },
    Scenario {
        name: "removal",
        about: "guests of every group are added and removed all the time",
        promises: &["P2", "P4", "P7"],
        ground: TWO,
        strikes: Strikes {
            shape: RESTLESS,
            ..every(1, Fault::None, 12)
        },
    },
    Scenario {
        name: "removal-bus-cut",
        about: "the same while a node's link to Redis is cut",
        promises: &["P2", "P4", "P7", "P13"],
        ground: TWO,
        strikes: Strikes {
            shape: RESTLESS,
            bounds: WITHOUT_BUS,
            ..every(1, Fault::BusCut(seconds(5)), 2)
        },
    },
    Scenario {
        name: "resume",
        about: "a node's devices are cut off for up to 3 s, again and again, while writers go on",
        promises: &["P2", "P3", "P6", "P8"],
        ground: TWO.with_doors(),
        strikes: Strikes {
            gap: Duration::from_millis(250),
            ..every(0, Fault::DevicesCut(seconds(3)), 60)
        },
    },
    Scenario {
        name: "slow-consumers",
        about: "sockets that never read are flooded",
        promises: &["P9", "P10"],
        ground: ONE,
        strikes: Strikes {
            bounds: Bounds {
                delivery: seconds(2),
                unavailable: seconds(2),
                may_cut: false,
                ..Bounds::USUAL
            },
            beside: Some(flood),
            ..every(1, Fault::None, 12)
        },
    },
    Scenario {
        name: "reconnect-storm",
        about: "1,000 devices in 20 groups each are cut off at once, and come back",
        promises: &["P8", "P17"],
        ground: ONE.with_doors(),
        strikes: Strikes {
            bounds: Bounds {
                delivery: seconds(30),
                ..Bounds::USUAL
            },
            beside: Some(crowd),
            ..every(8, Fault::DevicesCut(Duration::ZERO), 3)
        },
    },
    Scenario {
        name: "revocation",
        about: "login sessions are ended at one node while their sockets are on another",
        promises: &["P16"],
        ground: TWO,
        strikes: Strikes {
            beside: Some(revocation),
            ..every(1, Fault::None, 10)
        },
    },
    Scenario {
        name: "revocation-bus-gone",
        about: "the same while a node's link to Redis is cut for 35 s, which is longer than the look into the store takes",
        promises: &["P13", "P16"],
        ground: TWO,
        strikes: Strikes {
            bounds: WITHOUT_BUS,
            shape: Shape {
                rate: 800,
                ..Shape::USUAL
            },
            beside: Some(revocation_without_bus),
            ..every(0, Fault::BusCut(seconds(35)), 1)
        },
    },
    Scenario {
        name: "clock",
        about: "the wall clock of all nodes is an hour off, one way or the other, for a while",
        promises: &["P1", "P2", "P3", "P4", "P15"],
        ground: ONE.with_clock(),
        strikes: Strikes {
            bounds: Bounds {
                may_cut: false,
                unavailable: seconds(2),
                ..Bounds::USUAL
            },
            ..every(2, Fault::ClockJump(seconds(2)), 4)
        },
    },
];
