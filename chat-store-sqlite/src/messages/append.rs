//! Appending a batch: what is known is read in a few statements, decided here, written in a few.
//!
//! Lists go in as JSON. Of `jsonb_each` an element is not made a text again, to be parsed for each of its columns.

use std::collections::{BTreeMap, HashSet};

use chat_core::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{Appended, Draft, Ledger, Message, Refusal};
use chat_core::store::StoreError;
use serde::Serialize;
use uuid::Uuid;
use uuid::fmt::Simple;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, MessageRow, message_kind_number};

/// How it stands with each sender in its conversation, also with those who are no members. All of it is one row: the
/// thread that SQLite works on wakes who waits for each.
const STANDING: &str = r"
select json_group_array(json_array(
    hex(c.id), c.last_seq, c.rev, exists (select 1 from chat_blocks as block where block.pair = c.pair),
    asked.value ->> 1, member.visible_from
))
from jsonb_each(?) as asked
cross join chat_conversations as c on c.id = unhex(asked.value ->> 0)
left join chat_members as member on member.conversation = c.id and member.user = asked.value ->> 1 and member.active";

const EARLIER: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from jsonb_each(?) as asked
cross join chat_messages as m on m.conversation = unhex(asked.value ->> 0)
    and m.sender = asked.value ->> 1 and m.client_id = asked.value ->> 2";

const REPLIES: &str = r"
select id, conversation, seq from chat_messages where id in (select unhex(value) from json_each(?))";

const UPLOADS: &str = r"
select id, owner from chat_uploads where id in (select unhex(value) from json_each(?))";

/// What writes a batch, all at once: each statement would be a wait for the thread that SQLite works on. The last of them
/// are the words for the search, in the scope of their conversation, and the hold on uploads.
const WRITE: &str = r"
insert into chat_messages
    (id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, attachments, reply_id, reply_seq, created_at)
select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5, unhex(value ->> 6),
    value ->> 7, value ->> 8, value ->> 9, unhex(value ->> 10), value ->> 11, value ->> 12
from jsonb_each(?);

update chat_conversations as c set
    last_seq = asked.last_seq, rev = asked.rev, active_at = max(c.active_at, asked.at)
from (select unhex(value ->> 0) as id, value ->> 1 as last_seq, value ->> 2 as rev, value ->> 3 as at from jsonb_each(?)) as asked
where c.id = asked.id;

update chat_members as member set delivered = asked.seq, read = asked.seq
from (select unhex(value ->> 0) as conversation, value ->> 1 as user, value ->> 2 as seq from jsonb_each(?)) as asked
where member.conversation = asked.conversation and member.user = asked.user;

insert into chat_words (rowid, scope, words)
select m.row, asked.value ->> 1, asked.value ->> 2
from jsonb_each(?) as asked cross join chat_messages as m on m.id = unhex(asked.value ->> 0);

insert into chat_upload_links (upload, conversation, seq)
select unhex(value ->> 0), unhex(value ->> 1), value ->> 2 from jsonb_each(?) where true on conflict do nothing";

type Answer = std::result::Result<Appended, Refusal>;

/// Appends drafts within an open transaction that writes.
pub(crate) async fn append(db: &mut Db<'_>, drafts: &[Draft]) -> Result<Vec<Answer>> {
    let mut ledger = load(db, drafts).await?;
    let answers: Vec<Answer> = drafts.iter().map(|draft| ledger.decide(draft)).collect();
    let stored = drafts
        .iter()
        .zip(&answers)
        .filter_map(|(draft, answer)| match answer {
            Ok(Appended {
                message,
                is_new: true,
            }) => Some((draft, message)),
            _ => None,
        });
    write(db, &stored.collect::<Vec<_>>()).await?;
    Ok(answers)
}

async fn load(db: &mut Db<'_>, drafts: &[Draft]) -> Result<Ledger> {
    let mut ledger = Ledger::default();
    let senders: HashSet<_> = drafts
        .iter()
        .map(|draft| (draft.conversation.as_uuid().simple(), draft.sender.as_str()))
        .collect();
    let query = sqlx::query_scalar(db.sql(STANDING)).bind(json(&senders)?);
    let found: String = query.fetch_one(&mut *db.connection).await.map_err(failed)?;
    let found: Vec<Standing> = serde_json::from_str(&found).map_err(StoreError::corrupt)?;
    for (conversation, last_seq, rev, barred, user, visible_from) in found {
        let conversation = ConversationId::from_uuid(conversation);
        ledger.head(conversation, last_seq, rev);
        if barred != 0 {
            ledger.bar(conversation);
        }
        if let Some(visible_from) = visible_from {
            ledger.member(conversation, user, visible_from);
        }
    }
    load_earlier(db, drafts, &mut ledger).await?;
    load_references(db, drafts, &mut ledger).await?;
    Ok(ledger)
}

/// What [`STANDING`] tells of one.
type Standing = (Uuid, Seq, Rev, u8, UserId, Option<Seq>);

async fn load_earlier(db: &mut Db<'_>, drafts: &[Draft], ledger: &mut Ledger) -> Result<()> {
    let keys: HashSet<_> = drafts
        .iter()
        .filter_map(|draft| {
            let client_id = draft.client_id.as_ref()?;
            let sender = draft.sender.as_str();
            Some((
                draft.conversation.as_uuid().simple(),
                sender,
                client_id.as_str(),
            ))
        })
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    let query = sqlx::query_as(db.sql(EARLIER)).bind(json(&keys)?);
    let found: Vec<MessageRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    for row in found {
        let fingerprint = rows::fingerprint(&row.fingerprint)?;
        ledger.earlier(fingerprint, row.try_into()?);
    }
    Ok(())
}

async fn load_references(db: &mut Db<'_>, drafts: &[Draft], ledger: &mut Ledger) -> Result<()> {
    let replies: Vec<Uuid> = drafts
        .iter()
        .filter_map(|draft| Some(draft.reply_to?.as_uuid()))
        .collect();
    if !replies.is_empty() {
        let query = sqlx::query_as(db.sql(REPLIES)).bind(rows::hex_list(replies));
        let found: Vec<(Uuid, Uuid, i64)> =
            query.fetch_all(&mut *db.connection).await.map_err(failed)?;
        for (id, conversation, seq) in found {
            let conversation = ConversationId::from_uuid(conversation);
            ledger.place(MessageId::from_uuid(id), conversation, rows::seq(seq)?);
        }
    }
    let uploads = drafts
        .iter()
        .flat_map(|draft| &draft.attachments)
        .map(|attachment| attachment.upload.as_uuid());
    let uploads: HashSet<Uuid> = uploads.collect();
    if !uploads.is_empty() {
        let query = sqlx::query_as(db.sql(UPLOADS)).bind(rows::hex_list(uploads));
        let found: Vec<(Uuid, String)> =
            query.fetch_all(&mut *db.connection).await.map_err(failed)?;
        for (id, owner) in found {
            ledger.owner(UploadId::from_uuid(id), rows::user(&owner)?);
        }
    }
    Ok(())
}

/// A batch as [`WRITE`] takes it.
#[derive(Default)]
struct Lists<'a> {
    messages: Vec<Inserted<'a>>,
    heads: BTreeMap<ConversationId, (Seq, Rev, Timestamp)>,
    /// How far each sender has read: its own last message.
    marks: BTreeMap<(ConversationId, &'a UserId), Seq>,
    words: Vec<(Simple, Simple, String)>,
    links: Vec<(Simple, Simple, Seq)>,
}

/// The columns of a message, in the order of [`WRITE`].
type Inserted<'a> = (
    Simple,
    Simple,
    Seq,
    Rev,
    &'a UserId,
    Option<&'a ClientId>,
    Simple,
    i64,
    &'a str,
    Option<String>,
    Option<Simple>,
    Option<Seq>,
    i64,
);

impl<'a> Lists<'a> {
    fn add(&mut self, draft: &Draft, message: &'a Message) -> Result<()> {
        let head = (message.seq, message.rev, message.created_at);
        let kept = self.heads.entry(message.conversation).or_insert(head);
        *kept = (head.0, head.1, kept.2.max(head.2));
        let (id, conversation) = (
            message.id.as_uuid().simple(),
            message.conversation.as_uuid().simple(),
        );
        self.messages.push((
            id,
            conversation,
            message.seq,
            message.rev,
            &message.sender,
            message.client_id.as_ref(),
            Uuid::from_bytes(draft.fingerprint()).simple(),
            message_kind_number(message.kind),
            &message.text,
            rows::json_list(&message.attachments)?,
            message.reply_to.map(|reply| reply.id.as_uuid().simple()),
            message.reply_to.map(|reply| reply.seq),
            message.created_at.as_millis(),
        ));
        let mark = (message.conversation, &message.sender);
        self.marks.insert(mark, message.seq);
        let found = draft.words().join(" ");
        if !found.is_empty() {
            self.words.push((id, conversation, found));
        }
        for attachment in &message.attachments {
            let link = (
                attachment.upload.as_uuid().simple(),
                conversation,
                message.seq,
            );
            self.links.push(link);
        }
        Ok(())
    }
}

fn json(list: &impl Serialize) -> Result<String> {
    serde_json::to_string(list).map_err(StoreError::corrupt)
}

async fn write(db: &mut Db<'_>, stored: &[(&Draft, &Message)]) -> Result<()> {
    if stored.is_empty() {
        return Ok(());
    }
    let mut lists = Lists::default();
    for (draft, message) in stored {
        lists.add(draft, message)?;
    }
    let heads = lists.heads.into_iter();
    let heads: Vec<_> = heads
        .map(|(id, (seq, rev, at))| (id.as_uuid().simple(), seq, rev, at.as_millis()))
        .collect();
    let marks = lists.marks.into_iter();
    let marks: Vec<_> = marks
        .map(|((id, user), seq)| (id.as_uuid().simple(), user, seq))
        .collect();
    let write = sqlx::query(db.sql(WRITE))
        .bind(json(&lists.messages)?)
        .bind(json(&heads)?)
        .bind(json(&marks)?)
        .bind(json(&lists.words)?)
        .bind(json(&lists.links)?);
    let written = write.execute(&mut *db.connection).await;
    written.map(drop).map_err(failed)
}
