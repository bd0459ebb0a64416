//! The nodes, the people and their devices; a schedule from its beginning to its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat_core::auth::{AuthError, AuthenticateWith};
use chat_core::chat::Chat;
use chat_core::conformance::unreliable::{Mischief, UnreliableBus};
use chat_core::hub::{JsonFormat, WireFormat};
use chat_core::id::{ConversationId, Seq, Timestamp, UserId};
use chat_core::memory::{MemoryBus, MemoryStore};
use chat_core::model::{NewConversation, Profile};
use chat_core::protocol::{Event, Frame, Limits};
use chat_core::session::SessionConfig;
use chat_core::store::{ConversationStore as _, MessageStore as _, Window};
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::device::Device;
use super::store::NodeStore;
use super::{Seeded, act};
use chat_faults::check::{Anomaly, Entry, Evidence, FinalLog, FinalMarker, Findings};
use chat_faults::history::{Kind, Op, Payload, Record};

/// How many people there are; the first owns every group and stays in it.
const PEOPLE: usize = 5;

/// Frames that may wait for a device.
const OUTBOX: usize = 64;

/// How long it may take, once nothing is broken any more, until everything is where it belongs.
const RECOVERY: Duration = Duration::from_secs(30);

/// Who sends what the nodes' wire format cannot cope with, as a host's may not.
pub(super) const POISONER: u32 = 77;

/// The world of one schedule.
pub(super) struct World {
    pub(super) dice: Rng,
    pub(super) bug: Option<Seeded>,
    pub(super) store: MemoryStore,
    pub(super) bus: UnreliableBus,
    pub(super) nodes: Vec<Chat>,
    pub(super) stores: Vec<NodeStore>,
    pub(super) config: SessionConfig,
    pub(super) people: Vec<UserId>,
    pub(super) groups: Vec<ConversationId>,
    pub(super) devices: Vec<Device>,
    /// Sends that are under way.
    pub(super) sends: JoinSet<()>,
    pub(super) counter: u32,
    pub(super) notes: Notes,
    pub(super) findings: Findings,
    failing: u8,
}

/// What was done and seen. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Notes {
    begun: Instant,
    records: Arc<Mutex<Vec<Record>>>,
}

impl Notes {
    pub(super) fn add(&self, record: Record) {
        let at = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.push(Record { at, ..record });
    }
}

/// The nodes' wire format.
#[derive(Debug)]
struct Touchy;

impl WireFormat for Touchy {
    fn encode(&self, event: &Event) -> Option<Frame> {
        if let Event::MessageCreated { message } = event {
            let sender = Payload::of(&message.content).map(|payload| payload.client);
            assert_ne!(sender, Some(POISONER), "a host's format");
        }
        JsonFormat.encode(event)
    }
}

/// Plays a schedule; what was done and seen, and what was wrong at sight.
pub(super) async fn play(seed: u64, bug: Option<Seeded>) -> (Evidence, Findings) {
    let mut world = World::new(seed, bug).await;
    let steps = world.dice.usize(40..100);
    for _ in 0..steps {
        act::any(&mut world).await;
        world.pump().await;
    }
    world.recover().await;
    world.evidence().await
}

impl World {
    async fn new(seed: u64, bug: Option<Seeded>) -> Self {
        let mut dice = Rng::with_seed(seed);
        let mischief = Mischief {
            lost: dice.u64(0..30),
            doubled: dice.u64(0..30),
            delayed: dice.u64(0..50),
        };
        let store = MemoryStore::new();
        let people = people(&store);
        let notes = Notes {
            begun: Instant::now(),
            records: Arc::default(),
        };
        let check = |_: String| async { Err(AuthError::Invalid) };
        let mut world = Self {
            bug,
            store,
            bus: UnreliableBus::new(MemoryBus::default(), dice.u64(..), mischief),
            nodes: Vec::new(),
            stores: Vec::new(),
            config: SessionConfig {
                authenticator: Arc::new(AuthenticateWith::new(check)),
                format: Arc::new(Touchy),
            },
            people,
            groups: Vec::new(),
            devices: Vec::new(),
            sends: JoinSet::new(),
            counter: 0,
            notes,
            findings: Findings::default(),
            failing: dice.u8(0..8),
            dice,
        };
        for _ in 0..world.dice.usize(2..4) {
            world.start_node();
        }
        world.settle_people().await;
        world
    }

    /// Starts one more node.
    pub(super) fn start_node(&mut self) {
        let seed = self.dice.u64(..);
        let store = NodeStore::new(self.store.clone(), seed, self.failing, self.bug);
        let mut limits = Limits {
            send_burst: 1_000_000,
            frame_burst: 1_000_000,
            outbox_frames: OUTBOX,
            ..Limits::default()
        };
        match self.bug {
            Some(Seeded::NoPositionCheck) => {
                (limits.check_after, limits.poll_after) = (Duration::MAX / 4, Duration::MAX / 4);
            }
            Some(Seeded::UnboundedQueue) => limits.outbox_frames = usize::MAX,
            _ => {}
        }
        let chat = Chat::builder(self.store.clone(), self.store.clone())
            .messages(store.clone())
            .conversations(store.clone())
            .limits(limits)
            .bus(self.bus.clone())
            .build();
        drop(store.chat.set(chat.clone()));
        self.nodes.push(chat);
        self.stores.push(store);
    }

    /// Two groups, and one or two devices for everybody.
    async fn settle_people(&mut self) {
        let owner = self.people[0].clone();
        for _ in 0..2 {
            let others = self.people[1..].iter().filter(|_| self.dice.bool());
            let others: Vec<UserId> = others.cloned().collect();
            let group = NewConversation::Group {
                id: ConversationId::new(),
                creator: owner.clone(),
                name: "A group".to_owned(),
                members: others,
                at: Timestamp::now(),
            };
            let made = self.store.create(&group).await;
            let made = made.expect("memory does not fail");
            for member in &made.members {
                self.note_member(made.conversation.id, &member.user, member.rev, true);
            }
            self.groups.push(made.conversation.id);
        }
        let people = self.people.clone();
        for user in people {
            for _ in 0..self.dice.usize(1..3) {
                self.add_device(user.clone()).await;
            }
        }
    }

    async fn add_device(&mut self, user: UserId) {
        let number = u32::try_from(self.devices.len()).unwrap_or(u32::MAX);
        let is_owner = user == self.people[0];
        let device = Device::new(number, user.clone());
        self.notes
            .add(Record::new(number, Op::Connect, Kind::Invoke).user(user));
        for group in &self.groups {
            let kind = if is_owner { Kind::Ok } else { Kind::Info };
            self.notes
                .add(Record::new(number, Op::Attend, kind).within(*group));
        }
        self.devices.push(device);
        let node = self.dice.usize(0..self.nodes.len());
        self.connect(number as usize, node).await;
    }

    /// Connects a device; its session before is dropped after the new one began, as a late end is.
    pub(super) async fn connect(&mut self, device: usize, node: usize) {
        let chat = self.nodes[node].clone();
        let config = self.config.clone();
        let before = self.devices[device].connect(node, chat, config).await;
        drop(before);
        let connected = Record::new(self.devices[device].number, Op::Connect, Kind::Info);
        self.notes.add(connected.code(node.to_string()));
    }

    pub(super) fn note_member(
        &self,
        group: ConversationId,
        user: &UserId,
        rev: chat_core::id::Rev,
        active: bool,
    ) {
        let kind = if active { Kind::Ok } else { Kind::Nack };
        let record = Record::new(0, Op::Member, kind).within(group);
        self.notes.add(record.rev(rev).user(user.clone()));
    }

    /// Lets everything that can run, run; then every device takes what came, and whoever lost its connection
    /// comes back, somewhere.
    pub(super) async fn pump(&mut self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        for place in 0..self.devices.len() {
            let chat = self.nodes[self.devices[place].node].clone();
            for record in self.devices[place].pump(&chat).await {
                self.notes.add(record);
            }
            if self.devices[place].is_lost() {
                let node = self.dice.usize(0..self.nodes.len());
                self.connect(place, node).await;
            }
        }
    }

    /// Nothing is broken any more: everything arrives.
    async fn recover(&mut self) {
        self.bus.come_back().await;
        let sent = timeout(RECOVERY * 2, async {
            while self.sends.join_next().await.is_some() {}
        });
        if sent.await.is_err() {
            self.findings
                .add(Anomaly::Stuck, || "a send is never answered".to_owned());
            self.sends.abort_all();
        }
        for _ in 0..RECOVERY.as_secs() {
            sleep(Duration::from_secs(1)).await;
            self.pump().await;
        }
        for device in self.devices.iter().filter(|device| device.is_lost()) {
            self.findings.add(Anomaly::Stuck, || {
                format!("client {} cannot connect", device.number)
            });
        }
    }

    async fn evidence(self) -> (Evidence, Findings) {
        let records = std::mem::take(
            &mut *self
                .notes
                .records
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let mut evidence = Evidence {
            history: records,
            ..Evidence::default()
        };
        for group in &self.groups {
            evidence.logs.push(self.log(*group).await);
            let members = self
                .store
                .members(*group, &self.people[0], None, PEOPLE)
                .await;
            let members = members.expect("memory does not fail").unwrap_or_default();
            evidence
                .markers
                .extend(members.into_iter().map(|member| FinalMarker {
                    conversation: *group,
                    user: member.user,
                    read: member.markers.read,
                }));
        }
        (evidence, self.findings)
    }

    async fn log(&self, conversation: ConversationId) -> FinalLog {
        let window = Window::After(Seq::ZERO);
        let found = self
            .store
            .history(conversation, &self.people[0], window, 10_000);
        let messages = found.await.expect("memory does not fail");
        let entries = messages.unwrap_or_default().into_iter();
        FinalLog {
            source: "store".to_owned(),
            conversation,
            entries: entries
                .map(|message| Entry {
                    seq: message.seq,
                    rev: message.rev,
                    message: message.id,
                    sender: message.sender,
                    content: message.text,
                })
                .collect(),
        }
    }

    /// The next message of somebody.
    pub(super) const fn payload(&mut self, client: u32) -> Payload {
        self.counter += 1;
        Payload {
            client,
            counter: self.counter,
        }
    }
}

fn people(store: &MemoryStore) -> Vec<UserId> {
    let user = |number| UserId::new(format!("user{number}")).expect("a plain name");
    let people: Vec<UserId> = (0..PEOPLE).map(user).collect();
    for id in &people {
        store.insert_user(Profile {
            id: id.clone(),
            username: None,
            display_name: id.to_string(),
            avatar: None,
            avatar_url: None,
        });
    }
    people
}
