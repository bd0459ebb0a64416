//! Appending a batch: what is known is read in a few statements, decided here, written in a few.

use std::collections::{BTreeMap, HashSet};

use chat_core::id::{ConversationId, MessageId, Rev, Seq, Timestamp, UploadId};
use chat_core::model::{Appended, ConversationKind, Draft, Ledger, Message, Refusal};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::conversations::LOAD;
use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, ConversationRow, MessageRow, message_kind_number};

const SENDERS: &str = r"
select member.conversation, member.user, member.visible_from
from json_each(?) as asked
cross join chat_members as member on member.conversation = unhex(asked.value ->> 0) and member.user = asked.value ->> 1
where member.active";

const BARRED: &str = r"
select c.id from json_each(?) as asked
cross join chat_conversations as c on c.id = unhex(asked.value)
where exists (select 1 from chat_blocks as block where block.pair = c.pair)";

const EARLIER: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from json_each(?) as asked
cross join chat_messages as m on m.conversation = unhex(asked.value ->> 0)
    and m.sender = asked.value ->> 1 and m.client_id = asked.value ->> 2";

const REPLIES: &str = r"
select id, conversation, seq from chat_messages where id in (select unhex(value) from json_each(?))";

const UPLOADS: &str = r"
select id, owner from chat_uploads where id in (select unhex(value) from json_each(?))";

const INSERT: &str = r"
insert into chat_messages
    (id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, attachments, reply_id, reply_seq, created_at)
select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5, unhex(value ->> 6),
    value ->> 7, value ->> 8, value ->> 9, unhex(value ->> 10), value ->> 11, value ->> 12
from json_each(?) order by key";

/// The words of new messages, for the search: in the scope of their conversation.
const WORDS: &str = r"
insert into chat_words (rowid, scope, words)
select m.row, asked.value ->> 1, asked.value ->> 2
from json_each(?) as asked cross join chat_messages as m on m.id = unhex(asked.value ->> 0)";

const LINK: &str = r"
insert into chat_upload_links (upload, conversation, seq)
select unhex(value ->> 0), unhex(value ->> 1), value ->> 2 from json_each(?) where true on conflict do nothing";

const HEADS: &str = r"
update chat_conversations as c set
    last_seq = asked.last_seq, rev = asked.rev, active_at = max(c.active_at, asked.at)
from (select unhex(value ->> 0) as id, value ->> 1 as last_seq, value ->> 2 as rev, value ->> 3 as at from json_each(?)) as asked
where c.id = asked.id";

const MARK: &str = r"
update chat_members as member set delivered = asked.seq, read = asked.seq
from (
    select unhex(value ->> 0) as conversation, value ->> 1 as user, max(value ->> 2) as seq
    from json_each(?) group by 1, 2
) as asked
where member.conversation = asked.conversation and member.user = asked.user";

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
    let ids: HashSet<Uuid> = drafts
        .iter()
        .map(|draft| draft.conversation.as_uuid())
        .collect();
    let query = sqlx::query_as(db.sql(LOAD)).bind(rows::hex_list(ids));
    let found: Vec<ConversationRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let mut direct = Vec::new();
    for row in found {
        let id = ConversationId::from_uuid(row.id);
        ledger.head(id, rows::seq(row.last_seq)?, rows::rev(row.rev)?);
        if rows::kind(row.kind)? == ConversationKind::Direct {
            direct.push(row.id);
        }
    }
    load_barred(db, direct, &mut ledger).await?;
    let senders: HashSet<_> = drafts
        .iter()
        .map(|draft| (hex(draft.conversation.as_uuid()), draft.sender.as_str()))
        .collect();
    let query = sqlx::query_as(db.sql(SENDERS)).bind(json!(senders).to_string());
    let found: Vec<(Uuid, String, i64)> =
        query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    for (conversation, user, visible_from) in found {
        let conversation = ConversationId::from_uuid(conversation);
        ledger.member(conversation, rows::user(&user)?, rows::seq(visible_from)?);
    }
    load_earlier(db, drafts, &mut ledger).await?;
    load_references(db, drafts, &mut ledger).await?;
    Ok(ledger)
}

async fn load_barred(db: &mut Db<'_>, direct: Vec<Uuid>, ledger: &mut Ledger) -> Result<()> {
    if direct.is_empty() {
        return Ok(());
    }
    let query = sqlx::query_scalar(db.sql(BARRED)).bind(rows::hex_list(direct));
    let barred: Vec<Uuid> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    for id in barred {
        ledger.bar(ConversationId::from_uuid(id));
    }
    Ok(())
}

async fn load_earlier(db: &mut Db<'_>, drafts: &[Draft], ledger: &mut Ledger) -> Result<()> {
    let keys: HashSet<_> = drafts
        .iter()
        .filter_map(|draft| {
            let client_id = draft.client_id.as_ref()?;
            Some((
                hex(draft.conversation.as_uuid()),
                draft.sender.as_str(),
                client_id.as_str(),
            ))
        })
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    let query = sqlx::query_as(db.sql(EARLIER)).bind(json!(keys).to_string());
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

/// A batch as the statements that write it take it.
#[derive(Debug, Default)]
struct Lists {
    messages: Vec<Value>,
    heads: BTreeMap<Uuid, (Seq, Rev, Timestamp)>,
    marks: Vec<Value>,
    words: Vec<Value>,
    links: Vec<Value>,
}

impl Lists {
    fn add(&mut self, draft: &Draft, message: &Message) -> Result<()> {
        let conversation = message.conversation.as_uuid();
        let head = (message.seq, message.rev, message.created_at);
        let kept = self.heads.entry(conversation).or_insert(head);
        *kept = (head.0, head.1, kept.2.max(head.2));
        let conversation = hex(conversation);
        self.messages
            .push(insertion(draft, message, &conversation)?);
        self.marks
            .push(json!([conversation, message.sender, message.seq]));
        let found = draft.words().join(" ");
        if !found.is_empty() {
            let id = hex(message.id.as_uuid());
            self.words.push(json!([id, conversation, found]));
        }
        for attachment in &message.attachments {
            self.links.push(json!([
                hex(attachment.upload.as_uuid()),
                conversation,
                message.seq
            ]));
        }
        Ok(())
    }
}

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

/// The columns of a message, in the order of [`INSERT`].
fn insertion(draft: &Draft, message: &Message, conversation: &str) -> Result<Value> {
    let attachments = rows::json_list(&message.attachments)?;
    let fingerprint: String = draft
        .fingerprint()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let reply = message.reply_to;
    Ok(json!([
        hex(message.id.as_uuid()),
        conversation,
        message.seq,
        message.rev,
        message.sender,
        message.client_id,
        fingerprint,
        message_kind_number(message.kind),
        message.text,
        attachments,
        reply.map(|reply| hex(reply.id.as_uuid())),
        reply.map(|reply| reply.seq),
        message.created_at.as_millis(),
    ]))
}

async fn write(db: &mut Db<'_>, stored: &[(&Draft, &Message)]) -> Result<()> {
    let mut lists = Lists::default();
    for (draft, message) in stored {
        lists.add(draft, message)?;
    }
    let heads = lists.heads.into_iter();
    let heads = heads
        .map(|(id, (seq, rev, at))| json!([hex(id), seq, rev, at.as_millis()]))
        .collect();
    for (statement, list) in [
        (INSERT, lists.messages),
        (HEADS, heads),
        (MARK, lists.marks),
        (WORDS, lists.words),
        (LINK, lists.links),
    ] {
        if !list.is_empty() {
            let query = sqlx::query(db.sql(statement)).bind(Value::Array(list).to_string());
            query.execute(&mut *db.connection).await.map_err(failed)?;
        }
    }
    Ok(())
}
