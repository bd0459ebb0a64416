//! What a user is in, and the inbox.

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{InboxEntry, Markers, Membership};
use chat_core::store::InboxCursor;
use sqlx::FromRow;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, Columns as _, ConversationRow, MemberRow, MessageRow, signed};

/// Only direct conversations have their other side looked up: in a group that would be everyone.
const MEMBERSHIPS: &str = r"
select c.id, c.kind, c.rev, c.last_seq, me.visible_from, me.delivered, me.read, peer.user, peer.delivered, peer.read
from chat_members as me
cross join chat_conversations as c on c.id = me.conversation
left join chat_members as peer on peer.conversation = iif(c.kind = 1, c.id, null) and peer.user <> me.user
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

/// A page, each row with both sides and the last message. The page is cut before anything is joined
/// to it.
const INBOX: &str = r"
with page as materialized (
    select c.id, c.active_at
    from chat_members as me
    cross join chat_conversations as c on c.id = me.conversation
    where me.user = ?1 and me.active and (?2 is null or (c.active_at, c.id) < (?2, ?3))
    order by c.active_at desc, c.id desc limit ?4
)
select c.id, c.kind, c.name, c.avatar, c.created_by, c.created_at, c.active_at, c.last_seq, c.rev, c.settings_rev,
    c.member_count,
    me.conversation, me.user, me.role, me.active, me.joined_at, me.rev, me.visible_from, me.delivered, me.read,
    m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions,
    peer.conversation, peer.user, peer.role, peer.active, peer.joined_at, peer.rev, peer.visible_from, peer.delivered,
    peer.read
from page
cross join chat_conversations as c on c.id = page.id
cross join chat_members as me on me.conversation = c.id and me.user = ?1
left join chat_messages as m on m.conversation = c.id and m.seq = c.last_seq and m.seq > me.visible_from
left join chat_members as peer on peer.conversation = iif(c.kind = 1, c.id, null) and peer.user <> ?1
order by page.active_at desc, page.id desc";

pub(super) async fn memberships(db: &mut Db<'_>, user: &UserId) -> Result<Vec<Membership>> {
    let query = sqlx::query_as(db.sql(MEMBERSHIPS)).bind(user.as_str());
    let found: Vec<MembershipRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    found.into_iter().map(membership).collect()
}

fn membership(row: MembershipRow) -> Result<Membership> {
    let (id, kind, rev, last_seq, visible_from, delivered, read, peer, peer_delivered, peer_read) =
        row;
    let peer = match (peer, peer_delivered, peer_read) {
        (Some(user), Some(delivered), Some(read)) => {
            Some((rows::user(&user)?, markers(delivered, read)?))
        }
        _ => None,
    };
    Ok(Membership {
        conversation: ConversationId::from_uuid(id),
        kind: rows::kind(kind)?,
        rev: rows::rev(rev)?,
        last_seq: rows::seq(last_seq)?,
        visible_from: rows::seq(visible_from)?,
        markers: markers(delivered, read)?,
        peer,
    })
}

fn markers(delivered: i64, read: i64) -> Result<Markers> {
    Ok(Markers {
        delivered: rows::seq(delivered)?,
        read: rows::seq(read)?,
    })
}

/// A row of [`INBOX`].
#[derive(Debug)]
struct InboxRow {
    conversation: ConversationRow,
    me: MemberRow,
    last: Option<MessageRow>,
    peer: Option<MemberRow>,
}

impl FromRow<'_, SqliteRow> for InboxRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let me = ConversationRow::WIDTH;
        let last = me + MemberRow::WIDTH;
        let peer = last + MessageRow::WIDTH;
        Ok(Self {
            conversation: ConversationRow::at(row, 0)?,
            me: MemberRow::at(row, me)?,
            last: MessageRow::joined(row, last)?,
            peer: MemberRow::joined(row, peer)?,
        })
    }
}

pub(super) async fn inbox(
    db: &mut Db<'_>,
    user: &UserId,
    after: Option<InboxCursor>,
    limit: usize,
) -> Result<Vec<InboxEntry>> {
    let query = sqlx::query_as(db.sql(INBOX))
        .bind(user.as_str())
        .bind(after.map(|after| after.active_at.as_millis()))
        .bind(after.map(|after| after.conversation.as_uuid()))
        .bind(signed(limit as u64));
    let page: Vec<InboxRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    page.into_iter().map(entry).collect()
}

fn entry(row: InboxRow) -> Result<InboxEntry> {
    Ok(InboxEntry {
        active_at: Timestamp::from_millis(row.conversation.active_at),
        conversation: row.conversation.try_into()?,
        me: row.me.try_into()?,
        peer: row.peer.map(TryInto::try_into).transpose()?,
        last_message: row.last.map(TryInto::try_into).transpose()?,
    })
}
