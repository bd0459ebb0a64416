//! Changing messages: the rules are the core's, the writing is here.

use chat_core::id::UserId;
use chat_core::model::{
    Conversation, ConversationKind, Message, Reaction, ReactionSummary, Refusal, Revisable,
    Revised, Revision, RevisionKind,
};
use uuid::Uuid;

use crate::conversations::lock;
use crate::error::{Result, failed};
use crate::people::barred;
use crate::pool::Db;
use crate::rows::{self, MessageRow, message_kind_number, signed};

const ACTOR: &str = r"select role, visible_from from chat.members where conversation = $1 and user_id = $2 and active";

const MESSAGE: &str = r"
select id, conversation, seq, rev, sender, client_id, kind, text, attachments, reply_id, reply_seq, created_at,
    first_rev, edited_at, reactions
from chat.messages where id = $1 and conversation = $2";

const HAS_REACTED: &str = r"
select exists (
    select 1 from chat.reactions where conversation = $1 and seq = $2 and reaction = $3 and user_id = $4
)";

const OTHERS: &str = r"
select user_id from chat.reactions
where conversation = $1 and seq = $2 and reaction = $3 and user_id <> $4 order by rev limit $5";

const UPDATE: &str = r"
update chat.messages set
    rev = $2, kind = $3, text = $4, attachments = $5, reply_id = $6, reply_seq = $7, first_rev = $8, edited_at = $9,
    reactions = $10, words = coalesce(array_to_tsvector($11), words)
where id = $1";

const ADVANCE: &str = "update chat.conversations set rev = $2 where id = $1";

const RELEASE: &str = r"
delete from chat.upload_links where upload = any ($1) and conversation = $2 and seq = $3";

const CLEAR: &str = r"delete from chat.reactions where conversation = $1 and seq = $2";

const REACT: &str = r"
insert into chat.reactions (conversation, seq, reaction, user_id, rev, at) values ($1, $2, $3, $4, $5, $6)";

const UNREACT: &str = r"
delete from chat.reactions where conversation = $1 and seq = $2 and reaction = $3 and user_id = $4";

/// Revises within an open transaction.
pub(super) async fn revise(
    db: &mut Db<'_>,
    revision: &Revision,
) -> Result<std::result::Result<Revised, Refusal>> {
    let Some(conversation) = lock(db, revision.conversation).await? else {
        return Ok(Err(Refusal::NotMember));
    };
    let standing = standing(db, revision, &conversation).await?;
    let revised = match revision.judge(&standing) {
        Ok(revised) => revised,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let (true, Some(before)) = (revised.changed, &standing.message) {
        write(db, revision, &revised.message).await?;
        follow(db, revision, before, &revised.message).await?;
    }
    Ok(Ok(revised))
}

async fn standing(
    db: &mut Db<'_>,
    revision: &Revision,
    conversation: &Conversation,
) -> Result<Revisable> {
    let id = revision.conversation.as_uuid();
    let actor = sqlx::query_as(db.sql(ACTOR))
        .bind(id)
        .bind(revision.actor.as_str());
    let actor: Option<(i16, i64)> = actor
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    let actor = actor.map(|(role, from)| Ok((rows::role(role)?, rows::seq(from)?)));
    let message = sqlx::query_as(db.sql(MESSAGE))
        .bind(revision.message.as_uuid())
        .bind(id);
    let message: Option<MessageRow> = message
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    let message = message.map(Message::try_from).transpose()?;
    let (has_reacted, others) = match (&message, revision.reaction()) {
        (Some(message), Some(reaction)) => reacted(db, message, reaction, &revision.actor).await?,
        _ => (false, Vec::new()),
    };
    let barred = match conversation.kind {
        ConversationKind::Direct if revision.kind.adds() => barred(db, conversation.id).await?,
        ConversationKind::Direct | ConversationKind::Group => false,
    };
    Ok(Revisable {
        kind: conversation.kind,
        rev: conversation.rev,
        actor: actor.transpose()?,
        message,
        has_reacted,
        others,
        barred,
    })
}

/// Whether the actor gave the reaction, and the first others who did.
async fn reacted(
    db: &mut Db<'_>,
    message: &Message,
    reaction: &Reaction,
    actor: &UserId,
) -> Result<(bool, Vec<UserId>)> {
    let has_reacted = sqlx::query_scalar(db.sql(HAS_REACTED))
        .bind(message.conversation.as_uuid())
        .bind(message.seq.get())
        .bind(reaction.as_str())
        .bind(actor.as_str());
    let has_reacted = has_reacted.fetch_one(&mut *db.connection).await;
    let others = sqlx::query_scalar(db.sql(OTHERS))
        .bind(message.conversation.as_uuid())
        .bind(message.seq.get())
        .bind(reaction.as_str())
        .bind(actor.as_str())
        .bind(signed(ReactionSummary::USERS as u64));
    let others: Vec<String> = others
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    let others = others.iter().map(|user| rows::user(user));
    let others: Result<Vec<UserId>> = others.collect();
    Ok((has_reacted.map_err(failed)?, others?))
}

/// Writes a message as it is now, with its rev.
async fn write(db: &mut Db<'_>, revision: &Revision, message: &Message) -> Result<()> {
    let reply = message.reply_to;
    let update = sqlx::query(db.sql(UPDATE))
        .bind(message.id.as_uuid())
        .bind(message.rev.get())
        .bind(message_kind_number(message.kind))
        .bind(&message.text)
        .bind(rows::json_list(&message.attachments))
        .bind(reply.map(|reply| reply.id.as_uuid()))
        .bind(reply.map(|reply| reply.seq.get()))
        .bind(message.first_rev.get())
        .bind(message.edited_at.map(|at| at.as_millis()))
        .bind(rows::json_list(&message.reactions))
        .bind(lexemes(revision));
    update.execute(&mut *db.connection).await.map_err(failed)?;
    let advance = sqlx::query(db.sql(ADVANCE))
        .bind(message.conversation.as_uuid())
        .bind(message.rev.get());
    let done = advance.execute(&mut *db.connection).await;
    done.map(drop).map_err(failed)
}

/// What the message is found by now, if that changes: a tombstone by nothing.
fn lexemes(revision: &Revision) -> Option<Vec<String>> {
    let mut lexemes = revision.words()?;
    if !matches!(revision.kind, RevisionKind::Delete) {
        lexemes.push(rows::scope(revision.conversation));
    }
    Some(lexemes)
}

/// Writes what hangs on the message.
async fn follow(
    db: &mut Db<'_>,
    revision: &Revision,
    before: &Message,
    message: &Message,
) -> Result<()> {
    let (id, seq) = (message.conversation.as_uuid(), message.seq.get());
    let follow = match &revision.kind {
        RevisionKind::Edit(_) => return Ok(()),
        RevisionKind::Delete => {
            release(db, before).await?;
            sqlx::query(db.sql(CLEAR)).bind(id).bind(seq)
        }
        RevisionKind::React(reaction) => sqlx::query(db.sql(REACT))
            .bind(id)
            .bind(seq)
            .bind(reaction.as_str())
            .bind(revision.actor.as_str())
            .bind(message.rev.get())
            .bind(revision.at.as_millis()),
        RevisionKind::Unreact(reaction) => sqlx::query(db.sql(UNREACT))
            .bind(id)
            .bind(seq)
            .bind(reaction.as_str())
            .bind(revision.actor.as_str()),
    };
    let done = follow.execute(&mut *db.connection).await;
    done.map(drop).map_err(failed)
}

/// Ends the hold of a message on its uploads.
async fn release(db: &mut Db<'_>, message: &Message) -> Result<()> {
    let uploads = message.attachments.iter();
    let uploads: Vec<Uuid> = uploads.map(|held| held.upload.as_uuid()).collect();
    let release = sqlx::query(db.sql(RELEASE))
        .bind(uploads)
        .bind(message.conversation.as_uuid())
        .bind(message.seq.get());
    let done = release.execute(&mut *db.connection).await;
    done.map(drop).map_err(failed)
}
