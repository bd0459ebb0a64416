//! Cases of changing messages after they were sent.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, named, rev, seq, upload, user};
use crate::id::{ConversationId, MessageId, UploadId};
use crate::model::{
    ChangeKind, Draft, MarkKind, Message, MessageKind, Purpose, Reaction, Refusal, Revised,
    Revision, RevisionKind, Role, words,
};
use crate::store::{SearchQuery, Window};

pub(super) fn reaction(text: &str) -> Reaction {
    Reaction::new(text).unwrap()
}

pub(super) fn edit(text: &str) -> RevisionKind {
    RevisionKind::Edit(text.to_owned())
}

pub(super) fn react(text: &str) -> RevisionKind {
    RevisionKind::React(reaction(text))
}

pub(super) fn unreact(text: &str) -> RevisionKind {
    RevisionKind::Unreact(reaction(text))
}

impl Ports {
    pub(super) async fn revise(
        &self,
        message: &Message,
        actor: &str,
        kind: RevisionKind,
    ) -> Result<Revised, Refusal> {
        self.revise_at(message.conversation, message.id, actor, kind)
            .await
    }

    async fn revise_at(
        &self,
        conversation: ConversationId,
        message: MessageId,
        actor: &str,
        kind: RevisionKind,
    ) -> Result<Revised, Refusal> {
        let revision = Revision {
            conversation,
            message,
            actor: user(actor),
            kind,
            at: at(2_000),
            max_reactions: 50,
            blind_words: None,
        };
        self.messages.revise(&revision).await.unwrap()
    }

    pub(super) async fn message(&self, message: &Message, viewer: &str) -> Option<Message> {
        let (conversation, viewer) = (message.conversation, user(viewer));
        let found = self.messages.find(conversation, &viewer, message.id).await;
        found.unwrap()
    }

    async fn send_picture(&self, id: ConversationId, picture: UploadId) -> Message {
        let owned = self.uploads.owned(&user("ada"), &[picture]).await.unwrap();
        let picture = Draft {
            kind: MessageKind::Image,
            attachments: owned.iter().map(crate::model::Upload::attachment).collect(),
            ..draft(id, "ada", "look")
        };
        self.try_send(picture).await.unwrap().message
    }

    async fn found(&self, id: ConversationId, text: &str) -> Vec<i64> {
        let words = words(text);
        let query = SearchQuery {
            conversations: &[id],
            words: &words,
            before: None,
            limit: 10,
        };
        let found = self.messages.search(&user("ada"), &query).await.unwrap();
        found.iter().map(|message| message.seq.get()).collect()
    }

    async fn reactors_of(
        &self,
        message: &Message,
        text: &str,
        viewer: &str,
    ) -> Option<Vec<String>> {
        let reaction = reaction(text);
        let query = crate::store::ReactorQuery {
            conversation: message.conversation,
            message: message.id,
            reaction: &reaction,
            after: None,
            limit: 1_000,
        };
        let found = self.messages.reactors(&user(viewer), &query).await.unwrap();
        found.map(|all| all.iter().map(|one| one.user.to_string()).collect())
    }
}

/// What a message tells of its reactions.
pub(super) fn told(message: &Message) -> Vec<(&str, u64, Vec<&str>)> {
    let told = message.reactions.iter().map(|summary| {
        let users = summary.users.iter().map(crate::id::UserId::as_str);
        (summary.reaction.as_str(), summary.count, users.collect())
    });
    told.collect()
}

/// The text is another one, the rev the next; all else stays, in every read.
pub async fn an_edit_replaces_the_text_and_takes_a_rev(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.try_send(named(draft(id, "ada", "helo"), "c1")).await;
    let sent = sent.unwrap().message;
    ports.send(id, "bob", "hi").await;

    let edited = ports.revise(&sent, "ada", edit("hello")).await.unwrap();

    assert_eq!((sent.first_rev, sent.edited_at), (sent.rev, None));
    let now = Message {
        text: "hello".to_owned(),
        rev: rev(4),
        edited_at: Some(at(2_000)),
        ..sent.clone()
    };
    assert_eq!((&edited.message, edited.changed), (&now, true));
    assert_eq!(ports.message(&sent, "bob").await, Some(now.clone()));
    assert_eq!(ports.texts(id, "bob").await, ["hello", "hi"]);
    let again = ports.revise(&sent, "ada", edit("Hello")).await.unwrap();
    assert_eq!(
        (again.message.rev, again.message.first_rev),
        (rev(5), rev(2))
    );
}

/// Nobody edits another's message, whatever the role.
pub async fn only_the_sender_edits(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "bob", "mine").await;
    let refused = ports.revise(&sent, "ada", edit("yours")).await;
    assert_eq!(refused, Err(Refusal::Forbidden));
    assert_eq!(ports.message(&sent, "ada").await, Some(sent));
}

/// Its place, its sender and its client id stay, and nothing else; a retry gives it back.
pub async fn a_deleted_message_is_a_tombstone(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let first = ports.send(id, "bob", "first").await;
    let reply = Draft {
        reply_to: Some(first.id),
        ..named(draft(id, "ada", "secret"), "c1")
    };
    let sent = ports.try_send(reply.clone()).await.unwrap().message;
    ports.revise(&sent, "bob", react("x")).await.unwrap();

    let deleted = ports.revise(&sent, "ada", RevisionKind::Delete).await;

    let tombstone = Message {
        rev: rev(5),
        ..sent.tombstone()
    };
    assert_eq!(deleted.unwrap().message, tombstone);
    assert_eq!(tombstone.kind, MessageKind::Deleted);
    let read = ports.message(&sent, "bob").await;
    assert_eq!(read, Some(tombstone.clone()));
    assert_eq!(ports.reactors_of(&sent, "x", "bob").await, Some(Vec::new()));
    let retried = ports.try_send(reply.clone()).await.unwrap();
    assert_eq!((&retried.message, retried.is_new), (&tombstone, false));
    let other = named(draft(id, "ada", "other"), "c1");
    assert_eq!(ports.try_send(other).await, Err(Refusal::ClientIdReused));
    assert_eq!(ports.send(id, "bob", "next").await.seq, seq(3));
}

/// The sender deletes, and in a group admins and owners do.
pub async fn senders_and_those_who_preside_delete(ports: &Ports) {
    let id = ports.group("ada", &["bob", "cyd", "dan"]).await;
    let raise = ChangeKind::SetRole(user("cyd"), Role::Admin);
    ports.change(id, "ada", raise).await.unwrap();
    for (sender, actor, may) in [
        ("bob", "bob", true),
        ("bob", "cyd", true),
        ("bob", "ada", true),
        ("ada", "cyd", true),
        ("bob", "dan", false),
    ] {
        let sent = ports.send(id, sender, "x").await;
        let deleted = ports.revise(&sent, actor, RevisionKind::Delete).await;
        assert_eq!(deleted.is_ok(), may, "{actor} deletes of {sender}");
    }
    let direct = ports.direct("ada", "bob").await.conversation.id;
    let sent = ports.send(direct, "ada", "x").await;
    let refused = ports.revise(&sent, "bob", RevisionKind::Delete).await;
    assert_eq!(refused, Err(Refusal::Forbidden));
}

/// Deleting wins for ever.
pub async fn nothing_is_done_to_a_deleted_message(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    let deleted = ports.revise(&sent, "ada", RevisionKind::Delete).await;
    let tombstone = deleted.unwrap().message;
    for kind in [edit("y"), react("x")] {
        let refused = ports.revise(&sent, "ada", kind).await;
        assert_eq!(refused, Err(Refusal::MessageDeleted));
    }
    for kind in [RevisionKind::Delete, unreact("x")] {
        let same = ports.revise(&sent, "ada", kind).await.unwrap();
        assert_eq!((&same.message, same.changed), (&tombstone, false));
    }
}

/// What is so already takes no rev and gives the message as it is.
pub async fn what_changes_nothing_takes_no_rev(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    let reacted = ports.revise(&sent, "bob", react("x")).await.unwrap();
    for (actor, kind) in [
        ("ada", edit("x")),
        ("bob", react("x")),
        ("bob", unreact("y")),
        ("ada", unreact("x")),
    ] {
        let same = ports.revise(&sent, actor, kind.clone()).await.unwrap();
        assert_eq!(same.message, reacted.message, "{kind:?}");
        assert!(!same.changed, "{kind:?}");
    }
    let heads = ports.messages.heads(&[id]).await.unwrap();
    assert_eq!(heads, [(id, rev(3))]);
}

/// To strangers, former members and those who joined later it does not exist.
pub async fn what_one_may_not_read_one_cannot_revise(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    let add = ChangeKind::Add(vec![user("cyd")]);
    ports.change(id, "ada", add).await.unwrap();
    let elsewhere = ports.group("ada", &[]).await;
    for (place, message, actor, refusal) in [
        (id, sent.id, "eve", Refusal::NotMember),
        (id, sent.id, "bob", Refusal::NotMember),
        (ConversationId::new(), sent.id, "ada", Refusal::NotMember),
        (id, sent.id, "cyd", Refusal::UnknownMessage),
        (elsewhere, sent.id, "ada", Refusal::UnknownMessage),
        (id, MessageId::new(), "ada", Refusal::UnknownMessage),
    ] {
        for kind in [edit("y"), RevisionKind::Delete, react("x"), unreact("x")] {
            let refused = ports.revise_at(place, message, actor, kind).await;
            assert_eq!(refused, Err(refusal), "{actor}");
        }
        let found = ports.messages.find(place, &user(actor), message).await;
        assert_eq!(found.unwrap(), None, "{actor}");
    }
    for viewer in ["eve", "bob", "cyd"] {
        assert_eq!(
            ports.reactors_of(&sent, "x", viewer).await,
            None,
            "{viewer}"
        );
    }
    assert_eq!(ports.message(&sent, "ada").await, Some(sent));
}

/// The search goes by what a message says now.
pub async fn a_revised_message_is_found_by_the_words_it_has_now(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let sent = ports.send(id, "ada", "red apple").await;
    ports
        .revise(&sent, "ada", edit("green apple"))
        .await
        .unwrap();
    assert_eq!(ports.found(id, "red").await, [0; 0]);
    assert_eq!(ports.found(id, "green apple").await, [1]);
    ports.revise(&sent, "ada", edit("?!")).await.unwrap();
    assert_eq!(ports.found(id, "apple").await, [0; 0]);
    ports.revise(&sent, "ada", edit("apple")).await.unwrap();
    assert_eq!(ports.found(id, "apple").await, [1]);
    ports
        .revise(&sent, "ada", RevisionKind::Delete)
        .await
        .unwrap();
    assert_eq!(ports.found(id, "apple").await, [0; 0]);
}

/// An upload is let go with the last message that holds it, and not before.
pub async fn deleting_lets_go_what_no_other_message_holds(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let picture = upload("ada", Purpose::Attachment, 0);
    ports.uploads.create(&picture).await.unwrap();
    let one = ports.send_picture(id, picture.id).await;
    let two = ports.send_picture(id, picture.id).await;
    let edited = ports.revise(&one, "ada", edit("")).await.unwrap();
    assert_eq!(edited.message.attachments, one.attachments);

    ports
        .revise(&one, "ada", RevisionKind::Delete)
        .await
        .unwrap();

    assert_eq!(
        ports
            .uploads
            .orphans(Purpose::Attachment, at(1), None, 10)
            .await
            .unwrap(),
        []
    );
    assert!(!ports.uploads.delete(picture.id).await.unwrap());
    let bob = user("bob");
    let seen = ports.uploads.find(picture.id, &bob).await.unwrap();
    assert!(seen.is_some(), "the other message holds it");
    ports
        .revise(&two, "ada", RevisionKind::Delete)
        .await
        .unwrap();
    let orphans = ports
        .uploads
        .orphans(Purpose::Attachment, at(1), None, 10)
        .await
        .unwrap();
    assert_eq!(orphans, std::slice::from_ref(&picture));
    assert_eq!(ports.uploads.find(picture.id, &bob).await.unwrap(), None);
    assert!(ports.uploads.delete(picture.id).await.unwrap());
}

/// All are counted, and the first twenty named in the order in which they reacted.
pub async fn reactions_are_counted_and_the_first_named(ports: &Ports) {
    let names: Vec<String> = (0..24).map(|n| format!("u{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = ports.group("ada", &names).await;
    let sent = ports.send(id, "ada", "x").await;
    for name in names.iter().rev() {
        ports.revise(&sent, name, react("+1")).await.unwrap();
    }
    let first = ports
        .revise(&sent, "u03", react("*"))
        .await
        .unwrap()
        .message;
    let last_first: Vec<&str> = names.iter().rev().copied().collect();
    let all = (("*", 1, vec!["u03"]), ("+1", 24, last_first[..20].to_vec()));
    assert_eq!(told(&first), [all.0.clone(), all.1]);

    ports.revise(&sent, "u23", unreact("+1")).await.unwrap();
    ports.revise(&sent, "u00", unreact("+1")).await.unwrap();

    let now = ports.message(&sent, "ada").await.unwrap();
    assert_eq!(told(&now), [all.0, ("+1", 22, last_first[1..21].to_vec())]);
    let reactors = ports.reactors_of(&sent, "+1", "ada").await;
    assert_eq!(reactors.unwrap(), last_first[1..23]);
    ports.revise(&sent, "u03", unreact("*")).await.unwrap();
    let back = ports.revise(&sent, "u23", react("+1")).await.unwrap();
    let expected = [("+1", 23, last_first[1..21].to_vec())];
    assert_eq!(told(&back.message), expected, "who comes back is last");
}

/// One kind more than allowed is refused; those that are there go on.
pub async fn kinds_of_reactions_are_limited(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    for n in 0..50 {
        let kind = react(&format!("r{n}"));
        ports.revise(&sent, "ada", kind).await.unwrap();
    }
    let refused = ports.revise(&sent, "bob", react("r50")).await;
    assert_eq!(refused, Err(Refusal::TooManyReactions));
    assert!(ports.revise(&sent, "bob", react("r7")).await.is_ok());
    ports.revise(&sent, "ada", unreact("r0")).await.unwrap();
    assert!(ports.revise(&sent, "bob", react("r50")).await.is_ok());
}

/// Pages give each once, in the order in which they reacted.
pub async fn those_who_reacted_are_paged(ports: &Ports) {
    let names = ["cyd", "bob", "dan", "eve", "fay"];
    let id = ports.group("ada", &names).await;
    let sent = ports.send(id, "ada", "x").await;
    for name in names {
        ports.revise(&sent, name, react("x")).await.unwrap();
    }
    ports.revise(&sent, "ada", react("y")).await.unwrap();
    let (viewer, reaction) = (user("ada"), reaction("x"));
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let query = crate::store::ReactorQuery {
            conversation: id,
            message: sent.id,
            reaction: &reaction,
            after,
            limit: 2,
        };
        let page = ports.messages.reactors(&viewer, &query).await.unwrap();
        let page = page.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.rev);
        assert!(page.len() <= 2 && page.iter().all(|one| one.at == at(2_000)));
        all.extend(page.into_iter().map(|one| one.user.to_string()));
    }
    assert_eq!(all, names);
}

/// Reactions are told apart by their bytes.
pub async fn reactions_that_look_alike_are_different(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let sent = ports.send(id, "ada", "x").await;
    let alike = ["A", "a", "à", "❤", "❤\u{fe0f}"];
    for text in alike {
        ports.revise(&sent, "ada", react(text)).await.unwrap();
    }
    let now = ports.message(&sent, "ada").await.unwrap();
    assert_eq!(told(&now), alike.map(|text| (text, 1, vec!["ada"])));
    for text in alike {
        let reactors = ports.reactors_of(&sent, text, "ada").await;
        assert_eq!(reactors.unwrap(), ["ada"], "{text}");
    }
}

/// Who leaves leaves the reactions behind.
pub async fn reactions_stay_when_their_users_leave(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    ports.revise(&sent, "bob", react("x")).await.unwrap();
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    let now = ports.message(&sent, "ada").await.unwrap();
    assert_eq!(told(&now), [("x", 1, vec!["bob"])]);
    let refused = ports.revise(&sent, "bob", unreact("x")).await;
    assert_eq!(refused, Err(Refusal::NotMember));
}

/// However often a message was revised, it is one row, as it is now, and tells since when it is there.
pub async fn changes_tell_a_revised_message_once(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    let other = ports.send(id, "bob", "other").await;
    for text in ["one", "two"] {
        ports.revise(&sent, "ada", edit(text)).await.unwrap();
    }
    let now = ports
        .revise(&sent, "bob", react("x"))
        .await
        .unwrap()
        .message;

    let all = ports.changes_of(id, 1, 10).await;
    assert_eq!(all.messages, [other, now.clone()]);
    let late = ports.changes_of(id, 3, 10).await;
    assert_eq!(late.messages, std::slice::from_ref(&now));
    assert_eq!((now.first_rev, now.rev), (rev(2), rev(6)));
    assert_eq!(late.conversation.rev, rev(6));
    assert_eq!(ports.changes_of(id, 6, 10).await.messages, []);
}

/// Revising reads nothing, and brings no conversation to the top.
pub async fn a_revision_moves_no_marker_and_no_row_of_the_inbox(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let sent = ports.send(id, "ada", "x").await;
    ports.send(id, "ada", "y").await;
    ports.mark(id, "bob", MarkKind::Read, 1).await.unwrap();
    let entry = |rows: Vec<crate::model::InboxEntry>| rows.into_iter().next().unwrap();
    let before = entry(
        ports
            .conversations
            .inbox(&user("bob"), None, 10)
            .await
            .unwrap(),
    );
    ports.revise(&sent, "bob", react("x")).await.unwrap();
    ports
        .revise(&sent, "ada", RevisionKind::Delete)
        .await
        .unwrap();
    let after = entry(
        ports
            .conversations
            .inbox(&user("bob"), None, 10)
            .await
            .unwrap(),
    );
    assert_eq!((after.unread(), after.me.markers), (1, before.me.markers));
    assert_eq!(after.active_at, before.active_at);
    assert_eq!(after.last_message, before.last_message);
    assert_eq!(
        ports.seqs(id, "bob", Window::Latest, 10).await,
        Some(vec![1, 2])
    );
}
