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
    is_closed: bool,
}

/// The board's side of an ear.
struct Ear {
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
        wanted.version += 1;
        wanted.map = Arc::clone(map);
        let addresses = if wanted.is_closed {
            HashSet::new()
        } else {
            map.addresses()
        };
        let (kept, gone): (HashMap<_, _>, HashMap<_, _>) = wanted
            .ears
            .drain()
            .partition(|(address, _)| addresses.contains(address));
        wanted.ears = kept;
        for address in addresses {
            let ear = wanted.ears.entry(address.clone());
            let ear = ear.or_insert_with(|| self.ear(address));
            ear.touched = Touched::All;
            ear.changed.notify_one();
        }
        drop(guard);
        for address in gone.keys() {
            self.handover.hear(address);
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

    fn ear(self: &Arc<Self>, address: &Address) -> Ear {
        let changed = Arc::<Notify>::default();
        let (sender, progress) = watch::channel(Progress::Starting);
        let work = ear::run(
            Arc::clone(self),
            address.clone(),
            Arc::clone(&changed),
            sender,
        );
        Ear {
            touched: Touched::All,
            changed,
            progress,
            _task: Task::spawn(work),
        }
    }

    /// Wants these topics, or wants them no more.
    pub(super) fn change(&self, topics: &[Topic], is_wanted: bool) -> Change {
        let mut guard = self.wanted();
        let wanted = &mut *guard;
        wanted.version += 1;
        let mut change = Change {
            version: wanted.version,
            ears: Vec::new(),
            is_unserved: false,
        };
        let mut concerned = HashSet::new();
        for topic in topics {
            if is_wanted {
                wanted.topics.insert(topic.clone());
            } else {
                wanted.topics.remove(topic);
            }
            let owner = wanted.map.owner(self.names.channel(topic).as_bytes());
            let Some((address, ear)) = owner.and_then(|owner| {
                let ear = wanted.ears.get_mut(owner)?;
                Some((owner, ear))
            }) else {
                change.is_unserved = true;
                continue;
            };
            if let Touched::Some(touched) = &mut ear.touched {
                touched.insert(topic.clone());
            }
            if concerned.insert(address.clone()) {
                ear.changed.notify_one();
                change.ears.push(ear.progress.clone());
            }
        }
        change
    }

    /// What an ear on a new connection is to listen to.
    pub(super) fn start_anew(&self, address: &Address) {
        if let Some(ear) = self.wanted().ears.get_mut(address) {
            ear.touched = Touched::All;
        }
    }

    /// What an ear that hears `heard` is to do next.
    pub(super) fn plan(&self, address: &Address, heard: &HashSet<Topic>) -> Option<Plan> {
        let mut guard = self.wanted();
        let Wanted {
            version,
            topics,
            map,
            ears,
            ..
        } = &mut *guard;
        let ear = ears.get_mut(address)?;
        let touched = std::mem::replace(&mut ear.touched, Touched::Some(HashSet::new()));
        let is_ours = |topic: &Topic| {
            let owner = map.owner(self.names.channel(topic).as_bytes());
            topics.contains(topic) && owner == Some(address)
        };
        let candidates: Vec<&Topic> = match &touched {
            Touched::All => topics.union(heard).collect(),
            Touched::Some(topics) => topics.iter().collect(),
        };
        let mut plan = Plan {
            version: *version,
            is_whole: matches!(touched, Touched::All),
            is_sharded: map.is_cluster,
            listen: Vec::new(),
            leave: Vec::new(),
        };
        for topic in candidates {
            match (is_ours(topic), heard.contains(topic)) {
                (true, false) => plan.listen.push(topic.clone()),
                (false, true) => plan.leave.push(topic.clone()),
                (true, true) | (false, false) => {}
            }
        }
        Some(plan)
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
