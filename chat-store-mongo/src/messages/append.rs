//! Appending a batch: what is known is read in a few commands, decided here, written in a few.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bson::{Document, doc};
use chat_core::id::{ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{Appended, Draft, Ledger, Message, Refusal};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::options::Hint;
use uuid::Uuid;

use crate::conversations::{lock, member_key};
use crate::error::{Result, failed};
use crate::people::barred_pairs;
use crate::rows::{self, MessageRow, binaries, binary, plain};
use crate::store::{MongoStore, find_all};

type Answer = std::result::Result<Appended, Refusal>;

/// Appends drafts within an open transaction.
pub(super) async fn append(
    store: &MongoStore,
    session: &mut ClientSession,
    drafts: &[Draft],
) -> Result<Vec<Answer>> {
    let mut ledger = Ledger::default();
    load_heads(store, session, drafts, &mut ledger).await?;
    load_senders(store, session, drafts, &mut ledger).await?;
    load_earlier(store, session, drafts, &mut ledger).await?;
    load_replies(store, session, drafts, &mut ledger).await?;
    load_uploads(store, session, drafts, &mut ledger).await?;
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
    let lists = Lists::of(stored);
    lists.write(store, session).await?;
    Ok(answers)
}

async fn load_heads(
    store: &MongoStore,
    session: &mut ClientSession,
    drafts: &[Draft],
    ledger: &mut Ledger,
) -> Result<()> {
    let ids = drafts.iter().map(|draft| draft.conversation.as_uuid());
    let ids = binaries(ids.collect::<BTreeSet<Uuid>>());
    let mut direct = HashMap::new();
    for row in lock(store, session, &ids).await? {
        let id = ConversationId::from_uuid(plain(row.id));
        ledger.head(id, rows::seq(row.last_seq)?, rows::rev(row.rev)?);
        direct.extend(row.pair.map(|pair| (pair, id)));
    }
    let pairs = direct.keys().cloned().collect();
    for pair in barred_pairs(store, session, pairs).await? {
        if let Some(id) = direct.get(&pair) {
            ledger.bar(*id);
        }
    }
    Ok(())
}

async fn load_senders(
    store: &MongoStore,
    session: &mut ClientSession,
    drafts: &[Draft],
    ledger: &mut Ledger,
) -> Result<()> {
    let senders: BTreeSet<(ConversationId, &UserId)> = drafts
        .iter()
        .map(|draft| (draft.conversation, &draft.sender))
        .collect();
    let keys = senders.iter().map(|(id, user)| member_key(*id, user));
    let keys: Vec<Document> = keys.collect();
    let filter = doc! { "_id": { "$in": keys }, "active": true };
    for row in find_all(session, &store.members(), filter).await? {
        let conversation = ConversationId::from_uuid(plain(row.conversation));
        let visible_from = rows::seq(row.visible_from)?;
        ledger.member(conversation, rows::user(&row.user)?, visible_from);
    }
    Ok(())
}

async fn load_earlier(
    store: &MongoStore,
    session: &mut ClientSession,
    drafts: &[Draft],
    ledger: &mut Ledger,
) -> Result<()> {
    let mut keys: BTreeMap<(ConversationId, &UserId), BTreeSet<&str>> = BTreeMap::new();
    for draft in drafts {
        if let Some(client_id) = &draft.client_id {
            let sender = (draft.conversation, &draft.sender);
            keys.entry(sender).or_default().insert(client_id.as_str());
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    let of_sender = |((conversation, sender), ids): (_, BTreeSet<&str>)| {
        let (conversation, sender): (ConversationId, &UserId) = (conversation, sender);
        let ids: Vec<&str> = ids.into_iter().collect();
        doc! {
            "conversation": binary(conversation.as_uuid()), "sender": sender.as_str(),
            "client_id": { "$in": ids },
        }
    };
    let any: Vec<Document> = keys.into_iter().map(of_sender).collect();
    // MongoDB would go on with the plan that was best while the conversation was empty.
    let by_client_id = doc! { "conversation": 1, "sender": 1, "client_id": 1 };
    let messages = store.messages();
    let find = messages
        .find(doc! { "$or": any })
        .hint(Hint::Keys(by_client_id));
    let mut cursor = find.session(&mut *session).await.map_err(failed)?;
    let found: Vec<MessageRow> = cursor.stream(session).try_collect().await.map_err(failed)?;
    for row in found {
        ledger.earlier(row.fingerprint()?, row.try_into()?);
    }
    Ok(())
}

async fn load_replies(
    store: &MongoStore,
    session: &mut ClientSession,
    drafts: &[Draft],
    ledger: &mut Ledger,
) -> Result<()> {
    let replies = drafts
        .iter()
        .filter_map(|draft| Some(draft.reply_to?.as_uuid()));
    let replies: BTreeSet<Uuid> = replies.collect();
    if replies.is_empty() {
        return Ok(());
    }
    let filter = doc! { "_id": { "$in": binaries(replies) } };
    for row in find_all(session, &store.messages(), filter).await? {
        let conversation = ConversationId::from_uuid(plain(row.conversation));
        let id = MessageId::from_uuid(plain(row.id));
        ledger.place(id, conversation, rows::seq(row.seq)?);
    }
    Ok(())
}

/// Writes to the uploads too, so that nobody deletes one meanwhile.
async fn load_uploads(
    store: &MongoStore,
    session: &mut ClientSession,
    drafts: &[Draft],
    ledger: &mut Ledger,
) -> Result<()> {
    let attached = drafts.iter().flat_map(|draft| &draft.attachments);
    let attached: BTreeSet<Uuid> = attached.map(|attached| attached.upload.as_uuid()).collect();
    if attached.is_empty() {
        return Ok(());
    }
    let uploads = store.uploads();
    let these = doc! { "_id": { "$in": binaries(attached) } };
    let lock = uploads.update_many(these.clone(), doc! { "$inc": { "lock": 1_i64 } });
    lock.session(&mut *session).await.map_err(failed)?;
    for row in find_all(session, &uploads, these).await? {
        let id = UploadId::from_uuid(plain(row.id));
        ledger.owner(id, rows::user(&row.owner)?);
    }
    Ok(())
}

/// A batch as the commands that write it take it.
#[derive(Debug, Default)]
struct Lists {
    messages: Vec<MessageRow>,
    heads: BTreeMap<ConversationId, (Seq, Rev, Timestamp)>,
    marks: BTreeMap<(ConversationId, UserId), Seq>,
    links: Vec<Document>,
}

impl Lists {
    fn of<'a>(stored: impl Iterator<Item = (&'a Draft, &'a Message)>) -> Self {
        let mut lists = Self::default();
        for (draft, message) in stored {
            lists.add(draft, message);
        }
        lists
    }

    fn add(&mut self, draft: &Draft, message: &Message) {
        let conversation = message.conversation;
        let head = (message.seq, message.rev, message.created_at);
        let kept = self.heads.entry(conversation).or_insert(head);
        *kept = (head.0, head.1, kept.2.max(head.2));
        let sender = (conversation, message.sender.clone());
        self.marks.insert(sender, message.seq);
        for attachment in &message.attachments {
            let upload = binary(attachment.upload.as_uuid());
            let link = doc! {
                "upload": upload, "conversation": binary(conversation.as_uuid()), "seq": message.seq.get(),
            };
            self.links.push(doc! {
                "q": { "_id": link.clone() }, "u": { "$setOnInsert": link }, "upsert": true,
            });
        }
        self.messages.push(MessageRow::of(draft, message));
    }

    async fn write(self, store: &MongoStore, session: &mut ClientSession) -> Result<()> {
        if self.messages.is_empty() {
            return Ok(());
        }
        let messages = store.messages();
        let insert = messages.insert_many(&self.messages);
        insert.session(&mut *session).await.map_err(failed)?;
        let heads = self.heads.into_iter().map(|(id, (seq, rev, at))| {
            doc! {
                "q": { "_id": binary(id.as_uuid()) },
                "u": {
                    "$set": { "last_seq": seq.get(), "rev": rev.get() },
                    "$max": { "active_at": at.as_millis() },
                },
            }
        });
        let marks = self.marks.into_iter().map(|((id, user), seq)| {
            doc! {
                "q": { "_id": member_key(id, &user) },
                "u": { "$set": { "delivered": seq.get(), "read": seq.get() } },
            }
        });
        for (collection, updates) in [
            ("conversations", heads.collect()),
            ("members", marks.collect()),
            ("upload_links", self.links),
        ] {
            store
                .update_all(Some(&mut *session), collection, updates)
                .await?;
        }
        Ok(())
    }
}
