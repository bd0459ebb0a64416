//! Connections that come and go at once.

use shuttle::thread;

use super::*;
use crate::hub::shuttle_tests::{check, connection, user};

/// More than any of these tests has.
const MANY: usize = 10;

fn registry() -> Registry {
    Registry::new(Arc::new(Nodes::new(None)))
}

/// How often it was said that the user came, and that the last connection went.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Said {
    came: usize,
    went: usize,
}

fn total(said: impl IntoIterator<Item = Said>) -> Said {
    said.into_iter().fold(Said::default(), |sum, said| Said {
        came: sum.came + said.came,
        went: sum.went + said.went,
    })
}

fn add(registry: &Registry, connection: &Arc<Connection>) -> Said {
    let added = registry.add(connection, MANY);
    Said {
        came: usize::from(added.came_online),
        went: 0,
    }
}

fn remove(registry: &Registry, connection: &Connection) -> Said {
    Said {
        came: 0,
        went: usize::from(registry.remove(connection)),
    }
}

#[test]
fn a_late_end_takes_nobody_elses_connection() {
    check(|| {
        let registry = registry();
        let stays = connection("ada");
        let passing = [connection("ada"), connection("ada")];

        let said = thread::scope(|scope| {
            let registry = &registry;
            let mut threads = vec![scope.spawn(|| add(registry, &stays))];
            threads.extend(passing.each_ref().map(|passing| {
                scope.spawn(move || {
                    total([
                        add(registry, passing),
                        remove(registry, passing),
                        remove(registry, passing),
                    ])
                })
            }));
            total(threads.into_iter().map(|thread| thread.join().unwrap()))
        });

        let left: Vec<_> = registry.all().iter().map(|c| c.id()).collect();
        assert_eq!(left, [stays.id()]);
        assert_eq!(said.came, said.went + 1);
        assert_eq!(remove(&registry, &stays), Said { came: 0, went: 1 });
        assert!(!registry.is_online(&user("ada")));
    });
}

#[test]
fn coming_and_going_is_said_by_one_of_all_who_come_and_go() {
    check(|| {
        let registry = registry();
        let connections = [(); 3].map(|()| connection("ada"));
        let at_once = |work: fn(&Registry, &Arc<Connection>) -> Said| {
            thread::scope(|scope| {
                let registry = &registry;
                let threads = connections
                    .each_ref()
                    .map(|connection| scope.spawn(move || work(registry, connection)));
                total(threads.map(|thread| thread.join().unwrap()))
            })
        };

        let came = at_once(add);
        let there = registry.connection_count();
        let went = at_once(|registry, connection| {
            total([remove(registry, connection), remove(registry, connection)])
        });

        assert_eq!(came, Said { came: 1, went: 0 });
        assert_eq!(there, 3);
        assert_eq!(went, Said { came: 0, went: 1 });
        assert_eq!(registry.connection_count(), 0);
    });
}
