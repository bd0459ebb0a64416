//! What a user is in, and the inbox.

use std::collections::HashMap;

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{
    Conversation, ConversationKind, InboxEntry, Markers, Member, Membership, Message,
};
use chat_core::store::InboxCursor;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::error::{Result, failed, odd};
use crate::rows::{self, ConversationRow, MemberRow, MessageRow, signed};

const MEMBERSHIPS: &str = r"
select c.id, c.kind, c.rev, c.last_seq, me.visible_from, me.delivered, me.read, peer.user, peer.delivered, peer.read
from chat_members as me
join chat_conversations as c on c.id = me.conversation
left join chat_members as peer on c.kind = 1 and peer.conversation = c.id and peer.user <> me.user
where me.user = ? and me.active";

type MembershipRow = (
    Uuid,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    Option<String>,
    Option<i64>,
    Option<i64>,
);

const PAGE: &str = r"
select c.id, c.kind, c.name, c.avatar, c.created_by, c.created_at, c.active_at, c.last_seq, c.rev, c.settings_rev,
    c.member_count
from chat_members as me
join chat_conversations as c on c.id = me.conversation
where me.user = ?1 and me.active and (?2 is null or (c.active_at, c.id) < (?2, ?3))
order by c.active_at desc, c.id desc limit ?4";

/// One's own membership in each, and the other one's in direct conversations.
const SIDES: &str = r"
select member.conversation, member.user, member.role, member.active, member.joined_at, member.rev,
    member.visible_from, member.delivered, member.read
from json_each(?1) as asked
join chat_conversations as c on c.id = unhex(asked.value)
join chat_members as member on member.conversation = c.id and (member.user = ?2 or c.kind = 1)";

const LAST: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at
from json_each(?1) as asked
join chat_conversations as c on c.id = unhex(asked.value)
join chat_members as me on me.conversation = c.id and me.user = ?2
join chat_messages as m on m.conversation = c.id and m.seq = c.last_seq
where m.seq > me.visible_from";

pub(super) async fn memberships(
    connection: &mut SqliteConnection,
    user: &UserId,
) -> Result<Vec<Membership>> {
    let query = sqlx::query_as(MEMBERSHIPS).bind(user.as_str());
    let found: Vec<MembershipRow> = query.fetch_all(connection).await.map_err(failed)?;
    found.into_iter().map(membership).collect()
}

fn membership(row: MembershipRow) -> Result<Membership> {
    let (id, kind, rev, last_seq, visible_from, delivered, read, peer, peer_delivered, peer_read) =
        row;
    let peer = match (peer, peer_delivered, peer_read) {
        (Some(user), Some(delivered), Some(read)) => Some((
            rows::user(&user)?,
            Markers {
                delivered: rows::seq(delivered)?,
                read: rows::seq(read)?,
            },
        )),
        _ => None,
    };
    Ok(Membership {
        conversation: ConversationId::from_uuid(id),
        kind: rows::kind(kind)?,
        rev: rows::rev(rev)?,
        last_seq: rows::seq(last_seq)?,
        visible_from: rows::seq(visible_from)?,
        markers: Markers {
            delivered: rows::seq(delivered)?,
            read: rows::seq(read)?,
        },
        peer,
    })
}

pub(super) async fn inbox(
    connection: &mut SqliteConnection,
    user: &UserId,
    after: Option<InboxCursor>,
    limit: usize,
) -> Result<Vec<InboxEntry>> {
    let query = sqlx::query_as(PAGE)
        .bind(user.as_str())
        .bind(after.map(|after| after.active_at.as_millis()))
        .bind(after.map(|after| after.conversation.as_uuid()))
        .bind(signed(limit as u64));
    let page: Vec<ConversationRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let ids = rows::hex_list(page.iter().map(|row| row.id));
    let query = sqlx::query_as(SIDES).bind(&ids).bind(user.as_str());
    let sides: Vec<MemberRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let query = sqlx::query_as(LAST).bind(&ids).bind(user.as_str());
    let last: Vec<MessageRow> = query.fetch_all(connection).await.map_err(failed)?;
    let (mut mine, mut theirs) = (HashMap::new(), HashMap::new());
    for side in sides {
        let (id, own) = (side.conversation, side.user == user.as_str());
        let member = Member::try_from(side)?;
        if own {
            mine.insert(id, member)
        } else {
            theirs.insert(id, member)
        };
    }
    let mut last: HashMap<Uuid, MessageRow> = last
        .into_iter()
        .map(|row| (row.conversation, row))
        .collect();
    let entry = |row: ConversationRow| {
        let (id, active_at) = (row.id, Timestamp::from_millis(row.active_at));
        let conversation = Conversation::try_from(row)?;
        let peer = theirs
            .remove(&id)
            .filter(|_| conversation.kind == ConversationKind::Direct);
        Ok(InboxEntry {
            me: mine
                .remove(&id)
                .ok_or_else(|| odd("a membership that vanished"))?,
            peer,
            last_message: last.remove(&id).map(Message::try_from).transpose()?,
            conversation,
            active_at,
        })
    };
    page.into_iter().map(entry).collect()
}
