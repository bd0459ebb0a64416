//! Appending a batch: what is known is read in a few statements, decided here, written in a few.

use std::collections::{BTreeMap, HashMap, HashSet};

use chat_core::id::{ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{Appended, Draft, Fingerprint, Message, Quoted, Refusal};
use chat_core::store::StoreError;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::conversations::LOAD;
use crate::error::{Result, failed};
use crate::rows::{self, ConversationRow, MessageRow, message_kind_number};

const SENDERS: &str = r"
select member.conversation, member.user, member.visible_from
from json_each(?) as asked
join chat_members as member on member.conversation = unhex(asked.value ->> 0) and member.user = asked.value ->> 1
where member.active";

const EARLIER: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at
from json_each(?) as asked
join chat_messages as m on m.conversation = unhex(asked.value ->> 0)
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

/// What the store knows of a batch's drafts, and what it comes to know as they are decided.
#[derive(Debug, Default)]
struct Known {
    heads: HashMap<ConversationId, Head>,
    /// By conversation and sender: from where the sender sees.
    senders: HashMap<(ConversationId, UserId), Seq>,
    earlier: HashMap<(ConversationId, UserId, String), (Fingerprint, Message)>,
    places: HashMap<MessageId, (ConversationId, Seq)>,
    owners: HashMap<UploadId, UserId>,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    seq: Seq,
    rev: Rev,
}

/// Appends drafts within an open transaction that writes.
pub(crate) async fn append(
    connection: &mut SqliteConnection,
    drafts: &[Draft],
) -> Result<Vec<Answer>> {
    let mut known = load(connection, drafts).await?;
    let answers: Vec<Answer> = drafts.iter().map(|draft| known.decide(draft)).collect();
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
    write(connection, &stored.collect::<Vec<_>>()).await?;
    Ok(answers)
}

impl Known {
    fn decide(&mut self, draft: &Draft) -> Answer {
        let sender = (draft.conversation, draft.sender.clone());
        let (Some(head), Some(visible_from)) = (
            self.heads.get(&draft.conversation).copied(),
            self.senders.get(&sender).copied(),
        ) else {
            return Err(Refusal::NotMember);
        };
        let fingerprint = draft.fingerprint();
        let key = draft
            .client_id
            .as_ref()
            .map(|id| (sender.0, sender.1, id.to_string()));
        if let Some((first, message)) = key.as_ref().and_then(|key| self.earlier.get(key)) {
            return match *first == fingerprint {
                true => Ok(Appended {
                    message: message.clone(),
                    is_new: false,
                }),
                false => Err(Refusal::ClientIdReused),
            };
        }
        let reply_to = self.quoted(draft, visible_from)?;
        let owned = |upload: &UploadId| self.owners.get(upload) == Some(&draft.sender);
        if !draft
            .attachments
            .iter()
            .all(|attachment| owned(&attachment.upload))
        {
            return Err(Refusal::UnknownUpload);
        }
        let head = Head {
            seq: head.seq.next(),
            rev: head.rev.next(),
        };
        let message = message(draft, head, reply_to);
        self.heads.insert(draft.conversation, head);
        self.places.insert(draft.id, (draft.conversation, head.seq));
        if let Some(key) = key {
            self.earlier.insert(key, (fingerprint, message.clone()));
        }
        Ok(Appended {
            message,
            is_new: true,
        })
    }

    fn quoted(
        &self,
        draft: &Draft,
        visible_from: Seq,
    ) -> std::result::Result<Option<Quoted>, Refusal> {
        let Some(id) = draft.reply_to else {
            return Ok(None);
        };
        match self.places.get(&id) {
            Some((conversation, seq))
                if *conversation == draft.conversation && *seq > visible_from =>
            {
                Ok(Some(Quoted { id, seq: *seq }))
            }
            _ => Err(Refusal::UnknownReply),
        }
    }
}

fn message(draft: &Draft, head: Head, reply_to: Option<Quoted>) -> Message {
    Message {
        id: draft.id,
        conversation: draft.conversation,
        seq: head.seq,
        rev: head.rev,
        sender: draft.sender.clone(),
        client_id: draft.client_id.clone(),
        kind: draft.kind,
        text: draft.text.clone(),
        attachments: draft.attachments.clone(),
        reply_to,
        created_at: draft.at,
    }
}

async fn load(connection: &mut SqliteConnection, drafts: &[Draft]) -> Result<Known> {
    let mut known = Known::default();
    let ids: HashSet<Uuid> = drafts
        .iter()
        .map(|draft| draft.conversation.as_uuid())
        .collect();
    let query = sqlx::query_as(LOAD).bind(rows::hex_list(ids));
    let found: Vec<ConversationRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
    for row in found {
        let head = Head {
            seq: rows::seq(row.last_seq)?,
            rev: rows::rev(row.rev)?,
        };
        known.heads.insert(ConversationId::from_uuid(row.id), head);
    }
    let senders: HashSet<_> = drafts
        .iter()
        .map(|draft| (hex(draft.conversation.as_uuid()), draft.sender.as_str()))
        .collect();
    let query = sqlx::query_as(SENDERS).bind(json!(senders).to_string());
    let found: Vec<(Uuid, String, i64)> =
        query.fetch_all(&mut *connection).await.map_err(failed)?;
    for (conversation, user, visible_from) in found {
        let key = (ConversationId::from_uuid(conversation), rows::user(&user)?);
        known.senders.insert(key, rows::seq(visible_from)?);
    }
    load_earlier(connection, drafts, &mut known).await?;
    load_references(connection, drafts, &mut known).await?;
    Ok(known)
}

async fn load_earlier(
    connection: &mut SqliteConnection,
    drafts: &[Draft],
    known: &mut Known,
) -> Result<()> {
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
    let query = sqlx::query_as(EARLIER).bind(json!(keys).to_string());
    let found: Vec<MessageRow> = query.fetch_all(connection).await.map_err(failed)?;
    for row in found {
        let fingerprint = row.fingerprint.as_slice().try_into();
        let fingerprint: Fingerprint = fingerprint.map_err(StoreError::corrupt)?;
        let client_id = row.client_id.clone().unwrap_or_default();
        let message = Message::try_from(row)?;
        let key = (message.conversation, message.sender.clone(), client_id);
        known.earlier.insert(key, (fingerprint, message));
    }
    Ok(())
}

async fn load_references(
    connection: &mut SqliteConnection,
    drafts: &[Draft],
    known: &mut Known,
) -> Result<()> {
    let replies: Vec<Uuid> = drafts
        .iter()
        .filter_map(|draft| Some(draft.reply_to?.as_uuid()))
        .collect();
    if !replies.is_empty() {
        let query = sqlx::query_as(REPLIES).bind(rows::hex_list(replies));
        let found: Vec<(Uuid, Uuid, i64)> =
            query.fetch_all(&mut *connection).await.map_err(failed)?;
        for (id, conversation, seq) in found {
            let place = (ConversationId::from_uuid(conversation), rows::seq(seq)?);
            known.places.insert(MessageId::from_uuid(id), place);
        }
    }
    let uploads = drafts
        .iter()
        .flat_map(|draft| &draft.attachments)
        .map(|attachment| attachment.upload.as_uuid());
    let uploads: HashSet<Uuid> = uploads.collect();
    if !uploads.is_empty() {
        let query = sqlx::query_as(UPLOADS).bind(rows::hex_list(uploads));
        let found: Vec<(Uuid, String)> = query.fetch_all(connection).await.map_err(failed)?;
        for (id, owner) in found {
            known
                .owners
                .insert(UploadId::from_uuid(id), rows::user(&owner)?);
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
    let attachments = match message.attachments.is_empty() {
        true => None,
        false => Some(serde_json::to_string(&message.attachments).map_err(StoreError::corrupt)?),
    };
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

async fn write(connection: &mut SqliteConnection, stored: &[(&Draft, &Message)]) -> Result<()> {
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
        (LINK, lists.links),
    ] {
        if !list.is_empty() {
            let query = sqlx::query(statement).bind(Value::Array(list).to_string());
            query.execute(&mut *connection).await.map_err(failed)?;
        }
    }
    Ok(())
}
