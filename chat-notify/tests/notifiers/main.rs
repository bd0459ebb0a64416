//! Notifiers against stand-ins of the services that they tell, which check what they get and fail on demand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod standin;
mod web_push;
mod webhook;

use std::time::Duration;

use chat_core::id::{ConversationId, MessageId, Rev, Seq, Timestamp, UserId};
use chat_core::model::{Conversation, ConversationKind, Message, MessageKind, Profile};
use chat_core::notify::Notice;
use chat_notify::{Attempts, Patience};

/// A service that does not answer for so long is not waited for.
const PATIENCE: Patience = Patience::new(Duration::from_millis(500));

/// Quick attempts, so that nobody waits.
const ATTEMPTS: Attempts = Attempts {
    times: 3,
    pause: Duration::from_millis(10),
    longest_pause: Duration::from_secs(1),
};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// A message of ada's in a group.
fn notice(text: &str, users: &[&str]) -> Notice {
    let (conversation, at) = (ConversationId::new(), Timestamp::now());
    let (seq, rev) = (Seq::new(7).unwrap(), Rev::new(9).unwrap());
    Notice {
        message: Message {
            id: MessageId::new(),
            conversation,
            seq,
            rev,
            sender: user("ada"),
            client_id: None,
            kind: MessageKind::Text,
            text: text.to_owned(),
            attachments: Vec::new(),
            reply_to: None,
            created_at: at,
            first_rev: rev,
            edited_at: None,
            reactions: Vec::new(),
        },
        messages: 3,
        conversation: Conversation {
            id: conversation,
            kind: ConversationKind::Group,
            name: Some("A group".to_owned()),
            avatar: None,
            created_by: user("ada"),
            created_at: at,
            last_seq: seq,
            rev,
            settings_rev: rev,
            member_count: 5,
        },
        sender: Some(Profile::new(user("ada"), "Ada")),
        users: users.iter().map(|name| user(name)).collect(),
    }
}
