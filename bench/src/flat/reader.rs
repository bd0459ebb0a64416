//! A user with many conversations, who opens the inbox and one of them.

use std::time::Instant;

use chat_core::conformance::Ports;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Draft, NewConversation};
use chat_core::store::Window;

use super::times::Times;
use crate::Failure;
use crate::fill::user;
use crate::seed::EACH;

/// Conversations of the reader.
const CONVERSATIONS: i64 = 1_000;

/// Messages that are appended at once.
const BATCH: usize = 250;

/// How the opening is called in tables.
pub(super) const INBOX: &str = "inbox of 1,000 conversations, 50 rows";
/// See [`INBOX`].
pub(super) const HISTORY: &str = "history of the first of them, the last 50";

fn name() -> Result<UserId, Failure> {
    Ok(UserId::new("reader")?)
}

/// Makes 1,000 groups with a message each, the last of them with a hundred.
pub(super) async fn make(ports: &Ports) -> Result<(), Failure> {
    let mut drafts = Vec::new();
    for n in 0..CONVERSATIONS {
        let id = ConversationId::new();
        let (creator, peer) = (name()?, user(n)?);
        let new = NewConversation::Group {
            id,
            creator: creator.clone(),
            name: format!("Of the reader {n}"),
            members: vec![peer.clone()],
            at: Timestamp::from_millis(2_000_000 + n),
        };
        ports.conversations.create(&new).await?;
        let messages = if n + 1 == CONVERSATIONS { EACH } else { 1 };
        drafts.extend((0..messages).map(|_| Draft {
            at: Timestamp::from_millis(2_000_000 + n),
            ..Draft::text(id, peer.clone(), "message for the reader")
        }));
    }
    for batch in drafts.chunks(BATCH) {
        for stored in ports.messages.append(batch).await? {
            stored?;
        }
    }
    Ok(())
}

/// Opens the inbox, and the conversation on its top.
pub(super) async fn open(ports: &Ports, times: &mut Times) -> Result<(), Failure> {
    let reader = name()?;
    let started = Instant::now();
    let inbox = ports.conversations.inbox(&reader, None, 50).await?;
    times.note(INBOX, started);
    let first = inbox.first().ok_or("a reader without a conversation")?;
    let id = first.conversation.id;
    let started = Instant::now();
    let page = ports.messages.history(id, &reader, Window::Latest, 50);
    let page = page.await?.ok_or("a reader who may not read")?;
    times.note(HISTORY, started);
    match (inbox.len(), page.len()) {
        (50, 50) => Ok(()),
        (rows, messages) => Err(format!("{rows} rows and {messages} messages").into()),
    }
}
