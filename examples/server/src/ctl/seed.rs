//! Made-up users and what they write: to look at, and to try things on.

use std::sync::Arc;

use chat_core::accounts::Registration;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Draft, NewConversation};
use chat_core::store::{
    AccountKey, AccountStore, ConversationStore, MessageStore as _, SchemaStore as _,
};

use super::{CtlError, print};
use crate::assemble;
use crate::config::{Config, Profile};
use crate::store::{self, Store};

/// What they all log in with.
const PASSWORD: &str = "password-of-samples";

/// Messages of one batch.
const BATCH: usize = 500;

const NAMES: [&str; 10] = [
    "ada", "bob", "cleo", "dan", "eve", "finn", "gus", "hana", "ivo", "jun",
];

const SAYINGS: [&str; 8] = [
    "Good morning! Did you get the tickets?",
    "Yes, two of them. Row seven.",
    "Lovely. I'll bring the sandwiches 🥪",
    "The build is green again.",
    "Can somebody look at the second paragraph?",
    "On it, five minutes.",
    "See you at eight, by the fountain.",
    "Thank you all, that was a fine evening.",
];

pub(super) async fn seed(
    config: &Config,
    store: &Arc<dyn Store>,
    sizes: &[&str],
) -> Result<(), CtlError> {
    if config.profile == Profile::Production {
        return Err(CtlError::Refused(
            "everybody knows the password of the samples: not in production",
        ));
    }
    let size = |at: usize, usual: usize| match sizes.get(at) {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .map_err(|_| CtlError::Usage(format!("seed {text}"))),
    };
    let (people, rooms, messages) = (size(0, 10)?.max(2), size(1, 20)?, size(2, 1_000)?);
    store.migrate().await?;
    if config.seal.is_none() {
        store::refuse_sealed(store).await?;
    }
    let users = make_users(config, store, people).await?;
    let rooms = make_rooms(store, &users, rooms).await?;
    write(store, &rooms, messages).await?;
    print(&format!(
        "{people} users, {} conversations, {messages} messages",
        rooms.len()
    ));
    print(&format!(
        "log in as {}@example.com with {PASSWORD}",
        NAMES[0]
    ));
    Ok(())
}

/// The name of the n-th user.
fn name(n: usize) -> String {
    match n / NAMES.len() {
        0 => NAMES[n].to_owned(),
        round => format!("{}{round}", NAMES[n % NAMES.len()]),
    }
}

async fn make_users(
    config: &Config,
    store: &Arc<dyn Store>,
    count: usize,
) -> Result<Vec<UserId>, CtlError> {
    let accounts = assemble::offline_accounts(config, store)?;
    let mut users = Vec::with_capacity(count);
    for name in (0..count).map(name) {
        let known = AccountStore::find(store, AccountKey::Username(&name)).await?;
        if let Some(known) = known {
            users.push(known.id);
            continue;
        }
        let (first, rest) = name.split_at(1);
        let wish = Registration {
            email: format!("{name}@example.com"),
            password: PASSWORD.to_owned(),
            phone: None,
            display_name: Some(format!("{}{rest}", first.to_uppercase())),
            username: name,
        };
        let made = accounts.create(wish).await;
        users.push(made.map_err(|error| CtlError::Account(error.detail()))?.id);
    }
    Ok(users)
}

/// A conversation and who is in it: every third is direct.
type Room = (ConversationId, Vec<UserId>);

async fn make_rooms(
    store: &Arc<dyn Store>,
    users: &[UserId],
    count: usize,
) -> Result<Vec<Room>, CtlError> {
    let mut rooms: Vec<Room> = Vec::with_capacity(count);
    for n in 0..count {
        let (id, at) = (ConversationId::new(), Timestamp::now());
        let creator = users[n % users.len()].clone();
        let next = |place: usize| users[(n + place) % users.len()].clone();
        let new = match n % 3 {
            0 => NewConversation::Direct {
                id,
                creator,
                peer: next(1 + n / 3 % (users.len() - 1)),
                at,
            },
            _ => {
                let name = format!("Group {n}");
                let members = (1..users.len().min(6)).map(next).collect();
                NewConversation::Group {
                    id,
                    creator,
                    name,
                    members,
                    at,
                }
            }
        };
        let made = ConversationStore::create(store, &new).await?;
        let members = made.members.into_iter().map(|member| member.user).collect();
        rooms.push((made.conversation.id, members));
    }
    Ok(rooms)
}

async fn write(store: &Arc<dyn Store>, rooms: &[Room], count: usize) -> Result<(), CtlError> {
    if rooms.is_empty() {
        return Ok(());
    }
    let draft = |n: usize| {
        let (conversation, members) = &rooms[n % rooms.len()];
        let sender = members[n / rooms.len() % members.len()].clone();
        let text = SAYINGS[n / rooms.len() % SAYINGS.len()];
        Draft::text(*conversation, sender, text)
    };
    let mut n = 0;
    while n < count {
        let batch: Vec<Draft> = (n..count.min(n + BATCH)).map(draft).collect();
        n += batch.len();
        store.append(&batch).await?;
    }
    Ok(())
}
