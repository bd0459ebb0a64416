//! Cases of [`AdminStore`](crate::store::AdminStore).

use crate::conformance::fixtures::{account, at, draft, login, named, rev, upload, user};
use crate::conformance::revisions::{react, told};
use crate::conformance::{Ports, exercise};
use crate::id::{ConversationId, Seq};
use crate::model::{
    ChangeKind, Draft, MarkKind, Message, MessageKind, Purpose, RevisionKind, Role, words,
};
use crate::store::{AccountKey, SearchQuery, Since, Window};

async fn history(ports: &Ports, id: ConversationId, viewer: &str) -> Vec<Message> {
    let page = ports
        .messages
        .history(id, &user(viewer), Window::Latest, 1_000)
        .await;
    page.unwrap().unwrap()
}

/// Account, logins and last seen are gone, for everybody.
pub async fn an_erased_user_is_gone(ports: &Ports) {
    let (mut ada, mut session) = (account("ada"), login("ada", 1));
    ada.id = user("ada");
    session.user = user("ada");
    ports.accounts.create(&ada).await.unwrap().unwrap();
    ports.logins.create(&session, 5).await.unwrap();
    ports
        .last_seen
        .touch(&[(ada.id.clone(), at(1))])
        .await
        .unwrap();

    ports.admin.erase(&ada.id, at(9)).await.unwrap();

    let ids = [ada.id.clone()];
    assert_eq!(
        ports.accounts.find(AccountKey::Id(&ada.id)).await.unwrap(),
        None
    );
    assert_eq!(ports.users.find(&ids).await.unwrap(), []);
    assert_eq!(ports.logins.find(session.id, at(2)).await.unwrap(), None);
    assert_eq!(ports.last_seen.find(&ids).await.unwrap(), []);
    // The name is free again, for somebody else.
    ada.id = user("another");
    ports.accounts.create(&ada).await.unwrap().unwrap();
}

/// Pictures are gone and told, in messages and as a group's avatar; those of others stay.
pub async fn an_erased_users_pictures_are_gone(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = upload("ada", Purpose::Attachment, 1);
    let (face, kept) = (
        upload("ada", Purpose::Avatar, 2),
        upload("bob", Purpose::Avatar, 1),
    );
    for upload in [&sent, &kept, &face] {
        ports.uploads.create(upload).await.unwrap();
    }
    let picture = Draft {
        kind: MessageKind::Image,
        attachments: vec![sent.attachment()],
        ..draft(id, "ada", "")
    };
    ports.try_send(picture).await.unwrap();
    ports
        .change(id, "ada", ChangeKind::Avatar(Some(face.id)))
        .await
        .unwrap();

    let mut erased = ports.admin.erase(&user("ada"), at(9)).await.unwrap();

    erased.uploads.sort_by_key(|upload| upload.created_at);
    assert_eq!((erased.messages, erased.conversations), (1, 1));
    assert_eq!(erased.uploads, [sent.clone(), face.clone()]);
    for (upload, is_there) in [(sent, false), (face, false), (kept, true)] {
        let found = ports.uploads.find(upload.id, &user("bob")).await.unwrap();
        assert_eq!(found.is_some(), is_there);
    }
    let (conversation, _) = ports
        .conversations
        .find(id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(conversation.avatar, None);
}

/// Messages keep their places and numbers, and lose all else.
pub async fn erased_messages_keep_their_places(ports: &Ports) {
    let id = ports.group("bob", &["ada"]).await;
    let first = ports.send(id, "bob", "word of bob").await;
    let reply = Draft {
        reply_to: Some(first.id),
        ..named(draft(id, "ada", "word of ada"), "c1")
    };
    let sent = ports.try_send(reply).await.unwrap().message;
    let last = ports.send(id, "bob", "word at last").await;

    ports.admin.erase(&user("ada"), at(9)).await.unwrap();

    let blank = Message {
        kind: MessageKind::Deleted,
        text: String::new(),
        client_id: None,
        reply_to: None,
        ..sent
    };
    assert_eq!(
        history(ports, id, "bob").await,
        [first.clone(), blank, last.clone()]
    );
    let words = words("word");
    let query = SearchQuery {
        conversations: &[id],
        words: &words,
        before: None,
        limit: 10,
    };
    let found = ports.messages.search(&user("bob"), &query).await.unwrap();
    let found: Vec<Seq> = found.iter().map(|message| message.seq).collect();
    assert_eq!(found, [last.seq, first.seq]);
    ports.send(id, "bob", "and on").await;
    assert_eq!(
        ports.seqs(id, "bob", Window::Latest, 10).await,
        Some(vec![1, 2, 3, 4])
    );
}

/// The user is in no conversation any more; each tells it with a rev.
pub async fn erasing_leaves_every_conversation(ports: &Ports) {
    let group = ports.group("bob", &["ada"]).await;
    let direct = ports.direct("ada", "bob").await.conversation.id;
    let left = ports.group("bob", &["ada"]).await;
    ports.change(left, "ada", ChangeKind::Leave).await.unwrap();

    let erased = ports.admin.erase(&user("ada"), at(9)).await.unwrap();

    assert_eq!(erased.conversations, 2);
    assert_eq!(
        ports.conversations.memberships(&user("ada")).await.unwrap(),
        []
    );
    for id in [group, direct] {
        let since = Since {
            conversation: id,
            rev: rev(1),
        };
        let changes = ports
            .messages
            .changes(&[since], 10)
            .await
            .unwrap()
            .remove(0);
        let gone: Vec<_> = changes
            .members
            .iter()
            .map(|member| (member.user.as_str(), member.active))
            .collect();
        assert_eq!(gone, [("ada", false)]);
        assert_eq!(
            (changes.conversation.rev, changes.conversation.member_count),
            (rev(2), 1)
        );
    }
    assert_eq!(ports.changes_of(left, 2, 10).await.members, []);
}

/// A group whose last owner is erased gets another: the highest role, then who joined first.
pub async fn the_last_owner_who_is_erased_leaves_an_owner(ports: &Ports) {
    let plain = ports.group("ada", &["zoe", "bob"]).await;
    let ranked = ports.group("ada", &["bob", "zoe"]).await;
    ports
        .change(ranked, "ada", ChangeKind::SetRole(user("zoe"), Role::Admin))
        .await
        .unwrap();
    let alone = ports.group("ada", &[]).await;

    ports.admin.erase(&user("ada"), at(9)).await.unwrap();

    for (id, heir) in [(plain, "bob"), (ranked, "zoe")] {
        let members = ports
            .conversations
            .members(id, &user("bob"), None, 10)
            .await
            .unwrap()
            .unwrap();
        let owners: Vec<&str> = members
            .iter()
            .filter(|member| member.role == Role::Owner)
            .map(|member| member.user.as_str())
            .collect();
        assert_eq!(owners, [heir]);
        let changes = ports.changes_of(id, 0, 10).await;
        let mut revs: Vec<_> = changes.members.iter().map(|member| member.rev).collect();
        revs.sort();
        revs.dedup();
        let tail: Vec<_> = revs.into_iter().rev().take(2).collect();
        assert_eq!(
            tail[0], changes.conversation.rev,
            "the removal is the last rev"
        );
        assert_eq!(tail[1].next(), tail[0]);
    }
    assert_eq!(
        ports.conversations.find(alone, &user("ada")).await.unwrap(),
        None
    );
}

/// Once is enough, and of nobody there is nothing.
pub async fn erasing_again_finds_nothing(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "ada", "hi").await;
    assert_eq!(
        ports
            .admin
            .erase(&user("ada"), at(9))
            .await
            .unwrap()
            .messages,
        1
    );
    let before = ports.changes_of(id, 0, 10).await;
    for name in ["ada", "nobody"] {
        let again = ports.admin.erase(&user(name), at(10)).await.unwrap();
        assert_eq!(
            (again.messages, again.conversations, again.uploads.len()),
            (0, 0, 0)
        );
    }
    assert_eq!(ports.changes_of(id, 0, 10).await, before);
}

/// The user's reactions are gone from what others sent, and all from what the user sent; no message takes a
/// rev for it.
pub async fn an_erased_users_reactions_are_taken_back(ports: &Ports) {
    let names: Vec<String> = (0..22).map(|n| format!("u{n:02}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = ports.group("bob", &members).await;
    let theirs = ports.send(id, "bob", "theirs").await;
    let own = ports.send(id, "u00", "own").await;
    for name in &members {
        ports.revise(&theirs, name, react("x")).await.unwrap();
    }
    for (message, actor, text) in [
        (&theirs, "u00", "y"),
        (&own, "bob", "x"),
        (&own, "u00", "x"),
    ] {
        ports.revise(message, actor, react(text)).await.unwrap();
    }
    let before = ports.message(&theirs, "bob").await.unwrap();

    let erased = ports.admin.erase(&user("u00"), at(9)).await.unwrap();

    assert_eq!((erased.reactions, erased.messages), (2, 1));
    let now = ports.message(&theirs, "bob").await.unwrap();
    assert_eq!(told(&now), [("x", 21, members[1..21].to_vec())]);
    assert_eq!(now.rev, before.rev);
    assert_eq!(told(&ports.message(&own, "bob").await.unwrap()), []);
    assert_eq!(
        ports
            .admin
            .reactions_of(&user("u00"), None, 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
    ports.revise(&theirs, "u01", react("z")).await.unwrap();
    let again = ports.admin.erase(&user("u00"), at(10)).await.unwrap();
    assert_eq!(again.reactions, 0);
}

/// What the user deleted before keeps no client id.
pub async fn an_erased_users_tombstones_tell_nothing(ports: &Ports) {
    let id = ports.group("bob", &["ada"]).await;
    let sent = ports.try_send(named(draft(id, "ada", "x"), "c1")).await;
    let sent = sent.unwrap().message;
    let deleted = ports.revise(&sent, "ada", RevisionKind::Delete).await;
    let deleted = deleted.unwrap().message;

    let erased = ports.admin.erase(&user("ada"), at(9)).await.unwrap();

    assert_eq!(erased.messages, 0, "it had lost its content before");
    let blank = Message {
        client_id: None,
        ..deleted
    };
    assert_eq!(history(ports, id, "bob").await, [blank]);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}

/// Also those to what others sent, page by page, in conversations that were left too.
pub async fn every_reaction_of_a_user_is_exported(ports: &Ports) {
    let mut ids = [
        ports.group("bob", &["ada"]).await,
        ports.group("bob", &["ada"]).await,
    ];
    ids.sort();
    let mut expected = Vec::new();
    for id in ids {
        for seq in 1..=2 {
            let sent = ports.send(id, "bob", "x").await;
            for text in ["b", "a"] {
                ports.revise(&sent, "ada", react(text)).await.unwrap();
            }
            ports.revise(&sent, "bob", react("a")).await.unwrap();
            expected.extend([(id, seq, "a".to_owned()), (id, seq, "b".to_owned())]);
        }
        ports.change(id, "ada", ChangeKind::Leave).await.unwrap();
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ports
            .admin
            .reactions_of(&user("ada"), after.as_ref(), 3)
            .await;
        let page = page.unwrap();
        let place = page.iter();
        all.extend(place.map(|one| (one.conversation, one.seq.get(), one.reaction.to_string())));
        after = page.last().cloned();
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, expected);
}

/// All of a user is there, page by page, also of conversations that were left.
pub async fn everything_of_a_user_is_exported(ports: &Ports) {
    let mut ids = [
        ports.group("ada", &["bob"]).await,
        ports.group("bob", &["ada"]).await,
    ];
    ids.sort();
    for id in ids {
        for n in 0..5 {
            ports.send(id, "ada", &n.to_string()).await;
            ports.send(id, "bob", "other").await;
        }
    }
    let mut uploads = Vec::new();
    for n in 0..5 {
        let one = upload("ada", Purpose::Attachment, n);
        ports.uploads.create(&one).await.unwrap();
        uploads.push(one);
    }
    uploads.sort_by_key(|upload| upload.id);
    let owners = ports
        .conversations
        .find(ids[0], &user("bob"))
        .await
        .unwrap()
        .unwrap()
        .1
        .role;
    let left = if owners == Role::Owner {
        ids[0]
    } else {
        ids[1]
    };
    ports.change(left, "ada", ChangeKind::Leave).await.unwrap();
    let (ada, admin) = (user("ada"), &ports.admin);

    let (mut sent, mut after) = (Vec::new(), None);
    loop {
        let page = admin.sent(&ada, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.conversation, last.seq));
        sent.extend(
            page.into_iter()
                .map(|message| (message.conversation, message.text)),
        );
    }
    let expected = ids
        .into_iter()
        .flat_map(|id| (0..5).map(move |n| (id, n.to_string())));
    assert_eq!(sent, expected.collect::<Vec<_>>());
    let first = admin.uploads_of(&ada, None, 3).await.unwrap();
    let rest = admin.uploads_of(&ada, Some(first[2].id), 3).await.unwrap();
    assert_eq!([first, rest].concat(), uploads);
    let standings = admin.standings(&ada).await.unwrap();
    let standings: Vec<_> = standings
        .iter()
        .map(|(id, member)| (*id, member.active))
        .collect();
    assert_eq!(standings, ids.map(|id| (id, id != left)));
}

/// Whatever the ports do, there is no damage.
pub async fn a_store_that_was_only_used_has_no_damage(ports: &Ports) {
    exercise::every_call(ports).await;
    let id = ports.group("ada", &["bob", "cyd"]).await;
    ports.send_many(id, "ada", 20).await;
    ports.mark(id, "bob", MarkKind::Read, 20).await.unwrap();
    ports.change(id, "cyd", ChangeKind::Leave).await.unwrap();
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
    ports.admin.erase(&user("ada"), at(9)).await.unwrap();
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}
