//! What changed since a rev, in many conversations at once.

use std::collections::HashMap;

use chat_core::id::{ConversationId, Rev};
use chat_core::model::{Changes, Conversation};
use chat_core::store::Since;
use serde_json::json;
use uuid::Uuid;

use crate::conversations::LOAD;
use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, ConversationRow, MemberRow, MessageRow, signed};

const HEADS: &str = r"
select id, rev from chat_conversations where id in (select unhex(value) from json_each(?))";

/// Up to a limit of each conversation's messages that are new, and of those that were revised. SQLite works the inner
/// query off per place.
const MESSAGES: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from json_each(?1) as asked
cross join chat_messages as m on m.row in (
    select row from (
        select row, rev from chat_messages
        where conversation = unhex(asked.value ->> 0) and seq > asked.value ->> 2
        order by seq desc limit ?2
    )
    where rev > asked.value ->> 1
    union all
    select row from (
        select row from chat_messages
        where conversation = unhex(asked.value ->> 0) and first_rev is not null and rev > asked.value ->> 1
        order by rev limit ?2
    )
)
order by m.rev";

const MEMBERS: &str = r"
select m.conversation, m.user, m.role, m.active, m.joined_at, m.rev, m.visible_from, m.delivered, m.read
from json_each(?1) as asked
cross join chat_members as m on m.conversation = unhex(asked.value ->> 0) and m.user in (
    select user from chat_members
    where conversation = unhex(asked.value ->> 0) and rev > asked.value ->> 1
    order by rev, user limit ?2
)
order by m.rev, m.user";

pub(super) async fn heads(
    db: &mut Db<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, Rev)>> {
    let ids = rows::hex_list(conversations.iter().map(|id| id.as_uuid()));
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
    let query = sqlx::query_as(db.sql(LOAD)).bind(rows::hex_list(
        since.iter().map(|place| place.conversation.as_uuid()),
    ));
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
    let asked: Vec<_> = since
        .iter()
        .filter_map(|place| {
            let id = place.conversation.as_uuid();
            let floor = all.get(&id)?.conversation.floor_after(place.rev);
            Some((id.simple().to_string(), place.rev, floor))
        })
        .collect();
    let asked = json!(asked).to_string();
    let enough = signed(limit as u64).saturating_add(1);
    let query = sqlx::query_as(db.sql(MEMBERS)).bind(&asked).bind(enough);
    let members: Vec<MemberRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    for row in members {
        if let Some(changes) = all.get_mut(&row.conversation) {
            changes.members.push(row.try_into()?);
        }
    }
    let query = sqlx::query_as(db.sql(MESSAGES)).bind(&asked).bind(enough);
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
