//! What is done to a server, and what is measured meanwhile.

mod day;
mod fanout;
mod flat;
mod idle;
mod most;
mod paced;
mod pairs;
mod restart;
mod roll_call;
mod sends;
mod storm;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::layout::Layout;
use crate::load::adapter::Kind;
use crate::load::checker::Checked;
use crate::load::fleet::Fleet;
use crate::measure::machine::Cores;
use crate::subject::{Child, Subject};
use day::Traffic;
use restart::Node;

/// What a run showed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Figures by name; the name ends in the unit.
    pub(crate) figures: BTreeMap<String, f64>,
    /// What became of the deliveries.
    pub(crate) checked: Checked,
    /// Connections that the server ended, and messages that it refused.
    pub(crate) troubles: u64,
}

impl Outcome {
    fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), value);
    }
}

/// What to do, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scenario {
    /// Rooms that are talked in, at so many deliveries a second altogether.
    Fanout {
        /// The rooms.
        layout: Layout,
        /// Deliveries a second.
        rate: f64,
    },
    /// Rooms that are talked in, and members who come and go meanwhile.
    Day {
        /// The rooms.
        layout: Layout,
        /// How much happens.
        traffic: Traffic,
    },
    /// The highest rate that a room can be talked in.
    Most(Layout),
    /// Pairs in ping-pong.
    Pairs(Layout),
    /// Connections that say nothing.
    Idle(Layout),
    /// Everybody is gone at once, and comes back.
    Storm(Layout),
    /// 64 senders that wait for their answers.
    Sends {
        /// Conversations that they send to.
        places: usize,
    },
    /// A node is started again.
    Restart(Node),
    /// An inbox is opened, beside 10,000 messages and beside so many.
    Flat {
        /// Messages.
        many: i64,
    },
}

/// The scenarios by name, as reports tell them.
pub(crate) const NAMES: [&str; 12] = [
    "fanout-100",
    "fanout-1000",
    "fanout-10",
    "day",
    "most",
    "pairs",
    "idle",
    "storm",
    "sends",
    "hot",
    "restart",
    "flat",
];

/// How long a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) measure: Duration,
}

impl Times {
    /// So many seconds, after two that are not measured, or as many if it is less.
    ///
    /// # Errors
    /// For a number that is no time.
    pub(crate) fn measuring(seconds: f64) -> Result<Self, Failure> {
        let measure = Duration::try_from_secs_f64(seconds)?;
        Ok(Self {
            warm_up: measure.min(Duration::from_secs(2)),
            measure,
        })
    }
}

impl Scenario {
    /// The scenario of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        let fanout = |rooms, members, rate| Self::Fanout {
            layout: Layout::groups(rooms, members),
            rate,
        };
        Ok(match name {
            "fanout-100" => fanout(1, 100, 100_000.0),
            "fanout-1000" => fanout(1, 1_000, 10_000.0),
            "fanout-10" => fanout(100, 10, 10_000.0),
            "day" => Self::Day {
                layout: Layout::groups(100, 10),
                traffic: Traffic {
                    messages: 400.0,
                    visits: 50.0,
                },
            },
            "most" => Self::Most(Layout::groups(1, 100)),
            "pairs" => Self::Pairs(Layout::pairs(100)),
            "idle" => Self::Idle(Layout::groups(100, 100)),
            "storm" => Self::Storm(Layout::groups(100, 50)),
            "sends" => Self::Sends { places: 64 },
            "hot" => Self::Sends { places: 1 },
            "restart" => Self::Restart(Node {
                connections: 10_000,
                conversations: 100_000,
            }),
            "flat" => Self::Flat { many: 1_000_000 },
            other => return Err(format!("no scenario is called {other}").into()),
        })
    }

    /// Whether it tells anything of a server.
    pub(crate) fn suits(&self, subject: &Subject) -> bool {
        match self {
            Self::Sends { .. } => subject.is_durable(),
            // Others have no history to look at.
            Self::Day { .. } => subject.kind == Kind::Chat,
            Self::Flat { .. } => subject.is_sql(),
            Self::Restart(_) => subject.is_on_postgres(),
            // What a disk bears is told by the sends.
            Self::Most(_) => !subject.is_durable(),
            // Nobody says anything there.
            Self::Idle(_) | Self::Storm(_) => subject.kind != Kind::PlainLong,
            Self::Fanout { .. } | Self::Pairs(_) => true,
        }
    }

    /// Whether it is done in the first round alone: it takes long, or tries many times by itself.
    pub(crate) const fn is_done_once(&self) -> bool {
        match self {
            Self::Fanout { .. } | Self::Day { .. } | Self::Pairs(_) | Self::Sends { .. } => false,
            Self::Most(_)
            | Self::Idle(_)
            | Self::Storm(_)
            | Self::Restart(_)
            | Self::Flat { .. } => true,
        }
    }

    /// Does it to a server that is started for it.
    ///
    /// # Errors
    /// If the server cannot be started or spoken to. What is lost, doubled or reordered is no error but an outcome.
    pub(crate) fn run(
        &self,
        subject: &Subject,
        times: Times,
        cores: Cores,
    ) -> Result<Outcome, Failure> {
        match *self {
            Self::Fanout { layout, rate } => fanout::run(subject, layout, rate, times, cores),
            Self::Day { layout, traffic } => day::run(subject, layout, traffic, times, cores),
            Self::Most(layout) => most::run(subject, layout, times, cores),
            Self::Pairs(layout) => pairs::run(subject, layout, times, cores),
            Self::Idle(layout) => idle::run(subject, layout, times, cores),
            Self::Storm(layout) => storm::run(subject, layout, cores),
            Self::Sends { places } => sends::run(subject, places, times),
            Self::Restart(node) => restart::run(subject, node, cores),
            Self::Flat { many } => flat::run(subject, many),
        }
    }
}

/// Starts a server and connects everybody.
fn meet(subject: &Subject, layout: Layout, cores: Cores) -> Result<(Child, Fleet), Failure> {
    let child = Child::start(subject, layout, cores)?;
    let fleet = all_there(&child, layout)?;
    Ok((child, fleet))
}

/// Connects everybody to a server.
fn all_there(child: &Child, layout: Layout) -> Result<Fleet, Failure> {
    let mut fleet = Fleet::new(layout, child.adapter(), child.port())?;
    fleet.open_all()?;
    roll_call::run(&mut fleet)?;
    Ok(fleet)
}

/// Whole microseconds.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Scenario};
    use crate::subject::Subject;

    #[test]
    fn every_name_is_a_scenario() {
        for name in NAMES {
            assert!(Scenario::named(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_a_disk_bears_is_asked_only_of_servers_with_one() {
        for (server, suited) in [
            ("floor", &["fanout-100", "most", "idle"][..]),
            ("chat-memory", &["fanout-100", "most", "idle"]),
            (
                "chat-sqlite",
                &["fanout-100", "idle", "sends", "hot", "flat"],
            ),
        ] {
            let subject = Subject::named(server).unwrap();
            for name in [
                "fanout-100",
                "most",
                "idle",
                "sends",
                "hot",
                "restart",
                "flat",
            ] {
                let suits = Scenario::named(name).unwrap().suits(&subject);
                assert_eq!(suits, suited.contains(&name), "{name} {server}");
            }
        }
    }
}
