//! The usual load, from the first registration to the evidence.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat_core::id::ConversationId;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::churn::Churn;
use super::mark::{Marker, Reader};
use super::write::Writer;
use super::{Cast, Device, Probe, chance, drained, harvest};
use crate::check::Evidence;
use crate::cluster::{Cluster, Failure};
use crate::history::{History, Kind, Op, Record, Writing, read};

/// Everybody must have caught up within, once the faults are over.
const DRAIN: Duration = Duration::from_secs(30);

/// Where the numbers of guests who are away begin; as far from those of devices as from other probes.
const GUESTS: u32 = 1_000_000;

/// How much load.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Users who stay; each writes with one device and listens with two.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Users of each group.
    pub members: usize,
    /// How many of the groups have a guest who comes and goes.
    pub guests: usize,
    /// The longest time that a guest stays or stays away.
    pub stay: Duration,
    /// How many at once say how far they have read.
    pub markers: usize,
    /// Sends a second, of all together, as far as they are acknowledged so fast.
    pub rate: u32,
}

impl Shape {
    /// What most runs have.
    pub const USUAL: Self = Self {
        users: 24,
        groups: 8,
        members: 6,
        guests: 4,
        stay: Duration::from_millis(400),
        markers: 2,
        rate: 1_600,
    };
}

/// A load that runs.
#[derive(Debug)]
pub struct Load {
    /// Who takes part.
    pub cast: Cast,
    /// Their devices; those of user n are 2n and 2n + 1.
    pub devices: Vec<Device>,
    /// Where everything is taken down.
    pub history: History,
    path: PathBuf,
    writing: Writing,
    acked: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Load {
    /// Registers everybody, connects the devices and starts to send. The history is in `folder`; loads of one
    /// cluster have numbers.
    ///
    /// # Errors
    /// [`Failure`] if somebody is refused.
    pub async fn start(
        cluster: &Cluster,
        number: u64,
        shape: &Shape,
        seed: u64,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let bases = cluster.bases();
        let mut cast = Cast::register(&bases, number, shape.users + shape.guests).await?;
        cast.gather(shape.groups, shape.members, shape.users)
            .await?;
        let path = folder.join(format!("history-{number}.jsonl"));
        let (history, writing) = History::begin(&path)?;
        let mut load = Self {
            cast,
            devices: Vec::new(),
            history,
            path,
            writing,
            acked: Arc::default(),
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
        };
        load.connect(&cluster.entrances()).await;
        load.write(shape, seed);
        load.churn(&bases, shape, seed).await;
        load.mark(&bases, shape, seed);
        Ok(load)
    }

    /// Two devices of each user, who first say what they take part in.
    async fn connect(&mut self, bases: &[String]) {
        for (place, user) in self.cast.users.iter().enumerate() {
            for number in [2 * place, 2 * place + 1] {
                let number = number as u32;
                let attends = |kind, id| Record::new(number, Op::Attend, kind).within(id);
                for group in &self.cast.groups {
                    if group.members.contains(&place) {
                        self.history.note(attends(Kind::Ok, group.id)).await;
                    } else if group.guest == Some(place) {
                        self.history.note(attends(Kind::Info, group.id)).await;
                    }
                }
                let device = Device::connect(number, place, &user.rest, bases, &self.history);
                self.devices.push(device);
            }
        }
    }

    fn places(&self, user: usize) -> Vec<ConversationId> {
        self.cast.groups_of(user).map(|group| group.id).collect()
    }

    fn write(&mut self, shape: &Shape, seed: u64) {
        for user in 0..shape.users {
            // Now the one, now the other device.
            let device = &self.devices[2 * user + user % 2];
            let writer = Writer {
                client: device.number,
                sender: device.sender.clone(),
                places: self.places(user),
                history: self.history.clone(),
                random: chance(seed, user as u64),
                gap: Duration::from_secs_f64(shape.users as f64 / f64::from(shape.rate)),
                acked: Arc::clone(&self.acked),
            };
            if !writer.places.is_empty() {
                self.tasks.spawn(writer.run(self.stop.subscribe()));
            }
        }
    }

    async fn churn(&mut self, bases: &[String], shape: &Shape, seed: u64) {
        for (number, group) in self.cast.groups.iter().enumerate() {
            let Some(guest) = group.guest else { continue };
            let user = self.cast.users[guest].clone();
            let client = GUESTS + number as u32;
            let churn = Churn {
                client: 2 * group.members[0] as u32,
                owner: self.cast.users[group.members[0]].clone(),
                guest: Probe::new(client, user, group.id, &self.history).await,
                place: group.id,
                bases: bases.to_vec(),
                history: self.history.clone(),
                random: chance(seed, 10_000 + number as u64),
                stay: shape.stay,
            };
            self.tasks.spawn(churn.run(self.stop.subscribe()));
        }
    }

    /// Half of the markers are for the users' first devices, half for the second.
    fn mark(&mut self, bases: &[String], shape: &Shape, seed: u64) {
        for which in 0..shape.markers {
            let devices = self.devices[..2 * shape.users]
                .iter()
                .skip(which % 2)
                .step_by(2);
            let readers = devices.map(|device| Reader {
                client: device.number,
                rest: self.cast.users[device.user].rest.clone(),
                progress: device.progress.clone(),
                places: self.places(device.user),
            });
            let marker = Marker {
                readers: readers.filter(|reader| !reader.places.is_empty()).collect(),
                bases: bases.to_vec(),
                history: self.history.clone(),
                random: chance(seed, 20_000 + which as u64),
            };
            self.tasks.spawn(marker.run(self.stop.subscribe()));
        }
    }

    /// How many messages were acknowledged.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.acked.load(Ordering::Relaxed)
    }

    /// Stops sending, waits until all have caught up, and gathers what there is to check. No fault may be left.
    ///
    /// # Errors
    /// [`Failure`] if the history or the logs cannot be read.
    pub async fn finish(self, cluster: &Cluster) -> Result<Evidence, Failure> {
        let Self {
            cast,
            devices,
            history,
            path,
            writing,
            stop,
            mut tasks,
            ..
        } = self;
        stop.send_replace(true);
        let quiet = async { while tasks.join_next().await.is_some() {} };
        // What is still open then is unknown, which the checker allows for.
        if timeout(DRAIN, quiet).await.is_err() {
            tasks.shutdown().await;
        }
        // Who has not caught up is found by the checker.
        drained(&cast, &devices, DRAIN).await;
        drop((devices, history));
        writing.finish().await?;
        let (logs, markers) = harvest(cluster, &cast).await?;
        let history = read_in_place(path).await?;
        Ok(Evidence {
            history,
            logs,
            markers,
        })
    }
}

async fn read_in_place(path: PathBuf) -> io::Result<Vec<Record>> {
    let reading = tokio::task::spawn_blocking(move || read(&path));
    reading.await.map_err(io::Error::other)?
}
