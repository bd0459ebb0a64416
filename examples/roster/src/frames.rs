//! The front end's frames.

use chat_core::hub::WireFormat;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::protocol::{Event, Frame};
use serde::{Deserialize, Serialize};

/// Who speaks for the server.
const SYSTEM: &str = "system";

/// A frame to the front end.
#[derive(Serialize)]
struct Out<'a> {
    r#type: &'a str,
    content: &'a str,
    sender: &'a str,
    recipient: &'a str,
    time: Timestamp,
}

/// A frame of the front end. Who it is from, and when, is known without it: whatever it says of that is passed over.
#[derive(Deserialize)]
pub(crate) struct Said {
    /// `message`, the only thing that a user says.
    pub(crate) r#type: String,
    /// The text.
    pub(crate) content: String,
    /// The user name of whom it is for; empty for everyone.
    #[serde(default)]
    pub(crate) recipient: String,
}

/// The first frame of a connection of `name`.
pub(crate) fn welcome(name: &str) -> Frame {
    of_system(SYSTEM, &format!("Welcome, {name}!"), name)
}

/// What went wrong, for the one who did it.
pub(crate) fn error(why: &str, name: &str) -> Frame {
    of_system("error", why, name)
}

fn of_system(r#type: &str, content: &str, recipient: &str) -> Frame {
    Frame::json(&Out {
        r#type,
        content,
        sender: SYSTEM,
        recipient,
        time: Timestamp::now(),
    })
}

/// What one user sees of the events. A direct message names its recipient, so each user has a format of their own.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) everyone: ConversationId,
    pub(crate) users: MemoryStore,
}

impl WireFormat for Frames {
    /// The front end shows by itself what it sent to somebody, but not what it sent to everyone.
    fn encode(&self, event: &Event) -> Option<Frame> {
        let Event::MessageCreated { message } = event else {
            return None;
        };
        let recipient = match () {
            () if message.conversation_id == self.everyone => "",
            () if message.sender_id == self.user => return None,
            () => &self.name,
        };
        Some(Frame::json(&Out {
            r#type: "message",
            content: &message.content,
            sender: &self.users.profile(&message.sender_id)?.display_name,
            recipient,
            time: message.created_at,
        }))
    }
}
