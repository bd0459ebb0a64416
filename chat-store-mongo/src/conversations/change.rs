//! Changing conversations: the rules are the core's, the writing is here.

use std::collections::HashMap;

use bson::{Bson, Document, doc};
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{
    Change, ChangeKind, Changed, Conversation, Refusal, Role, Standing, Verdict,
};
use mongodb::ClientSession;

use super::joins::join;
use super::read::{changed_members, load, lock, member_key};
use crate::error::{Result, failed, odd};
use crate::rows::{self, binary, role_number};
use crate::store::{MongoStore, find_all};
use crate::turns::Places;

/// Those who change a conversation wait for each other, and those who count the same users.
pub(super) fn places(change: &Change) -> Places {
    let places = Places::of([change.conversation]);
    match &change.kind {
        ChangeKind::Add(users) => places.and(users),
        ChangeKind::Rename(_)
        | ChangeKind::Avatar(_)
        | ChangeKind::Remove(_)
        | ChangeKind::Leave
        | ChangeKind::SetRole(..) => places,
    }
}

pub(super) async fn change(
    store: &MongoStore,
    session: &mut ClientSession,
    change: &Change,
) -> Result<std::result::Result<Changed, Refusal>> {
    let id = change.conversation;
    let found = lock(store, session, &[binary(id.as_uuid())]).await?;
    let Some(before) = found.into_iter().next() else {
        return Ok(Err(Refusal::NotMember));
    };
    let before = Conversation::try_from(before)?;
    let standing = standing(store, session, change, &before).await?;
    let verdict = match change.judge(&standing) {
        Ok(verdict) => verdict,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let settings_changed = matches!(verdict, Verdict::Rename(_) | Verdict::Avatar(_));
    write(store, session, &before, &verdict, change.at).await?;
    let conversation = load(store, session, id)
        .await?
        .ok_or_else(|| odd("a conversation that vanished"))?;
    let members = changed_members(store, session, id, before.rev.get()).await?;
    Ok(Ok(Changed {
        conversation,
        settings_changed,
        members,
    }))
}

async fn standing(
    store: &MongoStore,
    session: &mut ClientSession,
    change: &Change,
    conversation: &Conversation,
) -> Result<Standing> {
    let id = change.conversation;
    let concerned = change.concerns().into_iter();
    let keys: Vec<Document> = concerned.map(|user| member_key(id, user)).collect();
    let filter = doc! { "_id": { "$in": keys }, "active": true };
    let found = find_all(session, &store.members(), filter).await?;
    let mut roles: HashMap<UserId, Role> = HashMap::with_capacity(found.len());
    for row in found {
        roles.insert(rows::user(&row.user)?, rows::role(row.role)?);
    }
    let members = store.members();
    let owners = members.count_documents(doc! {
        "conversation": binary(id.as_uuid()), "active": true, "role": role_number(Role::Owner),
    });
    let owners = owners.session(session).await.map_err(failed)?;
    Ok(Standing {
        kind: conversation.kind,
        roles,
        members: conversation.member_count,
        owners: u32::try_from(owners).unwrap_or(u32::MAX),
    })
}

/// What a verdict writes: to members, and to the conversation.
struct Write {
    members: Vec<Document>,
    conversation: Document,
}

async fn write(
    store: &MongoStore,
    session: &mut ClientSession,
    before: &Conversation,
    verdict: &Verdict,
    at: Timestamp,
) -> Result<()> {
    let Some(write) = writes(before, verdict, at) else {
        return Ok(());
    };
    store
        .update_all(Some(&mut *session), "members", write.members)
        .await?;
    let conversations = store.conversations();
    let this = doc! { "_id": binary(before.id.as_uuid()) };
    let update = conversations.update_one(this, write.conversation);
    update.session(&mut *session).await.map_err(failed)?;
    match verdict {
        Verdict::Add(users) => join(store, session, users).await,
        _ => Ok(()),
    }
}

fn writes(before: &Conversation, verdict: &Verdict, at: Timestamp) -> Option<Write> {
    let next = before.rev.next().get();
    let settings = |field: &str, value: Bson| Write {
        members: Vec::new(),
        conversation: doc! { "$set": { field: value, "rev": next, "settings_rev": next } },
    };
    let member = |user: &UserId, set: Document, joined: i64| Write {
        members: vec![doc! { "q": { "_id": member_key(before.id, user) }, "u": { "$set": set } }],
        conversation: doc! { "$set": { "rev": next }, "$inc": { "member_count": joined } },
    };
    Some(match verdict {
        Verdict::Nothing => return None,
        Verdict::Rename(name) => settings("name", name.clone().into()),
        Verdict::Avatar(avatar) => {
            let avatar = avatar.map(|id| binary(id.as_uuid()));
            settings("avatar", avatar.into())
        }
        Verdict::Add(users) => {
            let revs = next..;
            let rows = users.iter().zip(revs);
            let count = rows::signed(users.len() as u64);
            Write {
                members: rows
                    .map(|(user, rev)| joining(before, user, rev, at))
                    .collect(),
                conversation: doc! { "$inc": { "rev": count, "member_count": count } },
            }
        }
        Verdict::Remove(user) => member(user, doc! { "active": false, "rev": next }, -1),
        Verdict::SetRole(user, role) => {
            member(user, doc! { "role": role_number(*role), "rev": next }, 0)
        }
    })
}

/// A row as of one who never was here.
fn joining(before: &Conversation, user: &UserId, rev: i64, at: Timestamp) -> Document {
    let id: ConversationId = before.id;
    let last = before.last_seq.get();
    let row = doc! {
        "conversation": binary(id.as_uuid()), "user": user.as_str(),
        "role": role_number(Role::Member), "active": true, "joined_at": at.as_millis(), "rev": rev,
        "visible_from": last, "delivered": last, "read": last,
    };
    doc! { "q": { "_id": member_key(id, user) }, "u": { "$set": row }, "upsert": true }
}
