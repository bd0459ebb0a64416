//! The front end's frames.

use chat_core::hub::WireFormat;
use chat_core::id::{Timestamp, UserId};
use chat_core::protocol::{Event, Frame};
use serde::{Deserialize, Serialize};

use crate::guests::Guests;

/// A frame to the front end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Out<'a> {
    r#type: &'static str,
    username: &'a str,
    user_id: &'a str,
    content: &'a str,
    timestamp: Timestamp,
}

/// A frame of the front end. Who it is from, and when, is known without it: whatever it says of that is passed over.
#[derive(Deserialize)]
pub(crate) struct Said {
    /// `chat`, the only thing that a guest says.
    #[serde(default)]
    pub(crate) r#type: Option<String>,
    /// The text.
    pub(crate) content: String,
}

/// What went wrong, for the one who did it.
pub(crate) fn error(content: &str) -> Frame {
    Frame::json(&Out {
        r#type: "error",
        username: "",
        user_id: "",
        content,
        timestamp: Timestamp::now(),
    })
}

/// The room's events as the front end's frames: the same for all, so each is written once.
#[derive(Debug)]
pub(crate) struct Frames(pub(crate) Guests);

impl Frames {
    /// The first frame of a guest's connection.
    pub(crate) fn welcome(&self, user: &UserId) -> Option<Frame> {
        let content = format!("Welcome, {}!", self.0.name(user)?);
        self.about(user, "welcome", &content, Timestamp::now())
    }

    fn about(
        &self,
        user: &UserId,
        r#type: &'static str,
        content: &str,
        at: Timestamp,
    ) -> Option<Frame> {
        Some(Frame::json(&Out {
            r#type,
            username: &self.0.name(user)?,
            user_id: user.as_str(),
            content,
            timestamp: at,
        }))
    }
}

impl WireFormat for Frames {
    fn encode(&self, event: &Event) -> Option<Frame> {
        let moved = |user: &UserId, r#type, how| {
            let content = format!("{} {how}", self.0.name(user)?);
            self.about(user, r#type, &content, Timestamp::now())
        };
        match event {
            Event::MessageCreated { message } => self.about(
                &message.sender_id,
                "chat",
                &message.content,
                message.created_at,
            ),
            Event::MemberUpdated { member, .. } => moved(&member.user_id, "join", "joined"),
            Event::MemberRemoved { member, .. } => moved(&member.user_id, "leave", "left"),
            _ => None,
        }
    }
}
