//! Every call of every port once: for tests of a backend's own that watch what it does, such as
//! those of its query plans.

use std::time::Duration;

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, draft, login, named, rev, seq, upload, user};
use crate::conformance::push::subscription;
use crate::conformance::revisions::{edit, react, reaction, unreact};
use crate::id::Timestamp;
use crate::model::{
    AccountPatch, ChangeKind, Draft, MarkKind, Message, MessageKind, Privacy, Purpose, Refusal,
    Retext, RevisionKind, Role, words,
};
use crate::store::{
    AccountKey, EndLogins, InboxCursor, ReactorQuery, SearchQuery, Since, UserQuery, Window,
};

/// Calls everything, on a fresh backend.
pub async fn every_call(ports: &Ports) {
    people(ports).await;
    logins(ports).await;
    conversations(ports).await;
    messages(ports).await;
    uploads(ports).await;
    ports
        .last_seen
        .touch(&[(user("ada"), at(1))])
        .await
        .unwrap();
    ports.last_seen.find(&[user("ada")]).await.unwrap();
    decisions(ports).await;
    pushes(ports).await;
}

async fn pushes(ports: &Ports) {
    let (ada, one) = (user("ada"), subscription("ada", "a", 1));
    for _ in 0..2 {
        ports.push.subscribe(&one, 20).await.unwrap();
    }
    let found = ports.push.subscriptions(std::slice::from_ref(&ada)).await;
    assert_eq!(found.unwrap().len(), 1);
    assert!(ports.push.unsubscribe(&ada, &one.endpoint).await.unwrap());
    ports.push.forget(&[one.endpoint]).await.unwrap();
}

async fn decisions(ports: &Ports) {
    let (ada, cyd, store) = (user("ada"), user("cyd"), &ports.people);
    let id = ports.direct("ada", "cyd").await.conversation.id;
    for _ in 0..2 {
        store.block(&ada, &cyd, at(1), 10).await.unwrap();
    }
    for after in [None, Some(&ada)] {
        store.blocked(&ada, after, 10).await.unwrap();
    }
    store
        .blocks(&cyd, std::slice::from_ref(&ada))
        .await
        .unwrap();
    store.barred(id).await.unwrap();
    let refused = ports.try_send(draft(id, "cyd", "hi")).await;
    assert_eq!(refused, Err(Refusal::Blocked));
    store.unblock(&ada, &cyd).await.unwrap();
    store.set_privacy(&ada, Privacy::default()).await.unwrap();
    store.privacy(&[ada, cyd]).await.unwrap();
}

async fn people(ports: &Ports) {
    for name in ["ada", "bob", "ada"] {
        let _taken = ports.accounts.create(&account(name)).await.unwrap();
    }
    let id = user("id-ada");
    for key in [
        AccountKey::Id(&id),
        AccountKey::Email("ada@example.com"),
        AccountKey::Username("ada"),
    ] {
        ports.accounts.find(key).await.unwrap().unwrap();
    }
    let patch = AccountPatch {
        disabled: Some(true),
        ..AccountPatch::default()
    };
    ports.accounts.update(&id, &patch).await.unwrap();
    let found = ports.accounts.find_all(std::slice::from_ref(&id));
    assert_eq!(found.await.unwrap().len(), 1);
    ports.users.find(&[id]).await.unwrap();
    for text in [None, Some("bo")] {
        let query = UserQuery {
            text,
            cursor: None,
            limit: 1,
        };
        ports.users.search(&query).await.unwrap();
    }
}

async fn logins(ports: &Ports) {
    let login = login("ada", 1);
    ports.logins.create(&login, 3).await.unwrap();
    ports.logins.find(login.id, at(2)).await.unwrap();
    ports.logins.live(&[login.id], at(2)).await.unwrap();
    ports.logins.list(&login.user, at(2)).await.unwrap();
    for generation in [1, 1, 0] {
        ports
            .logins
            .rotate(login.id, generation, at(3), 10)
            .await
            .unwrap();
    }
    ports.logins.end(&login.user, EndLogins::All).await.unwrap();
}

async fn conversations(ports: &Ports) {
    let (ada, store) = (user("ada"), &ports.conversations);
    for _ in 0..2 {
        ports.direct("ada", "bob").await;
    }
    let id = ports.group("ada", &["bob"]).await;
    for kind in [
        ChangeKind::Rename("Other".to_owned()),
        ChangeKind::Avatar(None),
        ChangeKind::Add(vec![user("cyd")]),
        ChangeKind::SetRole(user("cyd"), Role::Admin),
        ChangeKind::Remove(user("cyd")),
    ] {
        ports.change(id, "ada", kind).await.unwrap();
    }
    ports.send(id, "bob", "hi").await;
    ports.mark(id, "ada", MarkKind::Read, 1).await.unwrap();
    store.find(id, &ada).await.unwrap();
    store.members(id, &ada, None, 10).await.unwrap();
    store.memberships(&ada).await.unwrap();
    store.join_counts(std::slice::from_ref(&ada)).await.unwrap();
    store.acquainted(&ada, &[user("bob")]).await.unwrap();
    store.unreached(id, seq(1), None, 10).await.unwrap();
    for after in [
        None,
        Some(InboxCursor {
            active_at: at(9_999),
            conversation: id,
        }),
    ] {
        store.inbox(&ada, after, 10).await.unwrap();
    }
}

async fn messages(ports: &Ports) {
    let (ada, id) = (user("ada"), ports.group("ada", &["bob"]).await);
    let picture = upload("ada", Purpose::Attachment, 0);
    ports.uploads.create(&picture).await.unwrap();
    let first = ports.send(id, "ada", "hello there").await;
    let sent = named(draft(id, "ada", "hello again"), "1");
    let sent = Draft {
        kind: MessageKind::Image,
        attachments: vec![picture.attachment()],
        reply_to: Some(first.id),
        ..sent
    };
    ports.append(std::slice::from_ref(&sent)).await;
    ports.append(&[sent]).await;
    for window in [
        Window::Latest,
        Window::Before(seq(2)),
        Window::After(seq(1)),
        Window::Around(seq(1)),
    ] {
        ports.messages.history(id, &ada, window, 10).await.unwrap();
    }
    ports
        .messages
        .changes(
            &[Since {
                conversation: id,
                rev: rev(0),
            }],
            10,
        )
        .await
        .unwrap();
    ports.messages.heads(&[id]).await.unwrap();
    revisions(ports, &first).await;
    let words = words("hello");
    for before in [None, Some(first.id)] {
        let query = SearchQuery {
            conversations: &[id],
            words: &words,
            before,
            limit: 10,
        };
        ports.messages.search(&ada, &query).await.unwrap();
    }
    texts(ports).await;
    ports.messages.epoch().await.unwrap();
    ports
        .uploads
        .find(picture.id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
}

async fn texts(ports: &Ports) {
    let newest = ports.admin.texts(None, 1).await.unwrap().remove(0);
    let before = Some(newest.message);
    let kept = ports.admin.texts(before, 1).await.unwrap().remove(0);
    let same = Retext {
        text: kept.text.clone(),
        words: words(&kept.text),
        fingerprint: kept.fingerprint,
        from: kept,
    };
    assert_eq!(ports.admin.replace_texts(&[same]).await.unwrap(), 1);
}

/// A picture is deleted, and the message keeps a reaction.
async fn revisions(ports: &Ports, message: &Message) {
    let (ada, id) = (user("ada"), message.conversation);
    let picture = upload("ada", Purpose::Attachment, 0);
    ports.uploads.create(&picture).await.unwrap();
    let gone = Draft {
        kind: MessageKind::Image,
        attachments: vec![picture.attachment()],
        ..draft(id, "ada", "gone")
    };
    let gone = ports.try_send(gone).await.unwrap().message;
    for (message, kind) in [
        (message, edit("hello here")),
        (message, react("x")),
        (message, react("y")),
        (message, unreact("y")),
        (&gone, RevisionKind::Delete),
    ] {
        assert!(ports.revise(message, "ada", kind).await.unwrap().changed);
    }
    ports.message(message, "ada").await.unwrap();
    let reaction = reaction("x");
    let query = ReactorQuery {
        conversation: id,
        message: message.id,
        reaction: &reaction,
        after: None,
        limit: 10,
    };
    let reactors = ports.messages.reactors(&ada, &query).await.unwrap();
    assert_eq!(reactors.map(|all| all.len()), Some(1));
}

async fn uploads(ports: &Ports) {
    let (ada, picture) = (user("ada"), upload("ada", Purpose::Attachment, 0));
    ports.uploads.create(&picture).await.unwrap();
    ports
        .uploads
        .set_url(picture.id, "https://a.example")
        .await
        .unwrap();
    ports.uploads.owned(&ada, &[picture.id]).await.unwrap();
    ports.uploads.usage(&ada, at(0)).await.unwrap();
    let later = Timestamp::now().plus(Duration::from_secs(1));
    for (purpose, after) in [
        (Purpose::Attachment, None),
        (Purpose::Avatar, Some(&picture)),
    ] {
        let orphans = ports.uploads.orphans(purpose, later, after, 10);
        orphans.await.unwrap();
    }
    assert!(ports.uploads.delete(picture.id).await.unwrap());
}
