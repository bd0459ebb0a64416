//! Erasing a user, in steps that can be repeated.
//!
//! One transaction could be too large for MongoDB. So the erasure is noted first, and until all is
//! done the audit finds what is left.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bson::spec::BinarySubtype;
use bson::{Binary, Document, doc};
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{MessageKind, Role, Upload};
use chat_core::store::Erased;
use futures_util::TryStreamExt as _;
use mongodb::{ClientSession, Collection};
use serde::Deserialize;

use super::reactions::{clear_own, take_reactions};
use super::{STAMINA, conversations_of, patiently};
use crate::conversations::{lock, member_key};
use crate::error::{Result, failed};
use crate::rows::{self, MemberRow, UploadRow, message_kind_number, plain, role_number};
use crate::store::{MongoStore, aggregate, find_all};
use crate::turns::Places;

/// How many conversations are left in one transaction.
const LEFT_AT_ONCE: i64 = 50;

/// How many conversations one command blanks messages of.
const BLANKED_AT_ONCE: usize = 50;

/// How many uploads go in one transaction.
const TAKEN_AT_ONCE: i64 = 500;

/// How long to wait before a page of uploads is tried again.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn erase(store: &MongoStore, user: &UserId, at: Timestamp) -> Result<Erased> {
    patiently(Box::pin(note(store, user, at))).await?;
    let conversations = leave_all(store, user).await?;
    let messages = blank(store, user).await?;
    let reactions = take_reactions(store, user).await?;
    patiently(Box::pin(forget(store, user))).await?;
    // Last, since nobody is told again of uploads that are gone.
    let uploads = take_uploads(store, user).await?;
    Ok(Erased {
        messages,
        reactions,
        conversations,
        uploads,
    })
}

async fn note(store: &MongoStore, user: &UserId, at: Timestamp) -> Result<()> {
    let erasures = store.erasures();
    let this = doc! { "_id": user.as_str() };
    let note = erasures.update_one(this, doc! { "$setOnInsert": { "at": at.as_millis() } });
    note.upsert(true).await.map(drop).map_err(failed)
}

/// Ends all memberships, page by page; how many there were.
async fn leave_all(store: &MongoStore, user: &UserId) -> Result<u64> {
    let mut left = 0;
    loop {
        let ids = patiently(Box::pin(still_in(store, user))).await?;
        if ids.is_empty() {
            return Ok(left);
        }
        let places = Places::of(&ids).and(ids.iter().map(|id| (id, user)));
        let asked = (user.clone(), ids);
        left += store
            .transact(places, asked, |store, session, (user, ids)| {
                Box::pin(leave(store, session, user, ids))
            })
            .await?;
    }
}

async fn still_in(store: &MongoStore, user: &UserId) -> Result<Vec<ConversationId>> {
    let members = store.members();
    let find = members.find(doc! { "user": user.as_str(), "active": true });
    let cursor = find.limit(LEFT_AT_ONCE).await.map_err(failed)?;
    let found: Vec<MemberRow> = cursor.try_collect().await.map_err(failed)?;
    let ids = found.into_iter().map(|row| plain(row.conversation));
    Ok(ids.map(ConversationId::from_uuid).collect())
}

async fn leave(
    store: &MongoStore,
    session: &mut ClientSession,
    user: &UserId,
    ids: &[ConversationId],
) -> Result<u64> {
    let all = rows::binaries(ids.iter().map(|id| id.as_uuid()));
    lock(store, session, &all).await?;
    let keys: Vec<Document> = ids.iter().map(|id| member_key(*id, user)).collect();
    let mine = doc! { "_id": { "$in": keys }, "active": true };
    let mine = find_all(session, &store.members(), mine).await?;
    let heirs = heirs(store, session, user, &mine).await?;
    let these: Vec<bson::Uuid> = mine.iter().map(|row| row.conversation).collect();
    let these = doc! { "_id": { "$in": these } };
    let (mut members, mut heads) = (Vec::new(), Vec::new());
    for row in find_all(session, &store.conversations(), these).await? {
        let id = ConversationId::from_uuid(plain(row.id));
        let mut rev = row.rev;
        if let Some(heir) = heirs.get(&id) {
            rev += 1;
            let crown = doc! { "role": role_number(Role::Owner), "rev": rev };
            members.push(set(member_key(id, heir), crown));
        }
        rev += 1;
        let depart = doc! { "active": false, "rev": rev };
        members.push(set(member_key(id, user), depart));
        let head = doc! { "$set": { "rev": rev }, "$inc": { "member_count": -1_i64 } };
        heads.push(doc! { "q": { "_id": row.id }, "u": head });
    }
    let left = heads.len() as u64;
    for (collection, updates) in [("members", members), ("conversations", heads)] {
        store
            .update_all(Some(&mut *session), collection, updates)
            .await?;
    }
    Ok(left)
}

fn set(key: Document, fields: Document) -> Document {
    doc! { "q": { "_id": key }, "u": { "$set": fields } }
}

/// Who comes first among the others of a conversation.
#[derive(Debug, Deserialize)]
struct FirstRow {
    #[serde(rename = "_id")]
    conversation: bson::Uuid,
    first: First,
}

#[derive(Debug, Deserialize)]
struct First {
    /// How far from an owner.
    below: i64,
    user: String,
}

/// Where the user is the last owner among others: who comes next.
async fn heirs(
    store: &MongoStore,
    session: &mut ClientSession,
    user: &UserId,
    mine: &[MemberRow],
) -> Result<HashMap<ConversationId, UserId>> {
    let owner = role_number(Role::Owner);
    let owned = mine.iter().filter(|row| row.role == owner);
    let owned: Vec<bson::Uuid> = owned.map(|row| row.conversation).collect();
    if owned.is_empty() {
        return Ok(HashMap::new());
    }
    // Documents are compared field by field.
    let place = doc! {
        "below": { "$subtract": [owner, "$role"] }, "joined_at": "$joined_at", "user": "$user",
    };
    let pipeline = vec![
        doc! { "$match": {
            "conversation": { "$in": owned }, "user": { "$ne": user.as_str() }, "active": true,
        } },
        doc! { "$group": { "_id": "$conversation", "first": { "$min": place } } },
    ];
    let found: Vec<FirstRow> = aggregate(session, &store.members(), pipeline).await?;
    let mut heirs = HashMap::with_capacity(found.len());
    for row in found.into_iter().filter(|row| row.first.below > 0) {
        let id = ConversationId::from_uuid(plain(row.conversation));
        heirs.insert(id, rows::user(&row.first.user)?);
    }
    Ok(heirs)
}

/// Takes what the user's messages said; of how many.
async fn blank(store: &MongoStore, user: &UserId) -> Result<u64> {
    let ids = patiently(Box::pin(async move {
        let mut view = store.view().await?;
        conversations_of(store, &mut view, user).await
    }))
    .await?;
    let deleted = message_kind_number(MessageKind::Deleted);
    let nothing = Binary {
        subtype: BinarySubtype::Generic,
        bytes: vec![0; 16],
    };
    let empty: [&str; 0] = [];
    let change = doc! {
        "$set": {
            "kind": deleted, "text": "", "words": empty.as_slice(),
            "attachments": empty.as_slice(), "reply_to": null, "fingerprint": nothing.clone(),
        },
        "$unset": { "client_id": 1_i64, "edited_at": 1_i64 },
    };
    // What messages keep that the user deleted before.
    let unsign = doc! {
        "$set": { "fingerprint": nothing.clone() }, "$unset": { "client_id": 1_i64 },
    };
    let mut blanked = 0;
    for ids in ids.chunks(BLANKED_AT_ONCE) {
        let theirs = doc! {
            "conversation": { "$in": ids }, "sender": user.as_str(), "kind": { "$ne": deleted },
        };
        blanked += update(store, theirs, &change).await?;
        let signed = doc! {
            "conversation": { "$in": ids }, "sender": user.as_str(), "kind": deleted,
            "fingerprint": { "$ne": nothing.clone() },
        };
        update(store, signed, &unsign).await?;
        // Last: nobody reacts to what is deleted.
        patiently(Box::pin(clear_own(store, user, ids))).await?;
    }
    Ok(blanked)
}

/// Changes messages; of how many.
async fn update(store: &MongoStore, which: Document, change: &Document) -> Result<u64> {
    let (messages, change) = (store.messages(), change.clone());
    patiently(Box::pin(async move {
        let done = messages.update_many(which, change).await;
        Ok(done.map_err(failed)?.modified_count)
    }))
    .await
}

/// The rest of what is the user's.
async fn forget(store: &MongoStore, user: &UserId) -> Result<()> {
    let name = user.as_str();
    for (collection, theirs) in [
        ("accounts", doc! { "_id": name }),
        ("logins", doc! { "user": name }),
        ("turns", doc! { "_id": format!("logins:{name}") }),
        ("last_seen", doc! { "_id": name }),
        ("joins", doc! { "_id": name }),
        ("blocks", doc! { "user": name }),
        ("blocks", doc! { "other": name }),
        ("privacy", doc! { "_id": name }),
        ("pushes", doc! { "user": name }),
    ] {
        let collection: Collection<Document> = store.collection(collection);
        collection.delete_many(theirs).await.map_err(failed)?;
    }
    Ok(())
}

/// Takes the uploads, page by page; what they were.
async fn take_uploads(store: &MongoStore, user: &UserId) -> Result<Vec<Upload>> {
    let (begun, mut taken) = (Instant::now(), Vec::new());
    loop {
        match take_page(store, user).await {
            Ok(page) if page.is_empty() => return rows::all(taken),
            Ok(page) => taken.extend(page),
            // Giving up would lose what is taken already.
            Err(error)
                if error.is_retryable() && !taken.is_empty() && begun.elapsed() < STAMINA =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn take_page(store: &MongoStore, user: &UserId) -> Result<Vec<UploadRow>> {
    let ids = patiently(Box::pin(release_page(store, user))).await?;
    let places = Places::of(&ids);
    store
        .transact(places, ids, |store, session, ids| {
            Box::pin(take(store, session, ids))
        })
        .await
}

/// Ends the use of some uploads: in messages, and as avatars.
async fn release_page(store: &MongoStore, user: &UserId) -> Result<Vec<bson::Uuid>> {
    let uploads = store.uploads();
    let find = uploads
        .find(doc! { "owner": user.as_str() })
        .sort(doc! { "_id": 1 });
    let cursor = find.limit(TAKEN_AT_ONCE).await.map_err(failed)?;
    let found: Vec<UploadRow> = cursor.try_collect().await.map_err(failed)?;
    let ids: Vec<bson::Uuid> = found.into_iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let next = doc! { "$add": ["$rev", 1_i64] };
    let none = doc! { "$set": { "avatar": null, "rev": next.clone(), "settings_rev": next } };
    let conversations = store.conversations();
    let shown = doc! { "avatar": { "$in": &ids } };
    let hide = conversations.update_many(shown, vec![none]);
    hide.await.map_err(failed)?;
    let links = store.upload_links();
    let unlink = links.delete_many(doc! { "upload": { "$in": &ids } });
    unlink.await.map_err(failed)?;
    Ok(ids)
}

async fn take(
    store: &MongoStore,
    session: &mut ClientSession,
    ids: &[bson::Uuid],
) -> Result<Vec<UploadRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (uploads, these) = (store.uploads(), doc! { "_id": { "$in": ids } });
    let found = find_all(session, &uploads, these.clone()).await?;
    let delete = uploads.delete_many(these).session(session);
    delete.await.map_err(failed)?;
    Ok(found)
}
