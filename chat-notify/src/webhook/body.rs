//! What is posted.

use bytes::Bytes;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::ConversationKind;
use chat_core::notify::Notice;
use chat_core::protocol::{MessageView, ProfileView};
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    message: MessageView,
    messages: u64,
    conversation: Place<'a>,
    sender: Option<ProfileView>,
    user_ids: &'a [UserId],
}

#[derive(Serialize)]
struct Place<'a> {
    id: ConversationId,
    r#type: ConversationKind,
    name: Option<&'a str>,
}

pub(super) fn body(notice: &Notice) -> Result<Bytes, serde_json::Error> {
    let body = Body {
        r#type: "message.created",
        timestamp: Timestamp::now(),
        data: Data {
            message: notice.message.clone().into(),
            messages: notice.messages,
            conversation: Place {
                id: notice.conversation.id,
                r#type: notice.conversation.kind,
                name: notice.conversation.name.as_deref(),
            },
            sender: notice.sender.clone().map(Into::into),
            user_ids: &notice.users,
        },
    };
    serde_json::to_vec(&body).map(Into::into)
}
