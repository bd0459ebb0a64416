//! Reading a conversation and its members.

use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::model::{Conversation, Member};

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, ConversationRow, MemberRow, signed};

pub(crate) const LOAD: &str = r"
select c.id, c.kind, c.name, c.avatar, c.created_by, c.created_at, c.active_at, c.last_seq, c.rev, c.settings_rev,
    c.member_count
from chat.conversations as c where c.id = any ($1)";

const LOCK: &str = r"
select c.id, c.kind, c.name, c.avatar, c.created_by, c.created_at, c.active_at, c.last_seq, c.rev, c.settings_rev,
    c.member_count
from chat.conversations as c where c.id = $1 for no key update";

const ACTIVE: &str = r"
select conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read
from chat.members where conversation = $1 and user_id = $2 and active";

const MEMBERS: &str = r"
select conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read
from chat.members where conversation = $1 and user_id > $2 and active order by user_id limit $3";

const UNREACHED: &str = r"
select conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read
from chat.members where conversation = $1 and user_id > $2 and active and delivered < $3 order by user_id limit $4";

const ACQUAINTED: &str = r"
select distinct asked.user_id from unnest($2::text[]) as asked (user_id)
where asked.user_id = $1 or exists (
    select 1 from chat.members as me
    join chat.members as they on they.conversation = me.conversation and they.user_id = asked.user_id
    where me.user_id = $1 and me.active and they.active
)";

pub(super) async fn acquainted(
    db: &mut Db<'_>,
    viewer: &UserId,
    among: &[UserId],
) -> Result<Vec<UserId>> {
    let query = sqlx::query_scalar(db.sql(ACQUAINTED))
        .bind(viewer.as_str())
        .bind(rows::texts(among));
    let found: Vec<String> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    found.iter().map(|user| rows::user(user)).collect()
}

pub(crate) async fn load(db: &mut Db<'_>, id: ConversationId) -> Result<Option<Conversation>> {
    let query = sqlx::query_as(db.sql(LOAD)).bind([id.as_uuid()]);
    let found: Option<ConversationRow> = query
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    found.map(Conversation::try_from).transpose()
}

/// Reads a conversation and keeps its lock until the transaction ends: changes, sends and revisions of a
/// conversation happen one after the other.
pub(crate) async fn lock(db: &mut Db<'_>, id: ConversationId) -> Result<Option<Conversation>> {
    let query = sqlx::query_as(db.sql(LOCK)).bind(id.as_uuid());
    let found: Option<ConversationRow> = query
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    found.map(Conversation::try_from).transpose()
}

pub(super) async fn active(
    db: &mut Db<'_>,
    id: ConversationId,
    user: &UserId,
) -> Result<Option<Member>> {
    let query = sqlx::query_as(db.sql(ACTIVE))
        .bind(id.as_uuid())
        .bind(user.as_str());
    let found: Option<MemberRow> = query
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    found.map(Member::try_from).transpose()
}

pub(super) async fn members(
    db: &mut Db<'_>,
    id: ConversationId,
    after: Option<&UserId>,
    limit: usize,
) -> Result<Vec<Member>> {
    let after = after.map_or("", UserId::as_str);
    let query = sqlx::query_as(db.sql(MEMBERS))
        .bind(id.as_uuid())
        .bind(after)
        .bind(signed(limit as u64));
    let found: Vec<MemberRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    rows::all(found)
}

pub(super) async fn unreached(
    db: &mut Db<'_>,
    id: ConversationId,
    seq: Seq,
    after: Option<&UserId>,
    limit: usize,
) -> Result<Vec<Member>> {
    let query = sqlx::query_as(db.sql(UNREACHED))
        .bind(id.as_uuid())
        .bind(after.map_or("", UserId::as_str))
        .bind(seq.get())
        .bind(signed(limit as u64));
    let found: Vec<MemberRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    rows::all(found)
}
