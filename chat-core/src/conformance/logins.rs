//! Cases of [`LoginStore`](crate::store::LoginStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, login, user};
use crate::id::LoginId;
use crate::model::{Login, Rotation};
use crate::store::EndLogins;

/// A login comes back as it was stored.
pub async fn a_login_is_found_until_it_expires(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    assert_eq!(
        ports.logins.find(ada.id, at(999_999)).await.unwrap(),
        Some(ada.clone())
    );
    assert_eq!(
        ports.logins.find(ada.id, at(1_000_000)).await.unwrap(),
        None
    );
    assert_eq!(
        ports.logins.find(LoginId::new(), at(0)).await.unwrap(),
        None
    );
}

/// The list is one user's, the latest refreshed first.
pub async fn a_users_logins_are_listed_latest_first(ports: &Ports) {
    let (old, new, other) = (login("ada", 1), login("ada", 2), login("bob", 3));
    for login in [&old, &new, &other] {
        ports.logins.create(login, 20).await.unwrap();
    }
    assert_eq!(
        ports.logins.list(&user("ada"), at(5)).await.unwrap(),
        [new, old]
    );
    assert_eq!(
        ports
            .logins
            .list(&user("ada"), at(2_000_000))
            .await
            .unwrap(),
        []
    );
}

/// Over the limit those refreshed longest ago go, and nobody else's.
pub async fn the_login_unused_longest_goes_when_there_are_too_many(ports: &Ports) {
    let logins: Vec<Login> = (1..=3).map(|n| login("ada", n)).collect();
    let other = login("bob", 0);
    ports.logins.create(&other, 3).await.unwrap();
    for login in &logins {
        assert_eq!(ports.logins.create(login, 3).await.unwrap(), []);
    }
    assert_eq!(
        ports.logins.create(&login("ada", 4), 3).await.unwrap(),
        [logins[0].id]
    );
    assert_eq!(ports.logins.find(logins[0].id, at(5)).await.unwrap(), None);
    assert!(ports.logins.find(other.id, at(5)).await.unwrap().is_some());
}

/// The valid generation moves on.
pub async fn the_valid_generation_advances(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    let expected = Login {
        generation: 2,
        refreshed_at: at(50),
        ..ada.clone()
    };
    assert_eq!(
        ports.logins.rotate(ada.id, 1, at(50), 10).await.unwrap(),
        Rotation::Advanced(expected.clone())
    );
    assert_eq!(
        ports.logins.find(ada.id, at(60)).await.unwrap(),
        Some(expected)
    );
}

/// Within the window the parent is only repeated.
pub async fn the_parent_is_repeated_within_the_window(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    ports.logins.rotate(ada.id, 1, at(50), 10).await.unwrap();
    let now = Login {
        generation: 2,
        refreshed_at: at(50),
        ..ada.clone()
    };
    assert_eq!(
        ports.logins.rotate(ada.id, 1, at(59), 10).await.unwrap(),
        Rotation::Repeated(now.clone())
    );
    assert_eq!(ports.logins.find(ada.id, at(60)).await.unwrap(), Some(now));
}

/// After the window the parent is stolen goods.
pub async fn the_parent_after_the_window_ends_the_login(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    ports.logins.rotate(ada.id, 1, at(50), 10).await.unwrap();
    assert!(matches!(
        ports.logins.rotate(ada.id, 1, at(60), 10).await.unwrap(),
        Rotation::Reused(_)
    ));
    assert_eq!(ports.logins.find(ada.id, at(60)).await.unwrap(), None);
    assert_eq!(
        ports.logins.rotate(ada.id, 2, at(60), 10).await.unwrap(),
        Rotation::Ended
    );
}

/// Any older ancestor is stolen goods at once.
pub async fn an_older_generation_ends_the_login_even_within_the_window(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    ports.logins.rotate(ada.id, 1, at(50), 1_000).await.unwrap();
    ports.logins.rotate(ada.id, 2, at(51), 1_000).await.unwrap();
    assert!(matches!(
        ports.logins.rotate(ada.id, 1, at(52), 1_000).await.unwrap(),
        Rotation::Reused(_)
    ));
}

/// A generation that was never given out changes nothing.
pub async fn a_generation_ahead_is_refused_and_changes_nothing(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    assert_eq!(
        ports.logins.rotate(ada.id, 2, at(50), 10).await.unwrap(),
        Rotation::Ended
    );
    assert_eq!(ports.logins.find(ada.id, at(60)).await.unwrap(), Some(ada));
}

/// Unknown and expired logins do not rotate.
pub async fn an_expired_login_does_not_rotate(ports: &Ports) {
    let ada = login("ada", 0);
    ports.logins.create(&ada, 20).await.unwrap();
    assert_eq!(
        ports
            .logins
            .rotate(ada.id, 1, at(1_000_000), 10)
            .await
            .unwrap(),
        Rotation::Ended
    );
    assert_eq!(
        ports
            .logins
            .rotate(LoginId::new(), 1, at(0), 10)
            .await
            .unwrap(),
        Rotation::Ended
    );
}

/// Ending takes one, the others, or all; of that user alone; and twice is no error.
pub async fn logins_end_one_by_one_or_together(ports: &Ports) {
    let logins: Vec<Login> = (1..=3).map(|n| login("ada", n)).collect();
    let other = login("bob", 0);
    for login in logins.iter().chain([&other]) {
        ports.logins.create(login, 20).await.unwrap();
    }
    let ada = user("ada");
    assert_eq!(
        ports
            .logins
            .end(&ada, EndLogins::One(other.id))
            .await
            .unwrap(),
        [],
        "not hers"
    );
    assert_eq!(
        ports
            .logins
            .end(&ada, EndLogins::One(logins[0].id))
            .await
            .unwrap(),
        [logins[0].id]
    );
    assert_eq!(
        ports
            .logins
            .end(&ada, EndLogins::One(logins[0].id))
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        ports
            .logins
            .end(&ada, EndLogins::Others(logins[1].id))
            .await
            .unwrap(),
        [logins[2].id]
    );
    assert_eq!(
        ports.logins.end(&ada, EndLogins::All).await.unwrap(),
        [logins[1].id]
    );
    assert!(ports.logins.find(other.id, at(5)).await.unwrap().is_some());
}

/// Of many logins those are told that are neither ended nor expired, each once.
pub async fn of_many_logins_the_live_ones_are_told(ports: &Ports) {
    let (ended, over) = (login("ada", 1), login("ada", 2));
    let mut asked = vec![ended.id, over.id, LoginId::new()];
    let mut expected = Vec::new();
    for n in 0..200 {
        let made = login(&format!("u{n}"), n);
        asked.extend([made.id, made.id]);
        expected.push(made.id);
        ports.logins.create(&made, 20).await.unwrap();
    }
    let over = Login {
        expires_at: at(10),
        ..over
    };
    ports.logins.create(&ended, 20).await.unwrap();
    ports.logins.create(&over, 20).await.unwrap();
    let one = EndLogins::One(ended.id);
    ports.logins.end(&ended.user, one).await.unwrap();

    let early = ports.logins.live(&asked, at(9)).await.unwrap();
    let mut late = ports.logins.live(&asked, at(10)).await.unwrap();

    assert!(early.contains(&over.id) && early.len() == expected.len() + 1);
    late.sort();
    expected.sort();
    assert_eq!(late, expected);
    assert_eq!(ports.logins.live(&[], at(9)).await.unwrap(), []);
}
