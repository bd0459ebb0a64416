//! Changing messages: the rules are the model's, the writing is here.

use super::state::{Beside, Room, State};
use crate::id::{ConversationId, MessageId, Seq, UserId};
use crate::model::{
    Message, Reaction, ReactionSummary, Reactor, Refusal, Revisable, Revised, Revision,
    RevisionKind,
};
use crate::store::ReactorQuery;

impl State {
    pub(super) fn revise(&mut self, revision: &Revision) -> Result<Revised, Refusal> {
        let room = self.conversations.get(&revision.conversation);
        let room = room.ok_or(Refusal::NotMember)?;
        let standing = room.revisable(revision, self.is_barred(room));
        let mut revised = revision.judge(&standing)?;
        if let (true, Some(room)) = (
            revised.changed,
            self.conversations.get_mut(&revision.conversation),
        ) {
            room.rewrite(&mut revised.message, revision);
            if let (RevisionKind::Delete, Some(before)) = (&revision.kind, standing.message) {
                self.release(&before);
            }
        }
        Ok(revised)
    }

    /// Ends the hold of a message on its uploads.
    fn release(&mut self, message: &Message) {
        let place: (ConversationId, _) = (message.conversation, message.seq);
        for attachment in &message.attachments {
            if let Some(places) = self.links.get_mut(&attachment.upload) {
                places.remove(&place);
            }
        }
    }
}

impl Room {
    fn revisable(&self, revision: &Revision, barred: bool) -> Revisable {
        let seq = self.by_id.get(&revision.message).copied();
        let message = seq.and_then(|seq| self.message(seq).cloned());
        let key = seq.zip(revision.reaction().cloned());
        let reactors = key.and_then(|key| self.reactions.get(&key));
        let reactors = reactors.into_iter().flatten();
        let (mine, others): (Vec<&Reactor>, Vec<&Reactor>) =
            reactors.partition(|reactor| reactor.user == revision.actor);
        let others = others.into_iter().map(|reactor| reactor.user.clone());
        Revisable {
            kind: self.conversation.kind,
            rev: self.conversation.rev,
            actor: self
                .active(&revision.actor)
                .map(|me| (me.role, me.visible_from)),
            message,
            has_reacted: !mine.is_empty(),
            others: others.take(ReactionSummary::USERS).collect(),
            barred,
        }
    }

    fn rewrite(&mut self, message: &mut Message, revision: &Revision) {
        let seq = message.seq;
        if let Some(earlier) = self.message(seq).map(|message| message.rev) {
            self.revised.remove(&earlier);
        }
        message.rev = self.advance();
        self.revised.insert(message.rev, seq);
        match &revision.kind {
            RevisionKind::Edit(_) => {}
            RevisionKind::Delete => self.reactions.retain(|(of, _), _| *of != seq),
            RevisionKind::React(reaction) => {
                let reactor = Reactor {
                    user: revision.actor.clone(),
                    rev: message.rev,
                    at: revision.at,
                };
                let key = (seq, reaction.clone());
                self.reactions.entry(key).or_default().push(reactor);
            }
            RevisionKind::Unreact(reaction) => {
                let key = (seq, reaction.clone());
                if let Some(reactors) = self.reactions.get_mut(&key) {
                    reactors.retain(|reactor| reactor.user != revision.actor);
                }
                self.reactions.retain(|_, reactors| !reactors.is_empty());
            }
        }
        if matches!(revision.kind, RevisionKind::Edit(_) | RevisionKind::Delete) {
            self.rewrite_beside(seq, revision.blind_words.clone());
        }
        if let Some(kept) = self.message_mut(seq) {
            kept.clone_from(message);
        }
    }

    /// Before a text is changed: what its draft was is known by its fingerprint alone from now on.
    fn rewrite_beside(&mut self, seq: Seq, words: Option<Vec<String>>) {
        let fingerprint = self.message(seq).map(|kept| self.fingerprint(kept));
        if let Some(fingerprint) = fingerprint {
            self.beside.insert(seq, Beside { words, fingerprint });
        }
    }

    /// Takes back all reactions of a user, and all to the user's messages; how many of the former there
    /// were. No message takes a rev for it.
    pub(super) fn forget_reactions(&mut self, user: &UserId) -> u64 {
        let messages = &self.messages;
        let own = messages.iter().filter(|message| message.sender == *user);
        let own: Vec<_> = own.map(|message| message.seq).collect();
        self.reactions
            .retain(|(seq, _), _| own.binary_search(seq).is_err());
        let mut taken = Vec::new();
        for ((seq, reaction), reactors) in &mut self.reactions {
            let before = reactors.len();
            reactors.retain(|reactor| reactor.user != *user);
            if reactors.len() < before {
                taken.push((*seq, reaction.clone()));
            }
        }
        for (seq, reaction) in &taken {
            self.summarize(*seq, reaction);
        }
        self.reactions.retain(|_, reactors| !reactors.is_empty());
        taken.len() as u64
    }

    /// Has a message tell of a reaction what is true of it.
    fn summarize(&mut self, seq: Seq, reaction: &Reaction) {
        let reactors = self.reactions.get(&(seq, reaction.clone()));
        let users = reactors.into_iter().flatten().map(|reactor| &reactor.user);
        let truth = ReactionSummary::of(reaction.clone(), users);
        if let Some(message) = self.message_mut(seq) {
            let told = &mut message.reactions;
            match (
                told.iter().position(|told| told.reaction == *reaction),
                truth,
            ) {
                (Some(place), Some(truth)) => told[place] = truth,
                (Some(place), None) => drop(told.remove(place)),
                (None, _) => {}
            }
        }
    }

    /// A message, if `viewer` may read it.
    pub(super) fn visible(&self, viewer: &UserId, message: MessageId) -> Option<&Message> {
        let me = self.active(viewer)?;
        let seq = *self.by_id.get(&message)?;
        self.message(seq).filter(|_| seq > me.visible_from)
    }

    pub(super) fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Option<Vec<Reactor>> {
        let seq = self.visible(viewer, query.message)?.seq;
        let reactors = self.reactions.get(&(seq, query.reaction.clone()));
        let reactors = reactors.into_iter().flatten();
        let behind = reactors.filter(|reactor| query.after.is_none_or(|after| reactor.rev > after));
        Some(behind.take(query.limit).cloned().collect())
    }
}
