//! What a node wants to hear, and which server it is heard from.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_core::presence::Topic;
use tokio::sync::{Notify, watch};

use super::ear::{self, Progress};
use super::handover::Handover;
use crate::names::Names;
use crate::servers::{Address, Servers, SlotMap};
use crate::task::Task;

/// What a node wants to hear. Calls change it; an ear for each server makes it so.
pub(super) struct Board {
    pub(super) servers: Arc<Servers>,
    pub(super) names: Names,
    pub(super) handover: Handover,
    wanted: Mutex<Wanted>,
}

struct Wanted {
    /// Grows with every change, so that a call can wait until its own is made.
    version: u64,
    topics: HashSet<Topic>,
    map: Arc<SlotMap>,
    ears: HashMap<Address, Ear>,
    /// How many ears there ever were.
    count: u64,
    is_closed: bool,
}

/// The board's side of an ear.
struct Ear {
    /// Of all that the board ever had, this one.
    number: u64,
    touched: Touched,
    changed: Arc<Notify>,
    progress: watch::Receiver<Progress>,
    _task: Task,
}

/// What an ear has not looked at yet.
enum Touched {
    /// These topics.
    Some(HashSet<Topic>),
    /// Everything: it starts anew, or the map changed.
    All,
}

/// What an ear is to do.
pub(super) struct Plan {
    /// The version that is reached with it.
    pub(super) version: u64,
    /// Whether it is about every topic: some may have been missed.
    pub(super) is_whole: bool,
    /// Whether channels are sharded, as in a Cluster.
    pub(super) is_sharded: bool,
    pub(super) listen: Vec<Topic>,
    pub(super) leave: Vec<Topic>,
}

/// A change that ears are about to make: where to see how far they are.
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) ears: Vec<watch::Receiver<Progress>>,
    /// Whether a topic has no server now.
    pub(super) is_unserved: bool,
}

impl Board {
    pub(super) fn new(servers: Arc<Servers>, names: Names, handover: Handover) -> Self {
        let wanted = Wanted {
            version: 0,
            topics: HashSet::new(),
            map: servers.map(),
            ears: HashMap::new(),
            count: 0,
            is_closed: false,
        };
        Self {
            servers,
            names,
            handover,
            wanted: Mutex::new(wanted),
        }
    }

    /// Has an ear for each server of the map, and no other; each looks at everything anew.
    pub(super) fn follow(self: &Arc<Self>, map: &Arc<SlotMap>) {
        let mut guard = self.wanted();
        let wanted = &mut *guard;
        if wanted.is_closed {
            return;
        }
        wanted.version += 1;
        wanted.map = Arc::clone(map);
        let addresses = map.addresses();
        let gone = wanted
            .ears
            .extract_if(|address, _| !addresses.contains(address));
        for (_, ear) in gone {
            self.handover.hear(ear.number);
        }
        for address in addresses {
            let ear = wanted.ears.entry(address.clone()).or_insert_with(|| {
                wanted.count += 1;
                self.ear(wanted.count, address)
            });
            ear.touched = Touched::All;
            ear.changed.notify_one();
        }
    }

    /// What every ear has to do now.
    pub(super) fn everywhere(&self) -> Change {
        let wanted = self.wanted();
        let ears = wanted.ears.values().map(|ear| ear.progress.clone());
        Change {
            version: wanted.version,
            ears: ears.collect(),
            is_unserved: wanted.ears.is_empty(),
        }
    }

    fn ear(self: &Arc<Self>, number: u64, address: &Address) -> Ear {
        let changed = Arc::<Notify>::default();
        let (sender, progress) = watch::channel(Progress::Starting);
        let work = ear::run(
            Arc::clone(self),
            (number, address.clone()),
            Arc::clone(&changed),
            sender,
        );
        Ear {
            number,
            touched: Touched::All,
            changed,
            progress,
            _task: Task::spawn(work),
        }
    }

    /// Wants these topics, or wants them no more.
    pub(super) fn change(&self, topics: &[Topic], is_wanted: bool) -> Change {
        let mut wanted = self.wanted();
        wanted.version += 1;
        let mut concerned = HashMap::new();
        let mut is_unserved = false;
        for topic in topics {
            if is_wanted {
                wanted.topics.insert(topic.clone());
            } else {
                wanted.topics.remove(topic);
            }
            match wanted.touch(&self.names, topic) {
                Some(ear) => {
                    let progress = || ear.progress.clone();
                    concerned.entry(ear.number).or_insert_with(progress);
                }
                None => is_unserved = true,
            }
        }
        Change {
            version: wanted.version,
            ears: concerned.into_values().collect(),
            is_unserved,
        }
    }

    /// Tells the node that an ear hears nothing, unless that ear is needed no more.
    pub(super) fn deafen(&self, number: u64, address: &Address) {
        let wanted = self.wanted();
        if wanted
            .ears
            .get(address)
            .is_some_and(|ear| ear.number == number)
        {
            self.handover.deafen(number);
        }
    }

    /// What an ear on a new connection is to listen to.
    pub(super) fn start_anew(&self, address: &Address) {
        if let Some(ear) = self.wanted().ears.get_mut(address) {
            ear.touched = Touched::All;
        }
    }

    /// What an ear that hears `heard` is to do next.
    pub(super) fn plan(&self, address: &Address, heard: &HashSet<Topic>) -> Option<Plan> {
        let mut wanted = self.wanted();
        let ear = wanted.ears.get_mut(address)?;
        let touched = std::mem::replace(&mut ear.touched, Touched::Some(HashSet::new()));
        let is_ours = |topic: &Topic| {
            let owner = wanted.map.owner(self.names.channel(topic).as_bytes());
            wanted.topics.contains(topic) && owner == Some(address)
        };
        let candidates: Vec<&Topic> = match &touched {
            Touched::All => wanted.topics.union(heard).collect(),
            Touched::Some(topics) => topics.iter().collect(),
        };
        let (leave, listen) = candidates
            .into_iter()
            .filter(|topic| is_ours(topic) != heard.contains(*topic))
            .cloned()
            .partition(|topic| heard.contains(topic));
        Some(Plan {
            version: wanted.version,
            is_whole: matches!(touched, Touched::All),
            is_sharded: wanted.map.is_cluster,
            listen,
            leave,
        })
    }

    /// Ends every ear, for good.
    pub(super) fn close(&self) {
        let mut wanted = self.wanted();
        wanted.is_closed = true;
        let ears = std::mem::take(&mut wanted.ears);
        drop(wanted);
        drop(ears);
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wanted {
    /// Has a topic's ear look at it.
    fn touch(&mut self, names: &Names, topic: &Topic) -> Option<&Ear> {
        let owner = self.map.owner(names.channel(topic).as_bytes())?;
        let ear = self.ears.get_mut(owner)?;
        if let Touched::Some(touched) = &mut ear.touched {
            touched.insert(topic.clone());
        }
        ear.changed.notify_one();
        Some(ear)
    }
}
