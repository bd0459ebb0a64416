//! Whether a store says what the model says: every read, after every step.

use std::collections::BTreeMap;

use crate::conformance::Ports;
use crate::conformance::fixtures::{rev, seq, user};
use crate::id::{ConversationId, UserId};
use crate::model::{Changes, Member, Message, MessageKind};
use crate::store::Window;

use super::state::{Model, Seat, Sent, USERS};

/// Which number of [`USERS`] this is.
fn number(name: &UserId) -> usize {
    let known = USERS.iter().position(|known| *known == name.as_str());
    known.unwrap()
}

fn seat(member: &Member) -> (usize, Seat) {
    let seat = Seat {
        role: member.role,
        active: member.active,
        rev: member.rev.get(),
        from: member.visible_from.get(),
        delivered: member.markers.delivered.get(),
        read: member.markers.read.get(),
    };
    (number(&member.user), seat)
}

/// A message as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    seq: i64,
    rev: i64,
    first_rev: i64,
    who: usize,
    text: String,
    is_edited: bool,
    is_deleted: bool,
    /// Each reaction, how often, and the users.
    reactions: Vec<(String, usize, Vec<usize>)>,
}

fn row(message: &Message) -> Row {
    let reactions = message.reactions.iter().map(|summary| {
        let count = usize::try_from(summary.count).unwrap();
        let users = summary.users.iter().map(number).collect();
        (summary.reaction.to_string(), count, users)
    });
    Row {
        seq: message.seq.get(),
        rev: message.rev.get(),
        first_rev: message.first_rev.get(),
        who: number(&message.sender),
        text: message.text.clone(),
        is_edited: message.edited_at.is_some(),
        is_deleted: message.kind == MessageKind::Deleted,
        reactions: reactions.collect(),
    }
}

impl Model {
    fn rows(&self) -> impl Iterator<Item = Row> {
        let row = |(seq, sent): (i64, &Sent)| {
            let reactions = sent.reactions.iter();
            let reactions = reactions.map(|(text, by)| ((*text).to_owned(), by.len(), by.clone()));
            Row {
                seq,
                rev: sent.rev,
                first_rev: sent.first_rev,
                who: sent.who,
                text: sent.text.clone(),
                is_edited: sent.is_edited,
                is_deleted: sent.is_deleted,
                reactions: reactions.collect(),
            }
        };
        (1..).zip(&self.messages).map(row)
    }

    /// What a user sees of the history.
    fn visible(&self, who: usize) -> Option<Vec<Row>> {
        let from = self.active(who)?.from;
        Some(self.rows().filter(|row| row.seq > from).collect())
    }
}

pub(super) async fn compare(ports: &Ports, id: ConversationId, model: &Model, step: usize) {
    // Another place and another limit at every step.
    let turn = i64::try_from(step).unwrap();
    for (since, limit) in [(0, 1_000), (turn * 7 % (model.rev + 1), step % 9)] {
        let changes = ports.changes_of(id, since, limit).await;
        compare_changes(&changes, model, since, limit);
    }
    let heads = ports.messages.heads(&[id]).await.unwrap();
    assert_eq!(heads, [(id, rev(model.rev))]);
    assert_eq!(join_counts(ports).await, model.joins);
    for (who, name) in USERS.iter().enumerate() {
        compare_history(ports, id, model, (who, name), step).await;
        compare_membership(ports, id, model, (who, name)).await;
    }
}

/// How often each user became a member, of this group or an earlier one.
pub(super) async fn join_counts(ports: &Ports) -> BTreeMap<usize, u64> {
    let counts = ports.conversations.join_counts(&USERS.map(user)).await;
    let counts = counts.unwrap().into_iter();
    counts.map(|(user, count)| (number(&user), count)).collect()
}

fn compare_changes(changes: &Changes, model: &Model, since: i64, limit: usize) {
    let conversation = &changes.conversation;
    assert_eq!(conversation.rev.get(), model.rev);
    assert_eq!(conversation.settings_rev.get(), model.settings_rev);
    assert_eq!(conversation.last_seq.get(), model.head());
    assert_eq!(conversation.name.as_ref(), Some(&model.name));
    assert_eq!(conversation.member_count as usize, model.members());

    let seats = model.seats.iter().filter(|(_, seat)| seat.rev > since);
    let mut seats: Vec<_> = seats.map(|(who, seat)| (*who, seat.clone())).collect();
    seats.sort_by_key(|(_, seat)| seat.rev);
    let mut rows: Vec<Row> = model.rows().filter(|row| row.rev > since).collect();
    rows.sort_by_key(|row| row.rev);
    let truncated = seats.len() + rows.len() > limit;
    if truncated {
        seats.clear();
        rows.clear();
    }
    let what = format!("changes since {since}, {limit} at most");
    assert_eq!(changes.truncated, truncated, "{what}");
    let found: Vec<_> = changes.members.iter().map(seat).collect();
    assert_eq!(found, seats, "{what}");
    let found: Vec<_> = changes.messages.iter().map(row).collect();
    assert_eq!(found, rows, "{what}");
}

async fn compare_history(
    ports: &Ports,
    id: ConversationId,
    model: &Model,
    (who, name): (usize, &str),
    step: usize,
) {
    let all = model.visible(who);
    let (place, limit) = (i64::try_from(step % 13).unwrap(), step % 5 + 1);
    let below = |rows: &[Row], limit: usize| {
        let end = rows.iter().filter(|row| row.seq < place).count();
        rows[end.saturating_sub(limit)..end].to_vec()
    };
    let from = |rows: &[Row], place: i64, limit: usize| {
        let rest = rows.iter().filter(|row| row.seq >= place);
        rest.take(limit).cloned().collect::<Vec<Row>>()
    };
    let last = |rows: &[Row]| rows[rows.len().saturating_sub(limit)..].to_vec();
    let around = |rows: &[Row]| {
        let half = below(rows, limit / 2);
        [half, from(rows, place, limit - limit / 2)].concat()
    };
    let pages = all.as_deref().map(|rows| {
        [
            last(rows),
            below(rows, limit),
            from(rows, place + 1, limit),
            around(rows),
        ]
    });
    let windows = [
        Window::Latest,
        Window::Before(seq(place)),
        Window::After(seq(place)),
        Window::Around(seq(place)),
    ];
    for (n, window) in windows.into_iter().enumerate() {
        let found = ports.messages.history(id, &user(name), window, limit).await;
        let found = found.unwrap();
        let found = found.map(|page| page.iter().map(row).collect::<Vec<_>>());
        let expected = pages.as_ref().map(|pages| pages[n].clone());
        assert_eq!(found, expected, "{limit} of {window:?} for {name}");
    }
}

async fn compare_membership(
    ports: &Ports,
    id: ConversationId,
    model: &Model,
    (who, name): (usize, &str),
) {
    let (me, expected) = (user(name), model.active(who).cloned());
    let found = ports.conversations.find(id, &me).await.unwrap();
    let found = found.map(|(_, me)| seat(&me).1);
    assert_eq!(found, expected, "{name} finds");

    let members = ports
        .conversations
        .members(id, &me, None, 100)
        .await
        .unwrap();
    let members = members.map(|members| members.iter().map(seat).collect::<Vec<_>>());
    let active = model.seats.iter().filter(|(_, seat)| seat.active);
    let active: Vec<_> = active.map(|(who, seat)| (*who, seat.clone())).collect();
    assert_eq!(
        members,
        expected.is_some().then_some(active),
        "{name} lists"
    );

    let rows = ports.conversations.inbox(&me, None, 100).await.unwrap();
    let entry = rows.iter().find(|entry| entry.conversation.id == id);
    let last = entry.map(|entry| (entry.unread(), entry.last_message.as_ref().map(row)));
    let unread = |seat: &Seat| u64::try_from(model.head() - seat.read).unwrap();
    let visible = model.visible(who).and_then(|rows| rows.last().cloned());
    let expected = expected.as_ref().map(|seat| (unread(seat), visible));
    assert_eq!(last, expected, "{name}'s inbox");

    let rows = ports.conversations.memberships(&me).await.unwrap();
    let row = rows.iter().find(|row| row.conversation == id);
    let found = row.map(|row| (row.rev.get(), row.last_seq.get(), row.markers.read.get()));
    let seat = model.active(who);
    let expected = seat.map(|seat| (model.rev, model.head(), seat.read));
    assert_eq!(found, expected, "{name}'s memberships");
}
