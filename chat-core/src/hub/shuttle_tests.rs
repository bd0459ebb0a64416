//! The hub under threads that take turns in thousands of orders.

use std::io::{self, IoSlice};
use std::sync::Mutex as Observed;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};
use tokio::runtime::Builder;

use super::*;
use crate::hub::round::Round;
use crate::hub::subscriber::Stage;
use crate::hub::topic::Batch;
use crate::hub::watch::{Seen, catch_up};
use crate::id::Seq;
use crate::memory::MemoryStore;
use crate::model::{Draft, Presence};
use crate::protocol::PresenceView;

/// How many orders are tried in each of the two ways.
const ORDERS: usize = 20_000;

/// At how many places a thread is put back in the second way.
const DEPTH: usize = 3;

/// Runs `body` in orders that are chosen at random, and in some that keep to one thread as long as it can go on and
/// change it at a few places only. A failure prints the order, for `shuttle::replay`.
pub(super) fn check(body: fn()) {
    let mut config = Config::new();
    config.stack_size = 256 << 10;
    Runner::new(RandomScheduler::new(ORDERS), config.clone()).run(body);
    Runner::new(PctScheduler::new(DEPTH, ORDERS), config).run(body);
}

/// A socket that takes everything.
#[derive(Debug, Default)]
struct Wire(Observed<Vec<u8>>);

impl Wire {
    /// How many frames went out that hold `text`.
    fn count(&self, text: &str) -> usize {
        let written = self.0.lock().unwrap();
        String::from_utf8_lossy(&written).matches(text).count()
    }

    /// The numbers of the [`message`]s that went out.
    fn numbers(&self) -> Vec<i64> {
        let written = self.0.lock().unwrap();
        let written = String::from_utf8_lossy(&written);
        let behind = written.split("number ").skip(1);
        let numbers = behind.map(|text| text.split('.').next().unwrap().parse().unwrap());
        numbers.collect()
    }
}

impl Sink for Wire {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap();
        let before = written.len();
        written.extend(slices.iter().flat_map(|slice| slice.iter()));
        Ok(written.len() - before)
    }

    fn wake(&self) {}
}

pub(super) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// A connection that no hub knows of.
pub(super) fn connection(name: &str) -> Arc<Connection> {
    connected(name).0
}

fn connected(name: &str) -> (Arc<Connection>, Arc<Wire>) {
    let wire = Arc::<Wire>::default();
    let outbox = Outbox::new(&Limits::default(), Arc::clone(&wire) as _);
    let connection = Connection::new(user(name), None, Arc::new(JsonFormat), outbox);
    (Arc::new(connection), wire)
}

/// A hub where a user may have two connections, for as long as `work` takes. What it leaves to tasks is not done.
fn with_hub(work: impl FnOnce(&Hub)) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let store = Arc::new(MemoryStore::new());
    let ports = HubPorts {
        messages: Arc::clone(&store) as _,
        conversations: Arc::clone(&store) as _,
        users: Arc::clone(&store) as _,
        people: Arc::clone(&store) as _,
        last_seen: store,
        bus: None,
    };
    let limits = Limits {
        connections_per_user: 2,
        ..Limits::default()
    };
    work(&Hub::new(ports, limits));
}

fn connect(hub: &Hub, name: &str) -> (Arc<Connection>, Arc<Wire>) {
    let wire = Arc::<Wire>::default();
    let sink = Arc::clone(&wire) as _;
    let connection = hub.connect(user(name), None, Arc::new(JsonFormat), sink);
    (connection, wire)
}

#[test]
fn of_all_who_come_at_once_the_newest_stay() {
    check(|| {
        with_hub(|hub| {
            let connections = thread::scope(|scope| {
                let threads = [(); 4].map(|()| {
                    scope.spawn(|| {
                        let (connection, _) = connect(hub, "ada");
                        if connection.outbox().closed().is_some() {
                            hub.disconnect(&connection);
                        }
                        connection
                    })
                });
                threads.map(|thread| thread.join().unwrap())
            });

            let is_open = |c: &&Arc<Connection>| c.outbox().closed().is_none();
            assert_eq!(connections.iter().filter(is_open).count(), 2);
            let closed = connections.iter().filter(|c| !is_open(c));
            for connection in closed {
                let code = connection.outbox().closed();
                assert_eq!(code, Some(CloseCode::TooManyConnections));
                hub.disconnect(connection);
            }
            let left = hub.shared.registry.all();
            assert_eq!(left.len(), 2, "{left:?}");
            assert!(left.iter().all(|connection| is_open(&connection)));
        });
    });
}

#[test]
fn whoever_comes_while_all_are_closed_is_closed() {
    const SPREAD: Duration = Duration::from_secs(10);

    check(|| {
        with_hub(|hub| {
            let connections = thread::scope(|scope| {
                let threads =
                    ["ada", "bob", "bob"].map(|name| scope.spawn(move || connect(hub, name)));
                for _ in 0..2 {
                    scope.spawn(|| hub.close_all(SPREAD));
                }
                threads.map(|thread| thread.join().unwrap())
            });

            for (connection, wire) in connections {
                assert_eq!(connection.outbox().closed(), Some(CloseCode::GoingAway));
                assert_eq!(wire.count("reconnect_after_ms"), 1);
                hub.disconnect(&connection);
            }
            assert_eq!(hub.connections(), 0);
        });
    });
}

#[test]
fn a_topic_is_there_as_long_as_somebody_hears_of_it() {
    check(|| {
        with_hub(|hub| {
            let dan = [user("dan")];
            let show = |online| {
                hub.show_presence(PresenceView {
                    user_id: user("dan"),
                    online,
                    last_seen: None,
                });
            };
            let [(stays, wire), (leaves, _), (goes, _)] =
                ["ada", "bob", "cem"].map(|name| connect(hub, name));

            thread::scope(|scope| {
                scope.spawn(|| {
                    watch(hub, &stays, &dan);
                    hub.unwatch(&stays, &dan);
                    watch(hub, &stays, &dan);
                });
                scope.spawn(|| {
                    watch(hub, &leaves, &dan);
                    hub.unwatch(&leaves, &dan);
                });
                scope.spawn(|| watch(hub, &goes, &[user("dan"), user("eve")]));
                scope.spawn(|| hub.disconnect(&goes));
                scope.spawn(|| [true, false].into_iter().for_each(show));
            });

            let key = Key::Presence(user("dan"));
            let topic = hub.shared.registry.topic(&key).expect("ada hears of it");
            let here: Vec<_> = topic.lock().subscribers.keys().copied().collect();
            assert_eq!(here, [stays.id()]);
            assert_eq!(hub.topics(), 1);
            let known = stays.topic(&key).expect("ada knows of it");
            assert!(Arc::ptr_eq(&known, &topic));
            for connection in [&leaves, &goes] {
                assert!(connection.topics().is_empty(), "{connection:?}");
            }
            let before = wire.count("\"online\":false");
            [true, false].into_iter().for_each(show);
            assert_eq!(wire.count("\"online\":false"), before + 1);
            hub.unwatch(&stays, &dan);
            assert_eq!(hub.topics(), 0);
        });
    });
}

/// As [`Hub::watch`] does where the store says that all may be seen.
fn watch(hub: &Hub, connection: &Arc<Connection>, users: &[UserId]) {
    for user in hub.begin_watch(connection, users) {
        if let Some(topic) = connection.topic(&Key::Presence(user)) {
            topic.lock().open(&topic, connection, Rev::ZERO);
        }
    }
}

/// The message of that number, which is its seq and its rev.
fn message(conversation: ConversationId, number: i64) -> Event {
    let draft = Draft::text(conversation, user("ada"), text(number));
    let (seq, rev) = (Seq::new(number).unwrap(), Rev::new(number).unwrap());
    let message = draft.stored(seq, rev, None).into();
    Event::MessageCreated { message }
}

fn text(number: i64) -> String {
    format!("number {number}.")
}

/// As the hub works a topic off, in rounds that others may come between.
fn work_off(topic: &Topic) {
    loop {
        let mut state = topic.lock();
        let Batch::Events(events) = state.take_batch(&mut topic.inbox()) else {
            return;
        };
        let mut round = Round::new(events, &state);
        drop(state);
        while round.unvisited() > 0 {
            round.visit(&mut topic.lock(), 2);
        }
    }
}

#[test]
fn everybody_hears_each_event_once_and_in_order_whoever_comes_or_goes_in_a_round() {
    const MESSAGES: i64 = 3;

    check(|| {
        let id = ConversationId::new();
        let topic = Arc::new(Topic::new(Key::Conversation(id), Rev::ZERO));
        let names = ["ada", "bob", "cem", "dan", "eve"];
        let there = names.map(connected);
        for (connection, _) in &there {
            let open = Stage::Open(Rev::ZERO);
            topic.lock().subscribe(&topic, connection, open, Seq::ZERO);
        }
        let [(asks, asked), (leaves, left), (goes, gone), rest @ ..] = &there;
        let (comes, came) = connected("fay");

        let since = thread::scope(|scope| {
            scope.spawn(|| {
                for number in 1..=MESSAGES {
                    topic.enqueue([Pending::Event(Arc::new(message(id, number)))]);
                    if number != 1 {
                        work_off(&topic);
                    }
                }
            });
            for connection in [leaves, goes] {
                let topic = &topic;
                scope.spawn(move || topic.lock().subscribers.swap_remove(&connection.id()));
            }
            scope.spawn(|| {
                let position = topic.position(asks.id()).unwrap().rev.get();
                for number in 1..=position {
                    assert_eq!(asked.count(&text(number)), 1, "{number} of {position}");
                }
            });
            let newcomer = scope.spawn(|| {
                let opening = Stage::Opening(Some(Vec::new()));
                topic.lock().subscribe(&topic, &comes, opening, Seq::ZERO);
                // What the store says may be of any time since.
                let since = topic.last_rev();
                topic.lock().open(&topic, &comes, since);
                comes.outbox().flush();
                since.get()
            });
            newcomer.join().unwrap()
        });

        for (_, wire) in rest.iter().chain([&there[0]]) {
            assert_eq!(wire.numbers(), (1..=MESSAGES).collect::<Vec<_>>());
        }
        assert_eq!(came.numbers(), (since + 1..=MESSAGES).collect::<Vec<_>>());
        for wire in [left, gone] {
            let numbers = wire.numbers();
            assert!(
                numbers.iter().copied().eq(1..=numbers.len() as i64),
                "{numbers:?}"
            );
        }
    });
}

#[test]
fn whoever_begins_to_watch_in_a_round_is_told_once_of_what_it_brings() {
    check(|| {
        let dan = user("dan");
        let topic = Arc::new(Topic::new(Key::Presence(dan.clone()), Rev::ZERO));
        let (begins, told) = connected("ada");
        let opening = Stage::Opening(Some(Vec::new()));
        topic.lock().subscribe(&topic, &begins, opening, Seq::ZERO);
        for name in ["bob", "cem", "eve"] {
            let open = Stage::Open(Rev::ZERO);
            topic
                .lock()
                .subscribe(&topic, &connection(name), open, Seq::ZERO);
        }
        let seen = Seen {
            now: Presence {
                user: dan.clone(),
                online: false,
                last_seen: None,
            },
            told: None,
        };

        thread::scope(|scope| {
            scope.spawn(|| {
                topic.enqueue([Pending::Event(Arc::new(Event::PresenceChanged(
                    PresenceView {
                        user_id: dan.clone(),
                        online: true,
                        last_seen: None,
                    },
                )))]);
                work_off(&topic);
            });
            scope.spawn(|| {
                catch_up(&begins, &seen);
                begins.outbox().flush();
            });
        });

        assert_eq!(told.count("\"online\":true"), 1);
    });
}
