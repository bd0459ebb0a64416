//! Cases of ids and texts that look alike, or like something else: each is itself, to the byte.

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, draft, login, named, seq, user};
use crate::id::UserId;
use crate::model::{Account, ChangeKind, Draft, Login, MarkKind};
use crate::store::{AccountKey, Window};

/// Ids that some collation, normalisation, pattern, number or query takes for another one.
const ALIKE: [&str; 28] = [
    "anna",
    "Anna",
    "ANNA",
    "anna ",
    " anna",
    "anna\u{a0}",
    "\u{e4}nna",
    "a\u{308}nna",
    "\u{ff41}nna",
    "\u{430}nna",
    "anna\u{200b}",
    "\u{202e}anna",
    "an_a",
    "an%",
    "%",
    "anna\\",
    "anna'",
    "\"anna\"",
    "'; drop table chat_members; --",
    "$1",
    "?1",
    "{\"$ne\":null}",
    "null",
    "1",
    "1.0",
    "01",
    "ß",
    "😀",
];

fn alike() -> Vec<UserId> {
    ALIKE.iter().map(|name| user(name)).collect()
}

/// Members with such ids are each a member, and come in the order of their bytes.
pub async fn users_who_look_alike_are_different_members(ports: &Ports) {
    let id = ports.group("owner", &ALIKE[1..]).await;
    let mut expected = alike();
    expected.remove(0);
    expected.push(user("owner"));
    expected.sort();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ports
            .conversations
            .members(id, &user("owner"), after.as_ref(), 3)
            .await
            .unwrap()
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.user.clone());
        found.extend(page.into_iter().map(|member| member.user));
    }
    assert_eq!(found, expected);
    for name in &expected {
        let (_, me) = ports.conversations.find(id, name).await.unwrap().unwrap();
        assert_eq!(me.user, *name);
    }
    let outsider = ports.conversations.find(id, &user(ALIKE[0])).await.unwrap();
    assert_eq!(outsider, None);
}

/// The members of a new conversation come back in that order too.
pub async fn new_members_come_back_in_the_order_of_their_bytes(ports: &Ports) {
    let new = crate::model::NewConversation::Group {
        id: crate::id::ConversationId::new(),
        creator: user("owner"),
        name: "n".to_owned(),
        members: alike(),
        at: at(0),
    };
    let created = ports.conversations.create(&new).await.unwrap();
    let users: Vec<&UserId> = created.members.iter().map(|member| &member.user).collect();
    assert!(users.is_sorted(), "{users:?}");
    assert_eq!(users.len(), ALIKE.len() + 1);
}

/// Each such user has a direct conversation, markers and messages of their own.
pub async fn users_who_look_alike_share_nothing(ports: &Ports) {
    for name in ALIKE {
        let created = ports.direct("owner", name).await;
        assert!(created.is_new, "{name:?}");
        ports.send(created.conversation.id, "owner", name).await;
    }
    for name in ALIKE {
        let rows = ports
            .conversations
            .inbox(&user(name), None, 10)
            .await
            .unwrap();
        assert_eq!(rows.len(), 1, "{name:?}");
        assert_eq!(rows[0].last_message.as_ref().unwrap().text, name);
        assert_eq!(rows[0].peer.as_ref().unwrap().user, user("owner"));
    }
    let rows = ports.conversations.inbox(&user("owner"), None, 100).await;
    assert_eq!(rows.unwrap().len(), ALIKE.len());
}

/// Client ids that look alike are different, and each is remembered.
pub async fn client_ids_that_look_alike_are_different(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let drafts = || -> Vec<Draft> {
        let draft = |name: &&str| named(draft(id, "ada", name), name);
        ALIKE.iter().map(draft).collect()
    };
    let first = ports.append(&drafts()).await;
    let again = ports.append(&drafts()).await;
    for (first, again) in first.into_iter().zip(again) {
        let (first, again) = (first.unwrap(), again.unwrap());
        assert!(first.is_new && !again.is_new, "{first:?}");
        assert_eq!(first.message, again.message);
    }
    assert_eq!(ports.texts(id, "ada").await, ALIKE);
}

/// One client id of many senders who look alike is a message of each.
pub async fn senders_who_look_alike_have_their_own_client_ids(ports: &Ports) {
    let id = ports.group("owner", &ALIKE).await;
    let drafts: Vec<Draft> = ALIKE
        .iter()
        .map(|name| named(draft(id, name, "hi"), "c"))
        .collect();
    let answers = ports.append(&drafts).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().is_new));
    ports.mark(id, ALIKE[0], MarkKind::Read, 28).await.unwrap();
    for (place, name) in (1..).zip(ALIKE).skip(1) {
        let (_, me) = ports
            .conversations
            .find(id, &user(name))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(me.markers.read, seq(place), "{name:?}");
    }
}

/// The longest ids work everywhere.
pub async fn the_longest_ids_work(ports: &Ports) {
    let (name, client) = ("é".repeat(64), "é".repeat(32));
    let other = format!("{}e\u{301}", "é".repeat(62));
    let id = ports.group(&name, &[&other]).await;
    let sent = ports.try_send(named(draft(id, &name, "hi"), &client)).await;
    assert!(sent.is_ok(), "{sent:?}");
    ports.mark(id, &other, MarkKind::Read, 1).await.unwrap();
    let rename = ChangeKind::Rename("n".to_owned());
    ports.change(id, &name, rename).await.unwrap();
    assert_eq!(
        ports.seqs(id, &other, Window::Latest, 5).await,
        Some(vec![1])
    );
    ports
        .last_seen
        .touch(&[(user(&name), at(1))])
        .await
        .unwrap();
    let seen = ports.last_seen.find(&[user(&name), user(&other)]).await;
    assert_eq!(seen.unwrap(), [(user(&name), at(1))]);
    let direct = ports.direct(&name, &other).await;
    assert!(!ports.direct(&other, &name).await.is_new, "{direct:?}");
}

/// Names of groups are kept to the byte.
pub async fn names_are_kept_verbatim(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for name in ALIKE {
        let rename = ChangeKind::Rename(name.to_owned());
        let changed = ports.change(id, "ada", rename).await.unwrap();
        assert_eq!(changed.conversation.name.as_deref(), Some(name));
        let (found, _) = ports
            .conversations
            .find(id, &user("ada"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.name.as_deref(), Some(name));
    }
}

/// What an account and a login hold is kept to the byte, and looked up literally.
pub async fn accounts_and_logins_are_literal(ports: &Ports) {
    for name in ALIKE {
        let made = Account {
            display_name: name.to_owned(),
            phone: Some(name.to_owned()),
            password_hash: name.to_owned(),
            ..account(name)
        };
        ports.accounts.create(&made).await.unwrap().unwrap();
        let device = Login {
            device: Some(name.to_owned()),
            ..login(name, 1)
        };
        ports.logins.create(&device, 1).await.unwrap();
        let listed = ports.logins.list(&user(name), at(5)).await.unwrap();
        assert_eq!(listed, [device], "{name:?}");
    }
    for name in ALIKE {
        let email = format!("{name}@example.com");
        for key in [AccountKey::Username(name), AccountKey::Email(&email)] {
            let found = ports.accounts.find(key).await.unwrap().unwrap();
            assert_eq!((&*found.username, &*found.display_name), (name, name));
            assert_eq!(
                (found.phone.as_deref(), &*found.password_hash),
                (Some(name), name)
            );
        }
    }
}

/// Users who look alike were last seen each at their own moment.
pub async fn users_who_look_alike_are_seen_apart(ports: &Ports) {
    let mut seen: Vec<_> = (1..)
        .map(at)
        .zip(alike())
        .map(|(at, user)| (user, at))
        .collect();
    ports.last_seen.touch(&seen).await.unwrap();
    let mut found = ports.last_seen.find(&alike()).await.unwrap();
    seen.sort();
    found.sort();
    assert_eq!(found, seen);
}
