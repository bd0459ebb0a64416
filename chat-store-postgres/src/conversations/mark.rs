//! Moving markers.

use std::collections::HashMap;

use chat_core::id::Seq;
use chat_core::model::{Mark, MarkKind, Marked, Markers, Refusal};
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows;

/// For each mark, where the member and the conversation are. Members are locked in one order.
const LOAD: &str = r"
select asked.item, member.delivered, member.read, conversation.last_seq, conversation.kind, conversation.member_count,
    exists (select 1 from chat.blocks as block where block.pair = conversation.pair)
from unnest($1::uuid[], $2::text[]) with ordinality as asked (conversation, user_id, item)
join chat.members as member on member.conversation = asked.conversation and member.user_id = asked.user_id
    and member.active
join chat.conversations as conversation on conversation.id = member.conversation
order by member.conversation, member.user_id for no key update of member";

const STORE: &str = r"
update chat.members as member set
    delivered = greatest(member.delivered, asked.delivered), read = greatest(member.read, asked.read)
from (
    select conversation, user_id, max(delivered) as delivered, max(read) as read
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) as moved (conversation, user_id, delivered, read)
    group by 1, 2
) as asked
where member.conversation = asked.conversation and member.user_id = asked.user_id";

type Place = (Markers, Seq, i16, i64, bool);

pub(super) async fn mark(
    db: &mut Db<'_>,
    marks: &[Mark],
) -> Result<Vec<std::result::Result<Marked, Refusal>>> {
    let mut places = load(db, marks).await?;
    // Several marks of one member see each other.
    let mut latest: HashMap<(Uuid, &str), Markers> = HashMap::new();
    let mut answers = Vec::with_capacity(marks.len());
    let mut moved = Vec::new();
    for (at, mark) in marks.iter().enumerate() {
        let Some((markers, head, kind, count, barred)) = places.remove(&at) else {
            answers.push(Err(Refusal::NotMember));
            continue;
        };
        if mark.seq > head {
            answers.push(Err(Refusal::PastHead));
            continue;
        }
        let key = (mark.conversation.as_uuid(), mark.user.as_str());
        let before = latest.get(&key).copied().unwrap_or(markers);
        let after = advance(before, mark);
        latest.insert(key, after);
        if after != before {
            moved.push((key, after));
        }
        answers.push(Ok(Marked {
            markers: after,
            moved: after != before,
            kind: rows::kind(kind)?,
            member_count: u32::try_from(count).unwrap_or(u32::MAX),
            barred,
        }));
    }
    if !moved.is_empty() {
        let ids: Vec<Uuid> = moved.iter().map(|((id, _), _)| *id).collect();
        let users: Vec<&str> = moved.iter().map(|((_, user), _)| *user).collect();
        let delivered: Vec<i64> = moved
            .iter()
            .map(|(_, after)| after.delivered.get())
            .collect();
        let read: Vec<i64> = moved.iter().map(|(_, after)| after.read.get()).collect();
        let store = sqlx::query(db.sql(STORE));
        let store = store.bind(ids).bind(users).bind(delivered).bind(read);
        store.execute(&mut *db.connection).await.map_err(failed)?;
    }
    Ok(answers)
}

fn advance(before: Markers, mark: &Mark) -> Markers {
    let read = match mark.kind {
        MarkKind::Read => before.read.max(mark.seq),
        MarkKind::Delivered => before.read,
    };
    Markers {
        delivered: before.delivered.max(mark.seq),
        read,
    }
}

async fn load(db: &mut Db<'_>, marks: &[Mark]) -> Result<HashMap<usize, Place>> {
    let ids: Vec<Uuid> = marks
        .iter()
        .map(|mark| mark.conversation.as_uuid())
        .collect();
    let users = rows::texts(marks.iter().map(|mark| &mark.user));
    let query = sqlx::query_as(db.sql(LOAD)).bind(ids).bind(users);
    let found: Vec<(i64, i64, i64, i64, i16, i64, bool)> =
        query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let mut places = HashMap::with_capacity(found.len());
    for (at, delivered, read, head, kind, count, barred) in found {
        let markers = Markers {
            delivered: rows::seq(delivered)?,
            read: rows::seq(read)?,
        };
        places.insert(
            usize::try_from(at - 1).unwrap_or(usize::MAX),
            (markers, rows::seq(head)?, kind, count, barred),
        );
    }
    Ok(places)
}
