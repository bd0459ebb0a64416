//! Cases of [`UserStore`](crate::store::UserStore), over users with accounts.

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, user};
use crate::id::UserId;
use crate::model::AccountPatch;
use crate::store::UserQuery;

async fn plant(ports: &Ports, names: &[&str]) {
    for name in names {
        ports
            .accounts
            .create(&account(name))
            .await
            .unwrap()
            .unwrap();
    }
}

async fn search(ports: &Ports, text: Option<&str>, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let query = UserQuery {
            text,
            cursor: cursor.as_deref(),
            limit,
        };
        let page = ports.users.search(&query).await.unwrap();
        assert!(page.items.len() <= limit, "a page is at most its limit");
        found.extend(
            page.items
                .into_iter()
                .filter_map(|profile| profile.username),
        );
        match page.next {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

/// Known users come once, unknown ones not at all.
pub async fn users_are_found_once_and_strangers_left_out(ports: &Ports) {
    plant(ports, &["ada", "bob"]).await;
    let ids = [
        user("id-ada"),
        user("nobody"),
        user("id-bob"),
        user("id-ada"),
    ];
    let mut found: Vec<UserId> = ports
        .users
        .find(&ids)
        .await
        .unwrap()
        .into_iter()
        .map(|p| p.id)
        .collect();
    found.sort();
    assert_eq!(found, [user("id-ada"), user("id-bob")]);
    assert_eq!(ports.users.find(&[]).await.unwrap(), []);
}

/// A profile shows what others may see.
pub async fn a_profile_shows_the_names_and_nothing_private(ports: &Ports) {
    plant(ports, &["ada"]).await;
    let profile = ports.users.find(&[user("id-ada")]).await.unwrap().remove(0);
    assert_eq!(profile, account("ada").profile());
}

/// Following the cursors gives each user exactly once.
pub async fn pages_of_users_give_each_exactly_once(ports: &Ports) {
    let names: Vec<String> = (10..33).map(|n| format!("user{n}")).collect();
    plant(ports, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for limit in [1, 7, 23, 50] {
        let mut found = search(ports, None, limit).await;
        found.sort();
        assert_eq!(found, names, "limit {limit}");
    }
}

/// A search looks into both names, in any ASCII case.
pub async fn a_search_finds_parts_of_names_in_any_case(ports: &Ports) {
    plant(ports, &["ada.lovelace", "bob", "madam"]).await;
    let mut found = search(ports, Some("ADA"), 10).await;
    found.sort();
    assert_eq!(found, ["ada.lovelace", "madam"]);
    assert_eq!(search(ports, Some("display bob"), 10).await, ["bob"]);
    assert_eq!(search(ports, Some("zzz"), 10).await, Vec::<String>::new());
}

/// Signs that are special to some database mean themselves.
pub async fn a_search_is_literal(ports: &Ports) {
    plant(ports, &["under_score", "per.cent", "plain"]).await;
    assert_eq!(search(ports, Some("r_s"), 10).await, ["under_score"]);
    for text in [
        "%",
        "p%n",
        "pl_in",
        "\\",
        ".*",
        "' or 1=1 --",
        "*",
        "\"",
        "p.*n",
        "$1",
        "?1",
        "{}",
    ] {
        assert_eq!(
            search(ports, Some(text), 10).await,
            Vec::<String>::new(),
            "{text}"
        );
    }
}

/// Disabled users are not listed, but their messages keep a name.
pub async fn disabled_users_are_found_and_not_listed(ports: &Ports) {
    plant(ports, &["ada", "bob"]).await;
    let patch = AccountPatch {
        disabled: Some(true),
        ..AccountPatch::default()
    };
    ports
        .accounts
        .update(&user("id-ada"), &patch)
        .await
        .unwrap();
    assert_eq!(search(ports, None, 10).await, ["bob"]);
    assert_eq!(ports.users.find(&[user("id-ada")]).await.unwrap().len(), 1);
}

/// A cursor from elsewhere does no harm.
pub async fn a_foreign_cursor_gives_some_page_and_no_error(ports: &Ports) {
    plant(ports, &["ada"]).await;
    for cursor in ["zzz", "%", "' or 1=1 --", "😀"] {
        let query = UserQuery {
            text: None,
            cursor: Some(cursor),
            limit: 10,
        };
        assert!(ports.users.search(&query).await.unwrap().items.len() <= 1);
    }
}
