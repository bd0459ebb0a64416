//! A host of this library, as small as one can be with the full product behind it: tokens that are checked,
//! memberships, durable appends, the order of revs.
//!
//! Users are the host's own: there are as many as asked for. Their rates are set so high that none is ever met, and so
//! are connections of one address, for all come from this machine; everything else is as the library has it.

mod appends;
mod rooms;
mod users;

use std::time::Duration;

use chat_core::chat::Chat;
use chat_core::conformance::Ports;
use chat_core::memory::MemoryStore;
use chat_core::protocol::Limits;
use chat_transport_warp::host::stop_signal;
use chat_transport_warp::{ListenerConfig, TransportConfig, routes, serve};

use super::{Kept, Ready, Spent, listen, say};
use crate::layout::Layout;
use crate::token::Tokens;
use crate::{Failure, open, open_as};
use appends::Appends;
use users::Everybody;

pub(crate) use users::name;

/// What a host's own main has, `chat_transport_warp::host::run`, too.
const SPREAD: Duration = Duration::from_secs(2);

/// What is kept where, and for whom.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    /// `memory`, or the URL of a store, in which it is kept under names of its own.
    pub(crate) store: &'a str,
    /// Who there is.
    pub(crate) people: People<'a>,
    /// Whether to take note of how long appends take, and to say so in the end.
    pub(crate) tells_appends: bool,
}

/// The users, and where their conversations come from.
#[derive(Debug)]
pub(crate) enum People<'a> {
    /// Rooms are made for them at the start, and removed in the end.
    New(Layout),
    /// So many users; what they have is there under this name, and stays there.
    Known(&'a str, usize),
}

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(settings: Settings<'_>) -> Result<(), Failure> {
    let appends = settings.tells_appends.then(Appends::note).transpose()?;
    match settings.people {
        People::Known(name, users) => {
            let ports = open_as(settings.store, name).await?.ports;
            let everybody = Layout::groups(users, 1);
            serve_on(chat(&ports, everybody), Vec::new(), Vec::new(), SPREAD).await?;
        }
        People::New(layout) => {
            let ports = match settings.store {
                "memory" => Ports::of(&MemoryStore::new()),
                url => open(url).await?.ports,
            };
            let served = serve_new(&ports, layout).await;
            ports.schema.goto(0).await?;
            served?;
        }
    }
    match appends {
        Some(appends) => say(&Spent {
            append_us_per_message: appends.micros_per_message(),
        }),
        None => Ok(()),
    }
}

async fn serve_new(ports: &Ports, layout: Layout) -> Result<(), Failure> {
    let chat = chat(ports, layout);
    let (conversations, kept) = rooms::create(&chat, layout).await?;
    serve_on(chat, conversations, kept, Duration::ZERO).await
}

/// Clients are told to come back within `spread` in the end.
async fn serve_on(
    chat: Chat,
    conversations: Vec<String>,
    kept: Vec<Kept>,
    spread: Duration,
) -> Result<(), Failure> {
    let tokens = Tokens::from_env()?;
    let mut config = TransportConfig::new(tokens.authenticator());
    config.requests_per_second = 1e9;
    config.request_burst = u32::MAX;
    let limits = ListenerConfig {
        max_per_address: usize::MAX,
        ..ListenerConfig::default()
    };
    let listener = listen()?;
    let port = listener.local_addr()?.port();
    let stop = stop_signal()?;
    let ready = Ready {
        port,
        conversations,
        kept,
    };
    say(&ready)?;
    let stop = {
        let chat = chat.clone();
        async move {
            stop.await;
            chat.drain(spread);
        }
    };
    serve(listener, routes(chat, config), limits, stop).await;
    Ok(())
}

fn chat(ports: &Ports, layout: Layout) -> Chat {
    let limits = Limits {
        group_members: 10_000,
        send_burst: u32::MAX,
        send_refill_per_second: 1e9,
        frame_burst: u32::MAX,
        frame_refill_per_second: 1e9,
        ..Limits::default()
    };
    // The builder wants one store for all of its ports; each of them is then replaced by the one that is measured.
    Chat::builder(MemoryStore::new(), Everybody::of(layout))
        .conversations(std::sync::Arc::clone(&ports.conversations))
        .messages(std::sync::Arc::clone(&ports.messages))
        .uploads(std::sync::Arc::clone(&ports.uploads))
        .last_seen(std::sync::Arc::clone(&ports.last_seen))
        .people(std::sync::Arc::clone(&ports.people))
        .limits(limits)
        .build()
}
