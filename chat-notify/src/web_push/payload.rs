//! What a browser is told, short enough for one push.

use chat_core::id::{ConversationId, MessageId, Seq, UserId};
use chat_core::model::{ConversationKind, MessageKind};
use chat_core::notify::Notice;
use serde::Serialize;

use super::encrypt::PLAIN;

/// Bytes of a text that is shown, at most.
const TEXT: usize = 2_000;

/// Bytes of a name that is shown, at most: few enough for two of them, escaped, to leave room.
const NAME: usize = 200;

#[derive(Serialize)]
struct Payload<'a> {
    user_id: &'a UserId,
    conversation_id: ConversationId,
    conversation_type: ConversationKind,
    conversation_name: Option<&'a str>,
    message_id: MessageId,
    seq: Seq,
    message_type: MessageKind,
    sender_name: Option<&'a str>,
    content: &'a str,
    messages: u64,
}

/// The notice for one user as JSON. A text too long is cut.
pub(super) fn payload(notice: &Notice, user: &UserId) -> Vec<u8> {
    let mut payload = Payload {
        user_id: user,
        conversation_id: notice.conversation.id,
        conversation_type: notice.conversation.kind,
        conversation_name: notice.conversation.name.as_deref().map(|it| cut(it, NAME)),
        message_id: notice.message.id,
        seq: notice.message.seq,
        message_type: notice.message.kind,
        sender_name: notice
            .sender
            .as_ref()
            .map(|sender| cut(&sender.display_name, NAME)),
        content: cut(&notice.message.text, TEXT),
        messages: notice.messages,
    };
    loop {
        let json = serde_json::to_vec(&payload).expect("text and numbers are JSON");
        if json.len() <= PLAIN || payload.content.is_empty() {
            return json;
        }
        // Escaped, a character may be many.
        payload.content = cut(payload.content, payload.content.len() / 2);
    }
}

/// The beginning of a text: whole characters, at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
