//! Changing messages: the rules are the core's, the writing is here.

use bson::{Bson, Document, doc};
use chat_core::model::{
    Attachment, Conversation, Member, Message, MessageKind, Reaction, Refusal, Revisable, Revised,
    Revision, RevisionKind,
};
use mongodb::ClientSession;

use super::reactions::{key, reacted, told};
use crate::conversations::{lock, member_key};
use crate::error::{Result, failed};
use crate::people::barred_pairs;
use crate::rows::{ReactionKey, ReactionRow, binary, message_kind_number};
use crate::store::MongoStore;

/// Revises within an open transaction.
pub(super) async fn revise(
    store: &MongoStore,
    session: &mut ClientSession,
    revision: &Revision,
) -> Result<std::result::Result<Revised, Refusal>> {
    let id = binary(revision.conversation.as_uuid());
    let Some(row) = lock(store, session, &[id]).await?.into_iter().next() else {
        return Ok(Err(Refusal::NotMember));
    };
    let pair = row.pair.clone().filter(|_| revision.kind.adds());
    let barred = barred_pairs(store, session, pair.into_iter().collect()).await?;
    let conversation = Conversation::try_from(row)?;
    let standing = standing(store, session, revision, &conversation).await?;
    let standing = Revisable {
        barred: !barred.is_empty(),
        ..standing
    };
    let revised = match revision.judge(&standing) {
        Ok(revised) => revised,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let (true, Some(before)) = (revised.changed, &standing.message) {
        write(store, session, revision, &revised.message).await?;
        follow(store, session, revision, before, &revised.message).await?;
    }
    Ok(Ok(revised))
}

async fn standing(
    store: &MongoStore,
    session: &mut ClientSession,
    revision: &Revision,
    conversation: &Conversation,
) -> Result<Revisable> {
    let (members, messages) = (store.members(), store.messages());
    let me = member_key(conversation.id, &revision.actor);
    let actor = members.find_one(doc! { "_id": me, "active": true });
    let actor = actor.session(&mut *session).await.map_err(failed)?;
    let actor = actor.map(Member::try_from).transpose()?;
    let this = doc! {
        "_id": binary(revision.message.as_uuid()),
        "conversation": binary(conversation.id.as_uuid()),
    };
    let message = messages.find_one(this).session(&mut *session);
    let message = message.await.map_err(failed)?;
    let (has_reacted, others) = match revision.reaction() {
        None => (false, Vec::new()),
        Some(reaction) => {
            reacted(store, session, revision.message, reaction, &revision.actor).await?
        }
    };
    Ok(Revisable {
        kind: conversation.kind,
        rev: conversation.rev,
        actor: actor.map(|me| (me.role, me.visible_from)),
        message: message.map(Message::try_from).transpose()?,
        has_reacted,
        others,
        barred: false,
    })
}

/// Writes a message as it is now, with its rev.
async fn write(
    store: &MongoStore,
    session: &mut ClientSession,
    revision: &Revision,
    message: &Message,
) -> Result<()> {
    let mut fields = doc! {
        "rev": message.rev.get(), "kind": message_kind_number(message.kind),
        "text": &message.text, "first_rev": message.first_rev.get(),
        "edited_at": message.edited_at.map(|at| at.as_millis()),
        "reactions": told(&message.reactions),
    };
    if let Some(words) = revision.words() {
        fields.insert("words", words);
    }
    if message.kind == MessageKind::Deleted {
        fields.insert("attachments", Vec::<Bson>::new());
        fields.insert("reply_to", Bson::Null);
    }
    let (messages, conversations) = (store.messages(), store.conversations());
    let this = doc! { "_id": binary(message.id.as_uuid()) };
    let update = messages.update_one(this, doc! { "$set": fields });
    update.session(&mut *session).await.map_err(failed)?;
    let head = doc! { "_id": binary(message.conversation.as_uuid()) };
    let advance = doc! { "$set": { "rev": message.rev.get() } };
    let advance = conversations.update_one(head, advance).session(session);
    advance.await.map(drop).map_err(failed)
}

/// Writes what hangs on the message.
async fn follow(
    store: &MongoStore,
    session: &mut ClientSession,
    revision: &Revision,
    before: &Message,
    message: &Message,
) -> Result<()> {
    let reactions = store.reactions();
    match &revision.kind {
        RevisionKind::Edit(_) => Ok(()),
        RevisionKind::Delete => {
            release(store, session, before).await?;
            let all = doc! { "message": binary(message.id.as_uuid()) };
            let clear = reactions.delete_many(all).session(session);
            clear.await.map(drop).map_err(failed)
        }
        RevisionKind::React(reaction) => {
            let react = reactions.insert_one(given(revision, reaction, message));
            react.session(session).await.map(drop).map_err(failed)
        }
        RevisionKind::Unreact(reaction) => {
            let mine = doc! { "_id": key(message.id, reaction, &revision.actor) };
            let take = reactions.delete_one(mine).session(session);
            take.await.map(drop).map_err(failed)
        }
    }
}

fn given(revision: &Revision, reaction: &Reaction, message: &Message) -> ReactionRow {
    let id = binary(message.id.as_uuid());
    let (reaction, user) = (reaction.as_str(), revision.actor.as_str());
    ReactionRow {
        id: ReactionKey {
            m: id,
            r: reaction.to_owned(),
            u: user.to_owned(),
        },
        message: id,
        conversation: binary(message.conversation.as_uuid()),
        seq: message.seq.get(),
        reaction: reaction.to_owned(),
        user: user.to_owned(),
        rev: message.rev.get(),
        at: revision.at.as_millis(),
    }
}

/// Ends the hold of a message on its uploads.
async fn release(store: &MongoStore, session: &mut ClientSession, message: &Message) -> Result<()> {
    let link = |held: &Attachment| {
        doc! {
            "upload": binary(held.upload.as_uuid()),
            "conversation": binary(message.conversation.as_uuid()), "seq": message.seq.get(),
        }
    };
    let held: Vec<Document> = message.attachments.iter().map(link).collect();
    if held.is_empty() {
        return Ok(());
    }
    let links = store.upload_links();
    let release = links.delete_many(doc! { "_id": { "$in": held } });
    release.session(session).await.map(drop).map_err(failed)
}
