//! Cases of backends that keep what they were given: over a reopening, and over several handles.

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, draft, login, named, rev, seq, upload, user};
use crate::model::{
    AccountPatch, ChangeKind, Draft, MarkKind, MessageKind, Purpose, Role, Rotation,
};
use crate::store::{AccountKey, Window};

/// A place where a durable backend keeps its data, empty when it is made.
///
/// It is opened several times: after a [`close`](Self::close), after the handle was only dropped,
/// and while another handle is open, as another node would.
pub trait Place: Send + Sync {
    /// What a backend's `open` gives, and what must live as long as the ports do.
    type Open: Send + Sync;

    /// Opens the backend, making what it needs if it is not there.
    fn open(&self) -> impl Future<Output = (Ports, Self::Open)> + Send;

    /// Closes it in good order.
    fn close(&self, open: Self::Open) -> impl Future<Output = ()> + Send;
}

/// Closes a place and opens it again.
async fn reopen<P: Place>(place: &P, ports: Ports, open: P::Open) -> (Ports, P::Open) {
    drop(ports);
    place.close(open).await;
    place.open().await
}

/// What was appended is there after reopening, and so is the epoch.
pub async fn an_acknowledged_message_survives<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let id = ports.group("ada", &["bob"]).await;
    let first = ports.send(id, "ada", "kept 😀").await;
    let reply = Draft {
        reply_to: Some(first.id),
        ..named(draft(id, "bob", "too"), "c1")
    };
    let reply = ports.try_send(reply).await.unwrap().message;
    let epoch = ports.messages.epoch().await.unwrap();
    let before = ports.changes_of(id, 0, 10).await;

    let (ports, _open) = reopen(place, ports, open).await;

    assert_eq!(ports.messages.epoch().await.unwrap(), epoch);
    assert_eq!(ports.changes_of(id, 0, 10).await, before);
    let ada = user("ada");
    let history = ports.messages.history(id, &ada, Window::Latest, 10).await;
    assert_eq!(history.unwrap(), Some(vec![first, reply]));
}

/// A handle that was only dropped, as by a crash, has kept what it answered.
pub async fn an_acknowledged_message_survives_without_a_close<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 20).await;
    drop((ports, open));

    let (ports, _open) = place.open().await;

    let seqs = ports.seqs(id, "ada", Window::Latest, 100).await;
    assert_eq!(seqs, Some((1..=20).collect()));
}

/// Seqs and revs go on where they ended.
pub async fn numbers_go_on_where_they_ended<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 3).await;
    let rename = ChangeKind::Rename("n".to_owned());
    ports.change(id, "ada", rename).await.unwrap();

    let (ports, _open) = reopen(place, ports, open).await;

    let next = ports.send(id, "ada", "next").await;
    assert_eq!((next.seq, next.rev), (seq(4), rev(6)));
}

/// A retry after a restart gives the first message.
pub async fn client_ids_are_remembered<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let id = ports.group("ada", &[]).await;
    let first = ports.try_send(named(draft(id, "ada", "hi"), "c1")).await;

    let (ports, _open) = reopen(place, ports, open).await;

    let again = ports
        .try_send(named(draft(id, "ada", "hi"), "c1"))
        .await
        .unwrap();
    assert_eq!(
        (again.message, again.is_new),
        (first.unwrap().message, false)
    );
}

/// Members, roles, tombstones and markers are what they were.
pub async fn memberships_and_markers_survive<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let id = ports.group("ada", &["bob", "cyd"]).await;
    let direct = ports.direct("ada", "bob").await.conversation;
    ports.send_many(id, "ada", 5).await;
    ports.mark(id, "bob", MarkKind::Delivered, 4).await.unwrap();
    ports.mark(id, "bob", MarkKind::Read, 2).await.unwrap();
    let promotion = ChangeKind::SetRole(user("bob"), Role::Admin);
    ports.change(id, "ada", promotion).await.unwrap();
    ports.change(id, "cyd", ChangeKind::Leave).await.unwrap();
    let before = ports.changes_of(id, 0, 10).await;
    let inbox = ports
        .conversations
        .inbox(&user("bob"), None, 10)
        .await
        .unwrap();

    let (ports, _open) = reopen(place, ports, open).await;

    assert_eq!(ports.changes_of(id, 0, 10).await, before);
    let found = ports
        .conversations
        .inbox(&user("bob"), None, 10)
        .await
        .unwrap();
    assert_eq!(found, inbox);
    assert_eq!(ports.direct("bob", "ada").await.conversation, direct);
}

/// Accounts and logins are what they were.
pub async fn accounts_and_logins_survive<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let (ada, session) = (account("ada"), login("id-ada", 1));
    ports.accounts.create(&ada).await.unwrap().unwrap();
    let patch = AccountPatch {
        disabled: Some(true),
        ..AccountPatch::default()
    };
    let ada = ports.accounts.update(&ada.id, &patch).await.unwrap();
    ports.logins.create(&session, 5).await.unwrap();
    ports.logins.rotate(session.id, 1, at(5), 10).await.unwrap();
    ports
        .last_seen
        .touch(&[(user("ada"), at(7))])
        .await
        .unwrap();

    let (ports, _open) = reopen(place, ports, open).await;

    let found = ports.accounts.find(AccountKey::Username("ada")).await;
    assert_eq!(found.unwrap(), ada);
    let stolen = ports
        .logins
        .rotate(session.id, 1, at(50), 10)
        .await
        .unwrap();
    assert!(matches!(stolen, Rotation::Reused(_)), "{stolen:?}");
    let seen = ports.last_seen.find(&[user("ada")]).await.unwrap();
    assert_eq!(seen, [(user("ada"), at(7))]);
}

/// Uploads, and which messages hold them.
pub async fn uploads_and_what_holds_them_survive<P: Place>(place: &P) {
    let (ports, open) = place.open().await;
    let id = ports.group("ada", &["bob"]).await;
    let (held, free) = (
        upload("ada", Purpose::Attachment, 1),
        upload("ada", Purpose::Attachment, 2),
    );
    ports.uploads.create(&held).await.unwrap();
    ports.uploads.create(&free).await.unwrap();
    let sent = Draft {
        kind: MessageKind::Image,
        attachments: vec![held.attachment()],
        ..draft(id, "ada", "")
    };
    ports.try_send(sent).await.unwrap();

    let (ports, _open) = reopen(place, ports, open).await;

    let found = ports.uploads.find(held.id, &user("bob")).await.unwrap();
    assert_eq!(found.as_ref(), Some(&held));
    assert!(!ports.uploads.delete(held.id).await.unwrap());
    assert_eq!(
        ports
            .uploads
            .orphans(Purpose::Attachment, at(10), None, 10)
            .await
            .unwrap(),
        [free]
    );
}

/// What one handle finished, another one open at the same time sees, at once.
pub async fn handles_see_what_the_others_finished<P: Place>(place: &P) {
    let ((one, _first), (two, _second)) = (place.open().await, place.open().await);
    let epochs = (one.messages.epoch().await, two.messages.epoch().await);
    assert_eq!(epochs.0.unwrap(), epochs.1.unwrap());
    let id = one.group("ada", &["bob"]).await;
    for n in 1..=10 {
        let (writer, reader) = if n % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        assert_eq!(writer.send(id, "ada", "x").await.seq, seq(n));
        let latest = reader.seqs(id, "bob", Window::Latest, 1).await;
        assert_eq!(latest, Some(vec![n]));
        writer.mark(id, "bob", MarkKind::Read, n).await.unwrap();
        let (_, me) = reader
            .conversations
            .find(id, &user("bob"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(me.markers.read, seq(n));
    }
    two.change(id, "ada", ChangeKind::Remove(user("bob")))
        .await
        .unwrap();
    let refused = one.try_send(draft(id, "bob", "still here?")).await;
    assert!(refused.is_err(), "{refused:?}");
}

/// Several handles at once number one log, and take one client id for one message.
pub async fn handles_at_once_are_one_store<P: Place>(place: &P) {
    let ((one, _first), (two, _second)) = (place.open().await, place.open().await);
    let id = one.group("ada", &[]).await;
    let handles = [one.clone(), two];
    let answers = one
        .race(4, move |_, n| {
            let ports = handles[n % 2].clone();
            async move {
                let mut answers = Vec::new();
                for round in 0..10 {
                    ports.send(id, "ada", "filler").await;
                    let shared = named(draft(id, "ada", "once"), &format!("c{round}"));
                    answers.push(ports.try_send(shared).await.unwrap());
                }
                (answers, ports.direct("ada", "bob").await)
            }
        })
        .await;
    for round in 0..10 {
        let of_all: Vec<_> = answers.iter().map(|(answers, _)| &answers[round]).collect();
        assert_eq!(of_all.iter().filter(|answer| answer.is_new).count(), 1);
        let same = of_all
            .iter()
            .all(|answer| answer.message == of_all[0].message);
        assert!(same, "{of_all:?}");
    }
    let opened = answers.iter().filter(|(_, direct)| direct.is_new);
    assert_eq!(opened.count(), 1);
    let seqs = one.seqs(id, "ada", Window::Latest, 100).await;
    assert_eq!(seqs, Some((1..=50).collect()));
}
