//! Cases of [`AccountStore`](crate::store::AccountStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, user};
use crate::id::UploadId;
use crate::model::{Account, AccountPatch};
use crate::store::{AccountKey, Taken};

/// An account comes back as it was stored, by each of its keys.
pub async fn an_account_is_found_by_id_address_and_name(ports: &Ports) {
    let ada = Account {
        phone: Some("+1 234".to_owned()),
        avatar: Some(UploadId::new()),
        ..account("ada")
    };
    ports.accounts.create(&ada).await.unwrap().unwrap();
    for key in [
        AccountKey::Id(&ada.id),
        AccountKey::Email("ada@example.com"),
        AccountKey::Username("ada"),
    ] {
        assert_eq!(
            ports.accounts.find(key).await.unwrap().as_ref(),
            Some(&ada),
            "{key:?}"
        );
    }
}

/// What nobody has is not found.
pub async fn unknown_accounts_are_not_found(ports: &Ports) {
    ports
        .accounts
        .create(&account("ada"))
        .await
        .unwrap()
        .unwrap();
    let id = user("ada");
    for key in [
        AccountKey::Id(&id),
        AccountKey::Email("ada"),
        AccountKey::Username("ada@example.com"),
        AccountKey::Username(""),
    ] {
        assert_eq!(ports.accounts.find(key).await.unwrap(), None, "{key:?}");
    }
}

/// Those that there are come once each, however often they are asked for.
pub async fn many_accounts_are_found_at_once(ports: &Ports) {
    let all = ["ada", "bob", "cyd"].map(account);
    for one in &all {
        ports.accounts.create(one).await.unwrap().unwrap();
    }
    let [ada, bob, _] = &all;
    let asked = [&bob.id, &ada.id, &user("nobody"), &bob.id].map(Clone::clone);
    let mut found = ports.accounts.find_all(&asked).await.unwrap();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, [ada.clone(), bob.clone()]);
    assert_eq!(ports.accounts.find_all(&[]).await.unwrap(), []);
}

/// A name or an address is had by one account, and the name is told first.
pub async fn a_taken_name_or_address_is_told(ports: &Ports) {
    ports
        .accounts
        .create(&account("ada"))
        .await
        .unwrap()
        .unwrap();
    let same_name = Account {
        email: "other@example.com".to_owned(),
        id: user("other"),
        ..account("ada")
    };
    let same_address = Account {
        email: "ada@example.com".to_owned(),
        ..account("bob")
    };
    let both = Account {
        id: user("other"),
        ..account("ada")
    };
    assert_eq!(
        ports.accounts.create(&same_name).await.unwrap(),
        Err(Taken::Username)
    );
    assert_eq!(
        ports.accounts.create(&same_address).await.unwrap(),
        Err(Taken::Email)
    );
    assert_eq!(
        ports.accounts.create(&both).await.unwrap(),
        Err(Taken::Username)
    );
    assert_eq!(
        ports
            .accounts
            .find(AccountKey::Username("bob"))
            .await
            .unwrap(),
        None,
        "nothing half done"
    );
}

/// A patch changes what it names and nothing else.
pub async fn an_update_changes_only_what_it_names(ports: &Ports) {
    let ada = Account {
        phone: Some("+1 234".to_owned()),
        ..account("ada")
    };
    ports.accounts.create(&ada).await.unwrap().unwrap();
    let patch = AccountPatch {
        display_name: Some("Ada".to_owned()),
        ..AccountPatch::default()
    };
    let expected = Account {
        display_name: "Ada".to_owned(),
        ..ada.clone()
    };
    assert_eq!(
        ports.accounts.update(&ada.id, &patch).await.unwrap(),
        Some(expected.clone())
    );

    let patch = AccountPatch {
        password_hash: Some("new".to_owned()),
        disabled: Some(true),
        ..AccountPatch::default()
    };
    let expected = Account {
        password_hash: "new".to_owned(),
        disabled: true,
        ..expected
    };
    assert_eq!(
        ports.accounts.update(&ada.id, &patch).await.unwrap(),
        Some(expected)
    );
}

/// `None` within a patch clears a field.
pub async fn an_update_clears_optional_fields(ports: &Ports) {
    let ada = Account {
        phone: Some("+1 234".to_owned()),
        avatar: Some(UploadId::new()),
        ..account("ada")
    };
    ports.accounts.create(&ada).await.unwrap().unwrap();
    let patch = AccountPatch {
        phone: Some(None),
        avatar: Some(None),
        ..AccountPatch::default()
    };
    let updated = ports
        .accounts
        .update(&ada.id, &patch)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((updated.phone, updated.avatar), (None, None));
}

/// Nobody's account cannot be changed.
pub async fn updating_an_unknown_account_gives_none(ports: &Ports) {
    assert_eq!(
        ports
            .accounts
            .update(&user("nobody"), &AccountPatch::default())
            .await
            .unwrap(),
        None
    );
}
