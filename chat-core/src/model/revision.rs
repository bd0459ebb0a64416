//! How messages are changed after they were sent: the rules, once, for every store.
//!
//! A store loads what stands under the conversation's lock, asks [`Revision::judge`], and writes the
//! message that it gives; so rights are decided in the transaction that stores the revision, and alike
//! on every backend.

use crate::id::{ConversationId, MessageId, Rev, Seq, Timestamp, UserId};
use crate::model::{
    ConversationKind, Message, MessageKind, Reaction, ReactionSummary, Refusal, Role, words,
};

/// A change of a message that a member asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Where the message is.
    pub conversation: ConversationId,
    /// Which message.
    pub message: MessageId,
    /// Who asks.
    pub actor: UserId,
    /// What.
    pub kind: RevisionKind,
    /// When.
    pub at: Timestamp,
    /// How many kinds of reactions a message may have; one more is refused.
    pub max_reactions: usize,
    /// What an edited text is found by if it is sealed; none of a plain one.
    pub blind_words: Option<Vec<String>>,
}

/// What can be done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionKind {
    /// Give it another text.
    Edit(String),
    /// Take its content away.
    Delete,
    /// Give it a reaction of the actor's.
    React(Reaction),
    /// Take back a reaction of the actor's.
    Unreact(Reaction),
}

impl RevisionKind {
    /// Whether others are shown something new by it, which a block stops. Taking something back is none of that.
    #[must_use]
    pub const fn adds(&self) -> bool {
        matches!(self, Self::Edit(_) | Self::React(_))
    }
}

/// What stands when a revision is judged: read under the conversation's lock.
#[derive(Debug, Clone)]
pub struct Revisable {
    /// The conversation's kind.
    pub kind: ConversationKind,
    /// The conversation's rev.
    pub rev: Rev,
    /// The actor's role, and from where on the actor sees, if the actor is an active member.
    pub actor: Option<(Role, Seq)>,
    /// The message, if it is one of the conversation.
    pub message: Option<Message>,
    /// Whether the actor has given the [reaction in question](Revision::reaction).
    pub has_reacted: bool,
    /// The first [`ReactionSummary::USERS`] others who have, in the order in which they did.
    pub others: Vec<UserId>,
    /// Whether a block stands between the two of a direct conversation; need not be known of a revision that
    /// [adds](RevisionKind::adds) nothing.
    pub barred: bool,
}

/// What a revision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    /// The message as it is then.
    pub message: Message,
    /// Whether this revision changed it; false if all was as asked already.
    pub changed: bool,
}

impl Revision {
    /// The reaction that is given or taken back, if it is about one.
    #[must_use]
    pub const fn reaction(&self) -> Option<&Reaction> {
        match &self.kind {
            RevisionKind::React(reaction) | RevisionKind::Unreact(reaction) => Some(reaction),
            RevisionKind::Edit(_) | RevisionKind::Delete => None,
        }
    }

    /// What the message is found by once it is so revised; none if that stays as it is.
    #[must_use]
    pub fn words(&self) -> Option<Vec<String>> {
        match &self.kind {
            RevisionKind::Edit(text) => {
                Some(self.blind_words.clone().unwrap_or_else(|| words(text)))
            }
            RevisionKind::Delete => Some(Vec::new()),
            RevisionKind::React(_) | RevisionKind::Unreact(_) => None,
        }
    }

    /// Decides the revision. A message that it changes has the conversation's next rev.
    ///
    /// # Errors
    /// [`Refusal::NotMember`] if the actor is none; [`Refusal::UnknownMessage`] if there is no such
    /// message, or not for the actor; [`Refusal::Forbidden`] for somebody else's message, unless an admin
    /// or owner of a group deletes it; [`Refusal::MessageDeleted`], [`Refusal::TooManyReactions`];
    /// [`Refusal::Blocked`] where it would add something past a block.
    pub fn judge(&self, standing: &Revisable) -> Result<Revised, Refusal> {
        let (role, visible_from) = standing.actor.ok_or(Refusal::NotMember)?;
        let message = standing.message.as_ref();
        let message = message.filter(|message| message.seq > visible_from);
        let message = message.ok_or(Refusal::UnknownMessage)?;
        let after = match &self.kind {
            RevisionKind::Edit(text) => self.judge_edit(message, text)?,
            RevisionKind::Delete => self.judge_delete(message, role, standing.kind)?,
            RevisionKind::React(reaction) => self.judge_reaction(message, reaction, standing)?,
            RevisionKind::Unreact(reaction) => take_back(message, reaction, standing),
        };
        if after.is_some() && standing.barred && self.kind.adds() {
            return Err(Refusal::Blocked);
        }
        Ok(match after {
            None => Revised {
                message: message.clone(),
                changed: false,
            },
            Some(after) => Revised {
                message: Message {
                    rev: standing.rev.next(),
                    ..after
                },
                changed: true,
            },
        })
    }

    fn judge_edit(&self, message: &Message, text: &str) -> Result<Option<Message>, Refusal> {
        if message.sender != self.actor {
            return Err(Refusal::Forbidden);
        }
        if message.kind == MessageKind::Deleted {
            return Err(Refusal::MessageDeleted);
        }
        Ok((message.text != text).then(|| Message {
            text: text.to_owned(),
            edited_at: Some(self.at),
            ..message.clone()
        }))
    }

    fn judge_delete(
        &self,
        message: &Message,
        role: Role,
        kind: ConversationKind,
    ) -> Result<Option<Message>, Refusal> {
        let presides = kind == ConversationKind::Group && role >= Role::Admin;
        if message.sender != self.actor && !presides {
            return Err(Refusal::Forbidden);
        }
        Ok((message.kind != MessageKind::Deleted).then(|| message.tombstone()))
    }

    fn judge_reaction(
        &self,
        message: &Message,
        reaction: &Reaction,
        standing: &Revisable,
    ) -> Result<Option<Message>, Refusal> {
        if message.kind == MessageKind::Deleted {
            return Err(Refusal::MessageDeleted);
        }
        if standing.has_reacted {
            return Ok(None);
        }
        let count = count_of(message, reaction);
        if count == 0 && message.reactions.len() >= self.max_reactions {
            return Err(Refusal::TooManyReactions);
        }
        let users = standing.others.iter().chain([&self.actor]);
        let summary = ReactionSummary {
            reaction: reaction.clone(),
            count: count + 1,
            users: users.take(ReactionSummary::USERS).cloned().collect(),
        };
        Ok(Some(with(message, reaction, Some(summary))))
    }
}

fn take_back(message: &Message, reaction: &Reaction, standing: &Revisable) -> Option<Message> {
    let count = count_of(message, reaction);
    if !standing.has_reacted || count == 0 {
        return None;
    }
    let summary = (count > 1).then(|| ReactionSummary {
        reaction: reaction.clone(),
        count: count - 1,
        users: standing.others.clone(),
    });
    Some(with(message, reaction, summary))
}

fn count_of(message: &Message, reaction: &Reaction) -> u64 {
    let mut summaries = message.reactions.iter();
    let summary = summaries.find(|summary| summary.reaction == *reaction);
    summary.map_or(0, |summary| summary.count)
}

/// The message with another summary of a reaction, in the order of the reactions' bytes: one that comes
/// or goes has no other change its place.
fn with(message: &Message, reaction: &Reaction, summary: Option<ReactionSummary>) -> Message {
    let mut message = message.clone();
    message
        .reactions
        .retain(|known| known.reaction != *reaction);
    message.reactions.extend(summary);
    message
        .reactions
        .sort_by(|a, b| a.reaction.cmp(&b.reaction));
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Draft;

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn reaction(n: usize) -> Reaction {
        Reaction::new(format!("r{n:02}")).unwrap()
    }

    fn sent(sender: &str) -> Message {
        let draft = Draft::text(ConversationId::new(), user(sender), "hello");
        draft.stored(Seq::ZERO.next(), Rev::ZERO.next(), None)
    }

    fn standing(message: Message, role: Role) -> Revisable {
        Revisable {
            kind: ConversationKind::Group,
            rev: Rev::new(7).unwrap(),
            actor: Some((role, Seq::ZERO)),
            message: Some(message),
            has_reacted: false,
            others: Vec::new(),
            barred: false,
        }
    }

    fn judge(kind: RevisionKind, standing: &Revisable) -> Result<Revised, Refusal> {
        let revision = Revision {
            conversation: ConversationId::new(),
            message: MessageId::new(),
            actor: user("ada"),
            kind,
            at: Timestamp::now(),
            max_reactions: 50,
            blind_words: None,
        };
        revision.judge(standing)
    }

    fn edit(text: &str) -> RevisionKind {
        RevisionKind::Edit(text.to_owned())
    }

    #[test]
    fn what_cannot_be_seen_is_not_there() {
        let mut hidden = standing(sent("ada"), Role::Owner);
        hidden.actor = Some((Role::Owner, Seq::ZERO.next()));
        assert_eq!(judge(edit("x"), &hidden), Err(Refusal::UnknownMessage));
        hidden.actor = None;
        assert_eq!(judge(edit("x"), &hidden), Err(Refusal::NotMember));
    }

    #[test]
    fn the_sender_edits_and_whoever_presides_deletes_too() {
        let mut theirs = standing(sent("bob"), Role::Owner);
        assert_eq!(judge(edit("x"), &theirs), Err(Refusal::Forbidden));
        assert!(judge(RevisionKind::Delete, &theirs).unwrap().changed);
        theirs.kind = ConversationKind::Direct;
        assert_eq!(
            judge(RevisionKind::Delete, &theirs),
            Err(Refusal::Forbidden)
        );
        let plain = standing(sent("bob"), Role::Member);
        assert_eq!(judge(RevisionKind::Delete, &plain), Err(Refusal::Forbidden));
        let own = standing(sent("ada"), Role::Member);
        let edited = judge(edit("x"), &own).unwrap();
        assert_eq!((edited.message.text.as_str(), edited.changed), ("x", true));
        assert_eq!(edited.message.rev, own.rev.next());
        assert!(!judge(edit("hello"), &own).unwrap().changed);
    }

    #[test]
    fn deleting_wins_for_ever() {
        let own = standing(sent("ada").tombstone(), Role::Member);
        assert_eq!(judge(edit("x"), &own), Err(Refusal::MessageDeleted));
        let react = RevisionKind::React(reaction(1));
        assert_eq!(judge(react, &own), Err(Refusal::MessageDeleted));
        assert!(!judge(RevisionKind::Delete, &own).unwrap().changed);
        let unreact = RevisionKind::Unreact(reaction(1));
        assert!(!judge(unreact, &own).unwrap().changed);
    }

    #[test]
    fn reactions_are_counted_within_the_limit_and_in_order() {
        let mut own = standing(sent("ada"), Role::Member);
        for n in (0..50).rev() {
            let kind = RevisionKind::React(reaction(n));
            own.message = Some(judge(kind, &own).unwrap().message);
        }
        let message = own.message.clone().unwrap();
        assert!(
            message
                .reactions
                .is_sorted_by_key(|summary| &summary.reaction)
        );
        let more = RevisionKind::React(reaction(50));
        assert_eq!(judge(more, &own), Err(Refusal::TooManyReactions));
        own.has_reacted = true;
        let known = RevisionKind::React(reaction(7));
        assert!(!judge(known, &own).unwrap().changed);
        let gone = judge(RevisionKind::Unreact(reaction(7)), &own).unwrap();
        assert_eq!(gone.message.reactions.len(), 49);
    }

    #[test]
    fn a_block_stops_what_adds_something_and_nothing_else() {
        let mut own = standing(sent("ada"), Role::Member);
        own.barred = true;
        assert_eq!(judge(edit("x"), &own), Err(Refusal::Blocked));
        assert!(!judge(edit("hello"), &own).unwrap().changed, "a repetition");
        let react = RevisionKind::React(reaction(1));
        assert_eq!(judge(react.clone(), &own), Err(Refusal::Blocked));
        own.has_reacted = true;
        assert!(!judge(react, &own).unwrap().changed, "a repetition");
        assert!(judge(RevisionKind::Delete, &own).unwrap().changed);
    }
}
