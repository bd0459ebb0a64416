//! Making conversations.

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{ConversationKind, Created, NewConversation, Role};
use uuid::Uuid;

use super::{joins, read};
use crate::error::{Result, failed, odd};
use crate::pool::Db;
use crate::rows::{kind_number, role_number};

const PAIR: &str = "select id from chat_conversations where pair = ?";

const INSERT: &str = r"
insert into chat_conversations
    (id, kind, pair, name, created_by, created_at, active_at, last_seq, rev, settings_rev, member_count)
values (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 1, 1, ?7)";

const INSERT_MEMBERS: &str = r"
insert into chat_members (conversation, user, role, active, joined_at, rev, visible_from, delivered, read)
select ?1, value ->> 0, value ->> 1, 1, ?2, 1, 0, 0, 0 from json_each(?3) where true
on conflict do nothing";

const COUNT: &str = r"
update chat_conversations set member_count = (select count(*) from chat_members where conversation = ?1)
where id = ?1";

/// A conversation to insert.
struct Insert<'a> {
    id: ConversationId,
    kind: ConversationKind,
    pair: Option<String>,
    name: Option<&'a str>,
    creator: &'a UserId,
    at: Timestamp,
    members: Vec<(&'a UserId, Role)>,
}

impl<'a> Insert<'a> {
    fn of(new: &'a NewConversation) -> Self {
        match new {
            NewConversation::Direct {
                id,
                creator,
                peer,
                at,
            } => {
                let members = vec![(creator, Role::Member), (peer, Role::Member)];
                let (kind, pair) = (ConversationKind::Direct, Some(pair_key(creator, peer)));
                Self {
                    id: *id,
                    kind,
                    pair,
                    name: None,
                    creator,
                    at: *at,
                    members,
                }
            }
            NewConversation::Group {
                id,
                creator,
                name,
                members,
                at,
            } => {
                let others = members.iter().filter(|user| *user != creator);
                let others = others.map(|user| (user, Role::Member));
                let members = std::iter::once((creator, Role::Owner))
                    .chain(others)
                    .collect();
                let kind = ConversationKind::Group;
                Self {
                    id: *id,
                    kind,
                    pair: None,
                    name: Some(name),
                    creator,
                    at: *at,
                    members,
                }
            }
        }
    }
}

pub(super) async fn create(db: &mut Db<'_>, new: &NewConversation) -> Result<Created> {
    let new = Insert::of(new);
    if let Some(pair) = &new.pair {
        let query = sqlx::query_scalar(db.sql(PAIR)).bind(pair);
        let known: Option<Uuid> = query
            .fetch_optional(&mut *db.connection)
            .await
            .map_err(failed)?;
        if let Some(known) = known {
            return answer(db, ConversationId::from_uuid(known), false).await;
        }
    }
    insert(db, new).await
}

/// One key for a pair, whoever asks first. The length keeps "a b" and "c" apart from "a" and "b c".
pub(crate) fn pair_key(a: &UserId, b: &UserId) -> String {
    let (low, high) = (a.min(b), a.max(b));
    format!("{}:{low}{high}", low.as_str().len())
}

async fn insert(db: &mut Db<'_>, new: Insert<'_>) -> Result<Created> {
    let insert = sqlx::query(db.sql(INSERT))
        .bind(new.id.as_uuid())
        .bind(kind_number(new.kind))
        .bind(new.pair)
        .bind(new.name)
        .bind(new.creator.as_str())
        .bind(new.at.as_millis())
        .bind(0_i64);
    insert.execute(&mut *db.connection).await.map_err(failed)?;
    let members: Vec<_> = new
        .members
        .iter()
        .map(|(user, role)| (user.as_str(), role_number(*role)))
        .collect();
    let members = sqlx::query(db.sql(INSERT_MEMBERS))
        .bind(new.id.as_uuid())
        .bind(new.at.as_millis())
        .bind(serde_json::json!(members).to_string());
    members.execute(&mut *db.connection).await.map_err(failed)?;
    joins::join(db, new.members.iter().map(|(user, _)| *user)).await?;
    sqlx::query(db.sql(COUNT))
        .bind(new.id.as_uuid())
        .execute(&mut *db.connection)
        .await
        .map_err(failed)?;
    answer(db, new.id, true).await
}

async fn answer(db: &mut Db<'_>, id: ConversationId, is_new: bool) -> Result<Created> {
    let conversation = read::load(db, id)
        .await?
        .ok_or_else(|| odd("a conversation that vanished"))?;
    let members = read::members(db, id, None, conversation.member_count as usize).await?;
    Ok(Created {
        conversation,
        members,
        is_new,
    })
}
