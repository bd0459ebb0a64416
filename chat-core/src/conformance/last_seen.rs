//! Cases of [`LastSeenStore`](crate::store::LastSeenStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, user};

/// The moment only grows.
pub async fn the_last_moment_counts(ports: &Ports) {
    ports
        .last_seen
        .touch(&[(user("ada"), at(5)), (user("bob"), at(1))])
        .await
        .unwrap();
    ports
        .last_seen
        .touch(&[(user("ada"), at(3)), (user("bob"), at(2))])
        .await
        .unwrap();
    let mut found = ports
        .last_seen
        .find(&[user("ada"), user("bob")])
        .await
        .unwrap();
    found.sort();
    assert_eq!(found, [(user("ada"), at(5)), (user("bob"), at(2))]);
}

/// Several moments of one user in one call do no harm.
pub async fn one_user_may_come_twice(ports: &Ports) {
    ports
        .last_seen
        .touch(&[
            (user("ada"), at(5)),
            (user("ada"), at(9)),
            (user("ada"), at(1)),
        ])
        .await
        .unwrap();
    assert_eq!(
        ports
            .last_seen
            .find(&[user("ada"), user("ada")])
            .await
            .unwrap(),
        [(user("ada"), at(9))]
    );
}

/// Who was never seen is not found.
pub async fn who_was_never_seen_is_not_found(ports: &Ports) {
    assert_eq!(ports.last_seen.find(&[user("ada")]).await.unwrap(), []);
    assert_eq!(ports.last_seen.find(&[]).await.unwrap(), []);
    ports.last_seen.touch(&[]).await.unwrap();
}
