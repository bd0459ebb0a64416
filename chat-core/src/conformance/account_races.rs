//! Races of accounts, logins and last-seen moments.

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, login, user};
use crate::conformance::races::rounds;
use crate::id::UploadId;
use crate::model::{Account, AccountPatch, Rotation};
use crate::store::{AccountKey, EndLogins, Taken};

/// One of fifty gets the address, and the others leave nothing behind.
pub async fn one_of_many_registrations_gets_the_address(ports: &Ports) {
    let made = ports
        .race(50, |ports, n| async move {
            let wish = Account {
                email: "wanted@example.com".to_owned(),
                ..account(&format!("u{n}"))
            };
            ports.accounts.create(&wish).await.unwrap()
        })
        .await;
    assert_eq!(made.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(made.iter().all(|answer| *answer != Err(Taken::Username)));
    for (n, answer) in made.iter().enumerate() {
        let name = format!("u{n}");
        let found = ports.accounts.find(AccountKey::Username(&name));
        assert_eq!(found.await.unwrap().is_some(), answer.is_ok(), "{name}");
    }
}

/// Updates of different fields at once are all there afterwards.
pub async fn updates_of_different_fields_at_once_all_stay(ports: &Ports) {
    for round in 0..rounds() {
        let made = account(&format!("u{round}"));
        ports.accounts.create(&made).await.unwrap().unwrap();
        let (id, avatar) = (made.id.clone(), UploadId::new());
        ports
            .race(4, move |ports, n| {
                let id = id.clone();
                let mut patch = AccountPatch::default();
                match n {
                    0 => patch.display_name = Some("new".to_owned()),
                    1 => patch.phone = Some(Some("+1".to_owned())),
                    2 => patch.avatar = Some(Some(avatar)),
                    _ => patch.password_hash = Some("new hash".to_owned()),
                }
                async move { ports.accounts.update(&id, &patch).await.unwrap().unwrap() }
            })
            .await;
        let expected = Account {
            display_name: "new".to_owned(),
            phone: Some("+1".to_owned()),
            avatar: Some(avatar),
            password_hash: "new hash".to_owned(),
            ..made.clone()
        };
        let found = ports.accounts.find(AccountKey::Id(&made.id)).await.unwrap();
        assert_eq!(found, Some(expected), "round {round}");
    }
}

/// A user who logs in on many devices at once has no more logins than allowed.
pub async fn logins_at_once_never_pass_the_limit(ports: &Ports) {
    let gone = ports
        .race(12, |ports, n| async move {
            let made = login("ada", i64::try_from(n).unwrap());
            ports.logins.create(&made, 3).await.unwrap()
        })
        .await;
    let kept = ports.logins.list(&user("ada"), at(100)).await.unwrap();
    assert_eq!(kept.len(), 3, "{kept:?}");
    let mut gone = gone.concat();
    assert_eq!(gone.len(), 9);
    gone.sort();
    gone.dedup();
    assert_eq!(gone.len(), 9, "each goes once");
    assert!(kept.iter().all(|login| !gone.contains(&login.id)));
}

/// A refresh and a logout at once: afterwards nobody is logged in.
pub async fn a_refresh_and_a_logout_at_once_leave_no_login(ports: &Ports) {
    for round in 0..rounds() {
        let ada = login("ada", 0);
        ports.logins.create(&ada, 20).await.unwrap();
        let id = ada.id;
        ports
            .race(2, move |ports, n| async move {
                match n {
                    0 => drop(ports.logins.rotate(id, 1, at(10), 1_000).await.unwrap()),
                    _ => drop(
                        ports
                            .logins
                            .end(&user("ada"), EndLogins::All)
                            .await
                            .unwrap(),
                    ),
                }
            })
            .await;
        let found = ports.logins.find(id, at(20)).await.unwrap();
        assert_eq!(found, None, "round {round}");
        let again = ports.logins.rotate(id, 2, at(20), 1_000).await.unwrap();
        assert_eq!(again, Rotation::Ended, "round {round}");
    }
}

/// Of many moments noted at once the latest stays.
pub async fn the_latest_of_many_moments_stays(ports: &Ports) {
    ports
        .race(20, |ports, n| async move {
            let moment = at(i64::try_from((n * 7) % 20).unwrap());
            ports
                .last_seen
                .touch(&[(user("ada"), moment)])
                .await
                .unwrap();
        })
        .await;
    let found = ports.last_seen.find(&[user("ada")]).await.unwrap();
    assert_eq!(found, [(user("ada"), at(19))]);
}
