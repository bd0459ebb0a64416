//! From messages that are sent at once to their answers: what the combiner makes of them, and the memory store.

use chat_core::chat::Chat;
use chat_core::id::{ConversationId, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::Profile;
use chat_core::protocol::{Limits, MessageBody};
use futures_util::future::try_join_all;
use tokio::runtime::{Builder, Runtime};

use crate::frames::TEXT;
use crate::{Failure, Operation};

const SENDERS: usize = 64;

/// Sends from all members of a group at once, and waits for all answers.
pub(crate) fn together() -> Result<Operation, Failure> {
    let runtime = runtime()?;
    let (chat, users) = chat(SENDERS)?;
    let group = runtime.block_on(group(&chat, &users))?;
    Ok(Box::new(move || {
        let sends = users
            .iter()
            .map(|user| chat.send(user, group, MessageBody::text(TEXT)));
        let sent = runtime.block_on(try_join_all(sends))?;
        match sent.len() {
            SENDERS => Ok(()),
            count => Err(format!("{count} answers").into()),
        }
    }))
}

/// One thread, so that the same is done in the same order each time.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}

/// A chat on the memory store that hinders nobody, and that many users.
pub(crate) fn chat(users: usize) -> Result<(Chat, Vec<UserId>), Failure> {
    let store = MemoryStore::new();
    let users = (0..users).map(|number| UserId::new(format!("user-{number:04}")));
    let users = users.collect::<Result<Vec<_>, _>>()?;
    for user in &users {
        store.insert_user(Profile::new(user.clone(), user.to_string()));
    }
    let chat = Chat::builder(store.clone(), store).limits(limits());
    Ok((chat.build(), users))
}

/// The group of all of them, made by the first.
pub(crate) async fn group(chat: &Chat, users: &[UserId]) -> Result<ConversationId, Failure> {
    let (first, others) = users.split_first().ok_or("no users")?;
    let group = chat.create_group(first, "a group", others).await?;
    Ok(group.conversation.id)
}

/// As many as there are, as fast as they like; nothing is looked after on the side.
fn limits() -> Limits {
    let never = std::time::Duration::from_secs(24 * 60 * 60);
    Limits {
        group_members: 10_000,
        send_burst: u32::MAX,
        store_timeout: never,
        check_after: never,
        ..Limits::default()
    }
}
