//! What events are about.

use std::fmt;
use std::str::FromStr;

use crate::id::{ConversationId, UserId};

/// What events are about: the key they are fanned out by.
///
/// It has a text form, by which a bus names its channels: `c:` and the conversation's id, `u:` or `p:` and the
/// user's, or `nodes`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A conversation: for the sessions of its members.
    Conversation(ConversationId),
    /// A user: for that user's own sessions.
    User(UserId),
    /// A user's presence: for the sessions that watch it.
    Presence(UserId),
    /// The nodes among themselves.
    Nodes,
}

/// Text that names no topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a topic")]
pub struct TopicError;

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversation(id) => write!(f, "c:{id}"),
            Self::User(id) => write!(f, "u:{id}"),
            Self::Presence(id) => write!(f, "p:{id}"),
            Self::Nodes => f.write_str("nodes"),
        }
    }
}

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        match text.split_once(':') {
            Some(("c", id)) => id.parse().map(Self::Conversation).map_err(|_| TopicError),
            Some(("u", id)) => UserId::new(id).map(Self::User).map_err(|_| TopicError),
            Some(("p", id)) => UserId::new(id).map(Self::Presence).map_err(|_| TopicError),
            None if text == "nodes" => Ok(Self::Nodes),
            _ => Err(TopicError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_read_back_and_nothing_else_is() {
        let user = UserId::new("a:* []?\u{e9}").unwrap();
        for topic in [
            Topic::Conversation(ConversationId::new()),
            Topic::User(user.clone()),
            Topic::Presence(user),
            Topic::Nodes,
        ] {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        for text in ["", "c", "c:", "c:x", "u:", "x:y", "nodes:", "Nodes"] {
            assert_eq!(text.parse::<Topic>(), Err(TopicError), "{text}");
        }
    }
}
