//! The front end's frames, and its view of a message.

use std::collections::BTreeSet;
use std::sync::Arc;

use chat_core::hub::WireFormat;
use chat_core::id::{UploadId, UserId};
use chat_core::protocol::{Event, Frame, MessageView};
use serde_json::{Value, json};

use crate::Config;

impl Config {
    /// Where a picture that this server keeps is read.
    pub(crate) fn picture_url(&self, id: UploadId) -> String {
        format!("{}/api/media/{id}", self.public_url)
    }

    /// Where a message's picture is read; empty if it has none.
    fn image(&self, message: &MessageView) -> String {
        match message.attachments.first() {
            Some(image) if image.url.starts_with("https://") => image.url.clone(),
            Some(image) => self.picture_url(image.id),
            None => String::new(),
        }
    }

    /// A message in an answer.
    pub(crate) fn message(&self, message: &MessageView, receiver: &UserId) -> Value {
        json!({
            "_id": message.id,
            "senderId": message.sender_id,
            "receiverId": receiver,
            "text": message.content,
            "image": self.image(message),
            "createdAt": message.created_at,
        })
    }
}

/// What one user sees of the events. A message names its receiver, so each user has a format of their own.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) user: UserId,
    pub(crate) config: Arc<Config>,
}

impl WireFormat for Frames {
    /// The front end takes what it sent from the answer, and would show it twice.
    fn encode(&self, event: &Event) -> Option<Frame> {
        match event {
            Event::MessageCreated { message } if message.sender_id != self.user => {
                Some(Frame::json(&json!({
                    "event": "newMessage",
                    "payload": {
                        "ID": message.id,
                        "SenderID": message.sender_id,
                        "ReceiverID": self.user,
                        "Text": message.content,
                        "Image": self.config.image(message),
                        "CreatedAt": message.created_at,
                        "UpdatedAt": message.created_at,
                    },
                })))
            }
            _ => None,
        }
    }
}

/// Who is online.
pub(crate) fn online(users: &BTreeSet<&UserId>) -> Frame {
    Frame::json(&json!({"event": "getOnlineUsers", "payload": users}))
}
