//! Making conversations.

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{ConversationKind, Created, NewConversation, Role};
use uuid::Uuid;

use super::read;
use crate::error::{Result, failed, odd};
use crate::pool::Db;
use crate::rows::{kind_number, role_number};

const PAIR: &str = r"select id from chat.conversations where pair = $1";

const INSERT: &str = r"
insert into chat.conversations
    (id, kind, pair, name, created_by, created_at, active_at, last_seq, rev, settings_rev, member_count)
values ($1, $2, $3, $4, $5, $6, $6, 0, 1, 1, $7) on conflict (pair) do nothing";

/// Counted in one order, so that no two creations wait for each other.
const INSERT_MEMBERS: &str = r"
with joined as (
    insert into chat.members (conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read)
    select $1, first.user_id, first.role, true, $2, 1, 0, 0, 0
    from unnest($3::text[], $4::smallint[]) as first (user_id, role)
    on conflict do nothing returning user_id
)
insert into chat.joins (user_id, count) select joined.user_id, 1 from joined order by joined.user_id
on conflict (user_id) do update set count = joins.count + 1";

const COUNT: &str = r"
update chat.conversations set member_count = (select count(*) from chat.members where conversation = $1)
where id = $1";

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
    let Some(pair) = new.pair.clone() else {
        insert(db, &new).await?;
        return answer(db, new.id, true).await;
    };
    if let Some(known) = find_pair(db, &pair).await? {
        return answer(db, known, false).await;
    }
    if insert(db, &new).await? {
        return answer(db, new.id, true).await;
    }
    // Another's was committed while we waited for its lock.
    let known = find_pair(db, &pair).await?;
    answer(
        db,
        known.ok_or_else(|| odd("a pair without a conversation"))?,
        false,
    )
    .await
}

async fn find_pair(db: &mut Db<'_>, pair: &str) -> Result<Option<ConversationId>> {
    let query = sqlx::query_scalar(db.sql(PAIR)).bind(pair);
    let known: Option<Uuid> = query
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    Ok(known.map(ConversationId::from_uuid))
}

/// One key for a pair, whoever asks first. The length keeps "a b" and "c" apart from "a" and "b c".
pub(crate) fn pair_key(a: &UserId, b: &UserId) -> String {
    let (low, high) = (a.min(b), a.max(b));
    format!("{}:{low}{high}", low.as_str().len())
}

/// Whether it was inserted: false if the pair has one already.
async fn insert(db: &mut Db<'_>, new: &Insert<'_>) -> Result<bool> {
    let insert = sqlx::query(db.sql(INSERT))
        .bind(new.id.as_uuid())
        .bind(kind_number(new.kind))
        .bind(&new.pair)
        .bind(new.name)
        .bind(new.creator.as_str())
        .bind(new.at.as_millis())
        .bind(0_i64);
    let inserted = insert.execute(&mut *db.connection).await.map_err(failed)?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let (users, roles): (Vec<&str>, Vec<i16>) = new
        .members
        .iter()
        .map(|(user, role)| (user.as_str(), role_number(*role)))
        .unzip();
    let members = sqlx::query(db.sql(INSERT_MEMBERS))
        .bind(new.id.as_uuid())
        .bind(new.at.as_millis())
        .bind(users)
        .bind(roles);
    members.execute(&mut *db.connection).await.map_err(failed)?;
    let count = sqlx::query(db.sql(COUNT)).bind(new.id.as_uuid());
    count.execute(&mut *db.connection).await.map_err(failed)?;
    Ok(true)
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
