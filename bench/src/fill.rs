//! Filling a store through its ports: the same that `seed` has Postgres make by itself.

use chat_core::conformance::Ports;
use chat_core::id::{ClientId, ConversationId, MessageId, Timestamp, UserId};
use chat_core::model::{Account, Draft, MessageKind, NewConversation};

use crate::Failure;
use crate::seed::EACH;

/// Drafts of one batch: five conversations.
const BATCH: i64 = 5;

pub(crate) fn user(n: i64) -> Result<UserId, Failure> {
    Ok(UserId::new(format!("user-{n}"))?)
}

/// Fills a fresh store with so many messages.
pub(crate) async fn fill(ports: &Ports, messages: i64) -> Result<(), Failure> {
    let count = messages / EACH;
    let mut first = 0;
    while first < count {
        let last = count.min(first + BATCH);
        let mut drafts = Vec::new();
        for n in first..last {
            drafts.extend(conversation(ports, n, count).await?);
        }
        for stored in ports.messages.append(&drafts).await? {
            stored?;
        }
        first = last;
    }
    Ok(())
}

fn account(user: &UserId, n: i64) -> Account {
    Account {
        id: user.clone(),
        username: user.to_string(),
        email: format!("{user}@example.com"),
        phone: None,
        display_name: format!("User {n}"),
        avatar: None,
        password_hash: "hash".to_owned(),
        disabled: false,
        created_at: Timestamp::from_millis(n),
    }
}

/// Makes a user and a conversation, and drafts of its messages.
async fn conversation(ports: &Ports, n: i64, count: i64) -> Result<Vec<Draft>, Failure> {
    let (id, creator, at) = (
        ConversationId::new(),
        user(n)?,
        Timestamp::from_millis(1_000_000 + n),
    );
    let account = account(&creator, n);
    ports
        .accounts
        .create(&account)
        .await?
        .map_err(|_| "a user twice")?;
    let other = |place: i64| user((n + place * (1 + n % 7)) % count);
    let new = match n % 10 {
        0 => NewConversation::Direct {
            id,
            creator: creator.clone(),
            peer: other(1)?,
            at,
        },
        _ => {
            let members: Result<Vec<UserId>, Failure> = (1..10).map(other).collect();
            let (creator, name) = (creator.clone(), format!("Group {n}"));
            NewConversation::Group {
                id,
                creator,
                name,
                members: members?,
                at,
            }
        }
    };
    ports.conversations.create(&new).await?;
    let draft = |seq: i64| {
        Ok(Draft {
            id: MessageId::new(),
            conversation: id,
            sender: creator.clone(),
            client_id: Some(ClientId::new(format!("client {seq}"))?),
            kind: MessageKind::Text,
            text: format!(
                "message number{seq} with common words and rare{}",
                (n * 31 + seq) % 50_000
            ),
            attachments: Vec::new(),
            reply_to: None,
            at,
            blind: None,
        })
    };
    (1..=EACH).map(draft).collect()
}
