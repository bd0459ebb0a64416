//! Editing and deleting messages, and reacting to them.

use crate::chat::{Chat, Error, validate};
use crate::id::{ConversationId, MessageId, Rev, Timestamp, UserId};
use crate::model::{Message, Profile, Reaction, Reactor, Refusal, Revised, Revision, RevisionKind};
use crate::policy::Action;
use crate::protocol::Event;
use crate::store::ReactorQuery;

/// A page of those who gave a message some reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reactors {
    /// Who, in the order in which they did.
    pub items: Vec<Reactor>,
    /// Their profiles.
    pub users: Vec<Profile>,
    /// Where the next page starts; none at the end.
    pub next: Option<Rev>,
}

impl Chat {
    /// Edits or deletes a message, gives it a reaction or takes one back. It counts as a send for the rate.
    ///
    /// # Errors
    /// [`Error`]; the rules are [`Revision::judge`]'s. After [`Error::Store`] repeat it.
    ///
    /// # Cancel safety
    /// A dropped call may have revised the message.
    pub async fn revise(
        &self,
        actor: &UserId,
        conversation: ConversationId,
        message: MessageId,
        kind: RevisionKind,
    ) -> Result<Revised, Error> {
        // As with a send, what cannot be costs nothing of the rate.
        if let RevisionKind::Edit(text) = &kind {
            validate::message_text(text, &self.shared.limits, true)?;
        }
        self.shared.send_rate.take(actor)?;
        let revision = Revision {
            conversation,
            message,
            actor: actor.clone(),
            kind,
            at: Timestamp::now(),
            max_reactions: self.shared.limits.reactions,
            blind_words: None,
        };
        let revision = self.consented(revision).await?;
        let asked = self.shared.messages.revise(&revision).await;
        // It may have been stored although nobody knows: the topic looks for itself.
        let revised = asked.inspect_err(|_| self.shared.hub.check(conversation))??;
        if revised.changed {
            let message = revised.message.clone().into();
            let told = Event::MessageUpdated { message };
            self.shared.hub.publish(conversation, [told]);
        }
        Ok(revised)
    }

    /// A message.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::UnknownMessage`] for whoever may not read it.
    pub async fn message(
        &self,
        viewer: &UserId,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Message, Error> {
        let messages = &self.shared.messages;
        let found = messages.find(conversation, viewer, message).await?;
        Ok(found.ok_or(Refusal::UnknownMessage)?)
    }

    /// A page of those who gave a message some reaction: behind a [place](Reactors::next), and so many.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::UnknownMessage`] for whoever may not read the message.
    pub async fn reactors(
        &self,
        viewer: &UserId,
        conversation: ConversationId,
        message: MessageId,
        reaction: &Reaction,
        (after, limit): (Option<Rev>, Option<usize>),
    ) -> Result<Reactors, Error> {
        let limit = self.page(limit)?;
        let query = ReactorQuery {
            conversation,
            message,
            reaction,
            after,
            limit: limit + 1,
        };
        let found = self.shared.messages.reactors(viewer, &query).await?;
        let mut items = found.ok_or(Refusal::UnknownMessage)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.rev);
        let users = self
            .profiles(items.iter().map(|reactor| &reactor.user))
            .await?;
        Ok(Reactors { items, users, next })
    }

    /// The revision as the policy would have it.
    async fn consented(&self, mut revision: Revision) -> Result<Revision, Error> {
        self.check_edit(&revision).await?;
        let rewritten = self.ask(&revision.actor, Action::Revise(&revision)).await?;
        if let (RevisionKind::Edit(text), Some(rewritten)) = (&mut revision.kind, rewritten) {
            *text = rewritten;
            self.check_edit(&revision).await?;
        }
        Ok(revision)
    }

    /// The text of an edit is as that of a send: blank only beside attachments, which a message keeps
    /// until it is deleted.
    async fn check_edit(&self, revision: &Revision) -> Result<(), Error> {
        let RevisionKind::Edit(text) = &revision.kind else {
            return Ok(());
        };
        let limits = &self.shared.limits;
        validate::message_text(text, limits, true)?;
        let Err(blank) = validate::message_text(text, limits, false) else {
            return Ok(());
        };
        let (conversation, id) = (revision.conversation, revision.message);
        let message = self.message(&revision.actor, conversation, id).await?;
        match message.attachments.is_empty() {
            true => Err(blank),
            false => Ok(()),
        }
    }
}
