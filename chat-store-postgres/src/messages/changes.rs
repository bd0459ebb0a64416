//! What changed since a rev, in many conversations at once.

use std::collections::HashMap;

use chat_core::id::{ConversationId, Rev};
use chat_core::model::{Changes, Conversation};
use chat_core::store::Since;
use uuid::Uuid;

use crate::conversations::LOAD;
use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, ConversationRow, MemberRow, MessageRow, signed};

const HEADS: &str = r"select id, rev from chat.conversations where id = any ($1)";

/// Up to a limit of each conversation's messages that are new, and of those that were revised.
const MESSAGES: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from unnest($1::uuid[], $2::bigint[], $4::bigint[]) as asked (conversation, rev, floor)
cross join lateral (
    select * from (
        select * from chat.messages as one
        where one.conversation = asked.conversation and one.seq > asked.floor order by one.seq desc limit $3
    ) as newest
    where newest.first_rev is null and newest.rev > asked.rev
    union all (
        select * from chat.messages as one
        where one.conversation = asked.conversation and one.first_rev is not null and one.rev > asked.rev
        order by one.rev limit $3
    )
) as m
order by m.rev";

const MEMBERS: &str = r"
select m.conversation, m.user_id, m.role, m.active, m.joined_at, m.rev, m.visible_from, m.delivered, m.read
from unnest($1::uuid[], $2::bigint[]) as asked (conversation, rev)
cross join lateral (
    select * from chat.members as one
    where one.conversation = asked.conversation and one.rev > asked.rev and one.rev > 0 order by one.rev, one.user_id limit $3
) as m
order by m.rev, m.user_id";

pub(super) async fn heads(
    db: &mut Db<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, Rev)>> {
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.as_uuid()).collect();
    let query = sqlx::query_as(db.sql(HEADS)).bind(ids);
    let found: Vec<(Uuid, i64)> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let head = |(id, rev)| Ok((ConversationId::from_uuid(id), rows::rev(rev)?));
    found.into_iter().map(head).collect()
}

pub(super) async fn changes(
    db: &mut Db<'_>,
    since: &[Since],
    limit: usize,
) -> Result<Vec<Changes>> {
    let ids: Vec<Uuid> = since
        .iter()
        .map(|place| place.conversation.as_uuid())
        .collect();
    let revs: Vec<i64> = since.iter().map(|place| place.rev.get()).collect();
    let query = sqlx::query_as(db.sql(LOAD)).bind(&ids);
    let found: Vec<ConversationRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let mut all: HashMap<Uuid, Changes> = HashMap::with_capacity(found.len());
    for row in found {
        let conversation = Conversation::try_from(row)?;
        let (members, messages) = (Vec::new(), Vec::new());
        all.insert(
            conversation.id.as_uuid(),
            Changes {
                conversation,
                members,
                messages,
                truncated: false,
            },
        );
    }
    let enough = signed(limit as u64).saturating_add(1);
    let query = sqlx::query_as(db.sql(MEMBERS))
        .bind(&ids)
        .bind(&revs)
        .bind(enough);
    let members: Vec<MemberRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    for row in members {
        if let Some(changes) = all.get_mut(&row.conversation) {
            changes.members.push(row.try_into()?);
        }
    }
    let floor = |place: &Since| {
        let found = all.get(&place.conversation.as_uuid());
        found.map_or(i64::MAX, |found| {
            found.conversation.floor_after(place.rev).get()
        })
    };
    let floors: Vec<i64> = since.iter().map(floor).collect();
    let query = sqlx::query_as(db.sql(MESSAGES))
        .bind(&ids)
        .bind(&revs)
        .bind(enough)
        .bind(&floors);
    let messages: Vec<MessageRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    for row in messages {
        if let Some(changes) = all.get_mut(&row.conversation) {
            changes.messages.push(row.try_into()?);
        }
    }
    let in_order = since
        .iter()
        .filter_map(|Since { conversation, .. }| take(&mut all, *conversation));
    Ok(in_order.map(|changes| cut(changes, limit)).collect())
}

fn take(all: &mut HashMap<Uuid, Changes>, id: ConversationId) -> Option<Changes> {
    all.remove(&id.as_uuid())
}

/// More than the limit is not told in part.
fn cut(changes: Changes, limit: usize) -> Changes {
    if changes.members.len() + changes.messages.len() <= limit {
        return changes;
    }
    Changes {
        members: Vec::new(),
        messages: Vec::new(),
        truncated: true,
        ..changes
    }
}
