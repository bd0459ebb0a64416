//! Changing conversations: the rules are the core's, the writing is here.

use std::collections::HashMap;

use chat_core::id::{ConversationId, Rev, Timestamp, UserId};
use chat_core::model::{Change, Changed, Conversation, Member, Refusal, Role, Standing, Verdict};

use super::read::{load, lock};
use crate::error::{Result, failed, odd};
use crate::pool::Db;
use crate::rows::{self, MemberRow, role_number};

const ROLES: &str = r"
select user_id, role from chat.members where conversation = $1 and active and user_id = any ($2)";

const OWNERS: &str =
    r"select count(*) from chat.members where conversation = $1 and active and role = 3";

const RENAME: &str =
    r"update chat.conversations set name = $2, rev = rev + 1, settings_rev = rev + 1 where id = $1";

const AVATAR: &str = r"update chat.conversations set avatar = $2, rev = rev + 1, settings_rev = rev + 1 where id = $1";

/// The verdict names only those who become members. They are counted in one order, so that no two
/// changes wait for each other.
const ADD: &str = r#"
with joined as (
    insert into chat.members (conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read)
    select $1, added.user_id, 1, true, $2, $3 + added.place, $4, $4, $4
    from unnest($5::text[]) with ordinality as added (user_id, place) order by added.user_id collate "C"
    on conflict (conversation, user_id) do update set
        role = 1, active = true, joined_at = excluded.joined_at, rev = excluded.rev,
        visible_from = excluded.visible_from, delivered = excluded.delivered, read = excluded.read
    returning user_id
)
insert into chat.joins (user_id, count) select joined.user_id, 1 from joined order by joined.user_id
on conflict (user_id) do update set count = joins.count + 1"#;

const REMOVE: &str =
    r"update chat.members set active = false, rev = $3 where conversation = $1 and user_id = $2";

const SET_ROLE: &str =
    r"update chat.members set role = $4, rev = $3 where conversation = $1 and user_id = $2";

const ADVANCE: &str = r"
update chat.conversations set rev = rev + $2,
    member_count = (select count(*) from chat.members where conversation = $1 and active)
where id = $1";

const CHANGED: &str = r"
select conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read
from chat.members where conversation = $1 and rev > $2 and rev > 0 order by rev";

pub(super) async fn change(
    db: &mut Db<'_>,
    change: &Change,
) -> Result<std::result::Result<Changed, Refusal>> {
    let id = change.conversation;
    let Some(before) = lock(db, id).await? else {
        return Ok(Err(Refusal::NotMember));
    };
    let verdict = match change.judge(&standing(db, change, &before).await?) {
        Ok(verdict) => verdict,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let settings_changed = matches!(verdict, Verdict::Rename(_) | Verdict::Avatar(_));
    write(db, &before, &verdict, change.at).await?;
    let conversation = load(db, id)
        .await?
        .ok_or_else(|| odd("a conversation that vanished"))?;
    let members = changed_members(db, id, before.rev).await?;
    Ok(Ok(Changed {
        conversation,
        settings_changed,
        members,
    }))
}

async fn standing(
    db: &mut Db<'_>,
    change: &Change,
    conversation: &Conversation,
) -> Result<Standing> {
    let id = change.conversation.as_uuid();
    let query = sqlx::query_as(db.sql(ROLES))
        .bind(id)
        .bind(rows::texts(change.concerns()));
    let found: Vec<(String, i16)> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let mut roles: HashMap<UserId, Role> = HashMap::with_capacity(found.len());
    for (user, role) in found {
        roles.insert(rows::user(&user)?, rows::role(role)?);
    }
    let owners: i64 = sqlx::query_scalar(db.sql(OWNERS))
        .bind(id)
        .fetch_one(&mut *db.connection)
        .await
        .map_err(failed)?;
    Ok(Standing {
        kind: conversation.kind,
        roles,
        members: conversation.member_count,
        owners: u32::try_from(owners).unwrap_or(u32::MAX),
    })
}

async fn write(
    db: &mut Db<'_>,
    before: &Conversation,
    verdict: &Verdict,
    at: Timestamp,
) -> Result<()> {
    let id = before.id.as_uuid();
    let next = before.rev.next().get();
    let (statement, taken) = match verdict {
        Verdict::Nothing => return Ok(()),
        Verdict::Rename(name) => (sqlx::query(db.sql(RENAME)).bind(id).bind(name), 0),
        Verdict::Avatar(avatar) => (
            sqlx::query(db.sql(AVATAR))
                .bind(id)
                .bind(avatar.map(|avatar| avatar.as_uuid())),
            0,
        ),
        Verdict::Add(users) => {
            let add = sqlx::query(db.sql(ADD))
                .bind(id)
                .bind(at.as_millis())
                .bind(before.rev.get())
                .bind(before.last_seq.get())
                .bind(rows::texts(users));
            (add, i64::try_from(users.len()).unwrap_or(i64::MAX))
        }
        Verdict::Remove(user) => (
            sqlx::query(db.sql(REMOVE))
                .bind(id)
                .bind(user.as_str())
                .bind(next),
            1,
        ),
        Verdict::SetRole(user, role) => (
            sqlx::query(db.sql(SET_ROLE))
                .bind(id)
                .bind(user.as_str())
                .bind(next)
                .bind(role_number(*role)),
            1,
        ),
    };
    statement
        .execute(&mut *db.connection)
        .await
        .map_err(failed)?;
    sqlx::query(db.sql(ADVANCE))
        .bind(id)
        .bind(taken)
        .execute(&mut *db.connection)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn changed_members(db: &mut Db<'_>, id: ConversationId, since: Rev) -> Result<Vec<Member>> {
    let query = sqlx::query_as(db.sql(CHANGED))
        .bind(id.as_uuid())
        .bind(since.get());
    let found: Vec<MemberRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    rows::all(found)
}
