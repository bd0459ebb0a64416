//! What happened, told to others.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, Rev, UserId};
use crate::model::{Changed, Changes, Member, Message};
use crate::protocol::{
    CallSignal, ConversationView, MarkersView, MemberView, MessageView, PresenceView, PrivacyView,
};

/// Something that happened. Its JSON is what sockets and the bus carry alike.
///
/// Events with a [`rev`](Self::rev) are the conversation's log: a connection gets them in order
/// and without gaps. The others are momentary: a lost one does no harm, for the state they tell
/// of comes with the next resume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum Event {
    /// A message was sent.
    MessageCreated {
        /// The message.
        message: MessageView,
    },
    /// A message was edited or deleted, or its reactions changed.
    MessageUpdated {
        /// The message now.
        message: MessageView,
    },
    /// A user became a member, or a member has another role.
    MemberUpdated {
        /// Where.
        conversation_id: ConversationId,
        /// Who, as they are now.
        member: MemberView,
    },
    /// A member left or was removed. It is the last event that the member gets.
    MemberRemoved {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        member: MemberView,
    },
    /// The name or the picture changed.
    ConversationUpdated {
        /// The conversation now.
        conversation: ConversationView,
        /// The rev of this change.
        rev: Rev,
    },
    /// For a user's own devices: a conversation is now theirs.
    ConversationJoined {
        /// The conversation.
        conversation: ConversationView,
        /// Its members, up to 256.
        members: Vec<MemberView>,
    },
    /// A member received or read messages.
    MarkerMoved(MarkersView),
    /// A member types, or stopped.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// False when the member stopped.
        active: bool,
    },
    /// For the devices of those whom a call is about: another member told something about it, or one's own other
    /// device answered or ended it.
    CallSignal(CallSignal),
    /// A user came or went.
    PresenceChanged(PresenceView),
    /// For a user's own devices: they block somebody, or no more.
    BlockChanged {
        /// Whom.
        user_id: UserId,
        /// False when the block ended.
        blocked: bool,
    },
    /// For a user's own devices: they let others see something else.
    PrivacyChanged(PrivacyView),
}

impl Event {
    /// The event's place in a conversation's log, if it is part of one.
    #[must_use]
    pub const fn rev(&self) -> Option<(ConversationId, Rev)> {
        match self {
            Self::MessageCreated { message } | Self::MessageUpdated { message } => {
                Some((message.conversation_id, message.rev))
            }
            Self::MemberUpdated {
                conversation_id,
                member,
            }
            | Self::MemberRemoved {
                conversation_id,
                member,
            } => Some((*conversation_id, member.rev)),
            Self::ConversationUpdated { conversation, rev } => Some((conversation.id, *rev)),
            Self::ConversationJoined { .. }
            | Self::MarkerMoved(_)
            | Self::Typing { .. }
            | Self::CallSignal(_)
            | Self::PresenceChanged(_)
            | Self::BlockChanged { .. }
            | Self::PrivacyChanged(_) => None,
        }
    }

    /// A user is not there, or not for whoever is told.
    #[must_use]
    pub fn gone(user: &UserId) -> Self {
        Self::PresenceChanged(PresenceView {
            user_id: user.clone(),
            online: false,
            last_seen: None,
        })
    }

    /// The events of a change that a member asked for, in order.
    #[must_use]
    pub fn of_change(changed: &Changed) -> Vec<Self> {
        let conversation = &changed.conversation;
        let settings = changed.settings_changed.then(|| Self::ConversationUpdated {
            rev: conversation.settings_rev,
            conversation: conversation.clone().into(),
        });
        let members = changed
            .members
            .iter()
            .map(|member| Self::member(conversation.id, member.clone()));
        settings.into_iter().chain(members).collect()
    }

    /// All that `changes` tells of, as events in the order of their revs. A message that is new since then is told
    /// as created, whatever became of it.
    #[must_use]
    pub fn of_changes(changes: Changes, since: Rev) -> Vec<Self> {
        let id = changes.conversation.id;
        let rev = changes.conversation.settings_rev;
        let mut events = Vec::with_capacity(changes.members.len() + changes.messages.len() + 1);
        if rev > since {
            events.push(Self::ConversationUpdated {
                rev,
                conversation: changes.conversation.into(),
            });
        }
        events.extend(
            changes
                .members
                .into_iter()
                .map(|member| Self::member(id, member)),
        );
        events.extend(
            changes
                .messages
                .into_iter()
                .map(|message| Self::message(message, since)),
        );
        events.sort_by_key(|event| event.rev().map(|(_, rev)| rev));
        events
    }

    fn message(message: Message, since: Rev) -> Self {
        let is_new = message.first_rev > since;
        let message = message.into();
        match is_new {
            true => Self::MessageCreated { message },
            false => Self::MessageUpdated { message },
        }
    }

    fn member(conversation_id: ConversationId, member: Member) -> Self {
        let (active, member) = (member.active, member.into());
        if active {
            Self::MemberUpdated {
                conversation_id,
                member,
            }
        } else {
            Self::MemberRemoved {
                conversation_id,
                member,
            }
        }
    }
}
