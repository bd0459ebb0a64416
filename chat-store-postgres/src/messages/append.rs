//! Appending a batch: one round trip, one transaction, one statement in the function `append` of the
//! schema. Drafts that repeat earlier ones take another, to read what became of those.

use std::collections::{HashMap, HashSet};

use chat_core::model::{Appended, Draft, Message, Quoted, Refusal};
use chat_core::store::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use crate::error::{Result, failed, odd};
use crate::pool::Db;
use crate::rows::{self, MessageRow, message_kind_number, signed};

const APPEND: &str = r"
select item, outcome, new_seq, new_rev, new_reply_seq, earlier_id
from chat.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Takes the locks of a whole batch in one order, as the function does for a run. One conversation is
/// waited for; of several, those that somebody else holds are left out.
const LOCK: &str =
    "select id from chat.conversations where id = any ($1) order by id for no key update";
const LOCK_FREE: &str = "select id from chat.conversations where id = any ($1) order by id for no key update skip locked";

/// A member is asked for by a range of one, as in the function: by an equality an index of all that a user or a
/// conversation has would do as well.
const LOCK_MEMBERS: &str = r"
select 1 from (
    select distinct a.conversation, a.sender from unnest($1::uuid[], $2::text[]) as a (conversation, sender)
    where a.conversation = any ($3) order by a.conversation, a.sender
) as asked
cross join lateral (
    select 1 from chat.members as me
    where me.conversation = asked.conversation and me.user_id between asked.sender and asked.sender
    for no key update
) as held";

const KNOWN: &str = "select id from chat.conversations where id = any ($1)";

/// What was stored before, as it is now.
const EARLIER: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from chat.messages as m where m.id = any ($1)";

type Answer = std::result::Result<Appended, Refusal>;

/// Cuts a batch where a draft rests on one before it: repeats its client id, or replies to it. Most
/// batches are whole.
pub(super) fn runs(drafts: &[Draft]) -> Vec<&[Draft]> {
    let (mut runs, mut begin) = (Vec::new(), 0);
    let (mut keys, mut ids) = (HashSet::new(), HashSet::new());
    for (at, draft) in drafts.iter().enumerate() {
        let key = draft.client_id.as_ref();
        let key = key.map(|id| (draft.conversation, &draft.sender, id));
        let repeats = key.is_some_and(|key| keys.contains(&key));
        if repeats || draft.reply_to.is_some_and(|id| ids.contains(&id)) {
            runs.push(&drafts[begin..at]);
            begin = at;
            keys.clear();
            ids.clear();
        }
        keys.extend(key);
        ids.insert(draft.id);
    }
    runs.push(&drafts[begin..]);
    runs
}

/// A draft's columns, as the function takes them.
#[derive(Default)]
struct Lists<'a> {
    ids: Vec<Uuid>,
    conversations: Vec<Uuid>,
    senders: Vec<&'a str>,
    client_ids: Vec<Option<&'a str>>,
    fingerprints: Vec<Vec<u8>>,
    kinds: Vec<i16>,
    texts: Vec<&'a str>,
    lexemes: Vec<String>,
    attachments: Vec<Option<String>>,
    replies: Vec<Option<Uuid>>,
    times: Vec<i64>,
    upload_items: Vec<i64>,
    upload_ids: Vec<Uuid>,
}

impl<'a> Lists<'a> {
    fn of(drafts: &'a [Draft]) -> Result<Self> {
        let mut lists = Self::default();
        for (item, draft) in (1..).zip(drafts) {
            lists.add(item, draft)?;
        }
        Ok(lists)
    }

    fn add(&mut self, item: i64, draft: &'a Draft) -> Result<()> {
        let conversation = draft.conversation.as_uuid();
        self.ids.push(draft.id.as_uuid());
        self.conversations.push(conversation);
        self.senders.push(draft.sender.as_str());
        self.client_ids
            .push(draft.client_id.as_ref().map(|id| id.as_str()));
        self.fingerprints.push(draft.fingerprint().to_vec());
        self.kinds.push(message_kind_number(draft.kind));
        self.texts.push(&draft.text);
        let mut lexemes = draft.words();
        lexemes.push(rows::scope(draft.conversation));
        self.lexemes.push(lexemes.join(" "));
        let attachments = match draft.attachments.is_empty() {
            true => None,
            false => Some(serde_json::to_string(&draft.attachments).map_err(StoreError::corrupt)?),
        };
        self.attachments.push(attachments);
        self.replies.push(draft.reply_to.map(|id| id.as_uuid()));
        self.times.push(draft.at.as_millis());
        for attachment in &draft.attachments {
            self.upload_items.push(item);
            self.upload_ids.push(attachment.upload.as_uuid());
        }
        Ok(())
    }
}

/// What the function says of a draft.
struct Outcome {
    item: i64,
    outcome: i32,
    seq: Option<i64>,
    rev: Option<i64>,
    reply_seq: Option<i64>,
    earlier: Option<Uuid>,
}

impl FromRow<'_, PgRow> for Outcome {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            item: row.try_get(0)?,
            outcome: row.try_get(1)?,
            seq: row.try_get(2)?,
            rev: row.try_get(3)?,
            reply_seq: row.try_get(4)?,
            earlier: row.try_get(5)?,
        })
    }
}

/// Appends a batch of several runs, in a transaction. All locks are taken before the first run, so that
/// batches do not wait for each other in a circle; what is held is held for the whole batch, so that no
/// draft overtakes another of its conversation.
pub(super) async fn append_cut(db: &mut Db<'_>, drafts: &[Draft]) -> Result<Vec<Answer>> {
    let held = lock(db, drafts).await?;
    let is_free = |draft: &Draft| !held.contains(&draft.conversation.as_uuid());
    let free: Vec<Draft> = drafts
        .iter()
        .filter(|draft| is_free(draft))
        .cloned()
        .collect();
    let mut answers = Vec::with_capacity(free.len());
    for run in runs(&free).into_iter().filter(|run| !run.is_empty()) {
        answers.extend(append(db, run).await?);
    }
    let mut answers = answers.into_iter();
    let answer = |draft: &Draft| match is_free(draft) {
        true => answers
            .next()
            .ok_or_else(|| odd("not one outcome for each draft")),
        false => Ok(Err(Refusal::Held)),
    };
    drafts.iter().map(answer).collect()
}

/// Takes the locks of a batch; gives the conversations that somebody else holds.
async fn lock(db: &mut Db<'_>, drafts: &[Draft]) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = drafts
        .iter()
        .map(|draft| draft.conversation.as_uuid())
        .collect();
    let senders: Vec<&str> = drafts.iter().map(|draft| draft.sender.as_str()).collect();
    let is_one = ids.iter().all(|id| *id == ids[0]);
    let lock = sqlx::query_scalar(db.sql(if is_one { LOCK } else { LOCK_FREE })).bind(&ids);
    let ours: Vec<Uuid> = lock.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let members = sqlx::query(db.sql(LOCK_MEMBERS))
        .bind(&ids)
        .bind(senders)
        .bind(&ours);
    members.execute(&mut *db.connection).await.map_err(failed)?;
    let known = sqlx::query_scalar(db.sql(KNOWN)).bind(&ids);
    let known: Vec<Uuid> = known.fetch_all(&mut *db.connection).await.map_err(failed)?;
    Ok(known.into_iter().filter(|id| !ours.contains(id)).collect())
}

/// Appends a run of drafts: a transaction of its own, unless there is one around it.
pub(super) async fn append(db: &mut Db<'_>, drafts: &[Draft]) -> Result<Vec<Answer>> {
    let lists = Lists::of(drafts)?;
    let query = sqlx::query_as(db.sql(APPEND))
        .bind(lists.ids)
        .bind(lists.conversations)
        .bind(lists.senders)
        .bind(lists.client_ids)
        .bind(lists.fingerprints)
        .bind(lists.kinds)
        .bind(lists.texts)
        .bind(lists.lexemes)
        .bind(lists.attachments)
        .bind(lists.replies)
        .bind(lists.times)
        .bind(lists.upload_items)
        .bind(lists.upload_ids);
    let outcomes: Vec<Outcome> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    if outcomes.len() != drafts.len() {
        return Err(odd("not one outcome for each draft"));
    }
    let earlier = earlier(db, &outcomes).await?;
    drafts
        .iter()
        .zip(outcomes)
        .enumerate()
        .map(
            |(at, (draft, outcome))| match outcome.item == signed(at as u64 + 1) {
                true => answer(draft, &outcome, &earlier),
                false => Err(odd("outcomes out of order")),
            },
        )
        .collect()
}

/// The messages that drafts of a run repeat: seldom any.
async fn earlier(db: &mut Db<'_>, outcomes: &[Outcome]) -> Result<HashMap<Uuid, Message>> {
    let repeated = outcomes.iter().filter(|outcome| outcome.outcome == 1);
    let repeated: Vec<Uuid> = repeated.filter_map(|outcome| outcome.earlier).collect();
    if repeated.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sqlx::query_as(db.sql(EARLIER)).bind(repeated);
    let found: Vec<MessageRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let message = |row: MessageRow| Ok((row.id, row.try_into()?));
    found.into_iter().map(message).collect()
}

fn answer(draft: &Draft, outcome: &Outcome, earlier: &HashMap<Uuid, Message>) -> Result<Answer> {
    let earlier = outcome.earlier.and_then(|id| earlier.get(&id));
    let message: Message = match (outcome.outcome, outcome.seq, outcome.rev, earlier) {
        (0, Some(seq), Some(rev), _) => {
            let quoted = draft.reply_to.zip(outcome.reply_seq);
            let quoted = quoted.map(|(id, seq)| {
                Ok(Quoted {
                    id,
                    seq: rows::seq(seq)?,
                })
            });
            draft.stored(rows::seq(seq)?, rows::rev(rev)?, quoted.transpose()?)
        }
        (1, _, _, Some(earlier)) => earlier.clone(),
        (2, ..) => return Ok(Err(Refusal::NotMember)),
        (3, ..) => return Ok(Err(Refusal::ClientIdReused)),
        (4, ..) => return Ok(Err(Refusal::UnknownReply)),
        (5, ..) => return Ok(Err(Refusal::UnknownUpload)),
        (6, ..) => return Ok(Err(Refusal::Held)),
        (7, ..) => return Ok(Err(Refusal::Blocked)),
        _ => return Err(odd("an unknown outcome")),
    };
    let is_new = outcome.outcome == 0;
    Ok(Ok(Appended { message, is_new }))
}
