//! Moving markers.

use std::collections::HashMap;

use chat_core::id::Seq;
use chat_core::model::{Mark, MarkKind, Marked, Markers, Refusal};
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows;

/// For each mark, where the member and the conversation are.
const LOAD: &str = r"
select asked.key, member.delivered, member.read, conversation.last_seq, conversation.kind, conversation.member_count,
    exists (select 1 from chat_blocks as block where block.pair = conversation.pair)
from json_each(?) as asked
cross join chat_members as member on member.conversation = unhex(asked.value ->> 0)
    and member.user = asked.value ->> 1 and member.active
cross join chat_conversations as conversation on conversation.id = member.conversation";

const STORE: &str = r"
update chat_members as member set
    delivered = max(member.delivered, asked.delivered), read = max(member.read, asked.read)
from (
    select unhex(value ->> 0) as conversation, value ->> 1 as user,
        max(value ->> 2) as delivered, max(value ->> 3) as read
    from json_each(?) group by 1, 2
) as asked
where member.conversation = asked.conversation and member.user = asked.user";

type Place = (Markers, Seq, i64, i64, bool);

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
            let id = key.0.simple().to_string();
            moved.push((id, key.1, after.delivered.get(), after.read.get()));
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
        let store = sqlx::query(db.sql(STORE)).bind(serde_json::json!(moved).to_string());
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
    let asked: Vec<_> = marks
        .iter()
        .map(|mark| {
            (
                mark.conversation.as_uuid().simple().to_string(),
                mark.user.as_str(),
            )
        })
        .collect();
    let query = sqlx::query_as(db.sql(LOAD)).bind(serde_json::json!(asked).to_string());
    let found: Vec<(i64, i64, i64, i64, i64, i64, bool)> =
        query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let mut places = HashMap::with_capacity(found.len());
    for (at, delivered, read, head, kind, count, barred) in found {
        let markers = Markers {
            delivered: rows::seq(delivered)?,
            read: rows::seq(read)?,
        };
        places.insert(
            usize::try_from(at).unwrap_or(usize::MAX),
            (markers, rows::seq(head)?, kind, count, barred),
        );
    }
    Ok(places)
}
