//! Starting, running and stopping.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::Duration;

use chat_core::chat::Chat;
use chat_transport_warp::host::stop_signal;
use chat_transport_warp::{ListenerConfig, listen, routes, serve};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing_subscriber::EnvFilter;
use warp::Filter;

use crate::assemble::{Assembled, assemble};
use crate::config::{self, Config, Profile};
use crate::metrics::Metrics;
use crate::web;

/// Reconnects after a restart are spread over this.
const SPREAD: Duration = Duration::from_secs(2);

/// How long those whom messages did not reach are told of them, once nobody is served any more.
const NOTICES_WITHIN: Duration = Duration::from_secs(5);

/// How long uploads that nobody waits for any more may take to be kept.
const UPLOADS_WITHIN: Duration = Duration::from_secs(10);

/// Why the server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    #[error("cannot use {path}")]
    Io { path: String, source: io::Error },
    #[error("{address} is taken by another program; set CHAT_LISTEN or PORT to another")]
    Taken { address: String },
    #[error(
        "this store, bus, place for uploads or way to notify is not compiled in; build with --features {feature}"
    )]
    Feature { feature: &'static str },
    #[error("measuring has begun already")]
    Measured,
    #[error("the bus cannot be used: {0}")]
    Bus(#[from] chat_core::presence::BusError),
    #[error("cannot open the store")]
    Store(#[from] chat_core::store::StoreError),
    #[error(
        "messages are sealed, and there are no keys: set CHAT_SEAL_KEYS and CHAT_SEAL_INDEX_KEY"
    )]
    Sealed,
    #[error("CHAT_SEAL_KEYS and CHAT_SEAL_INDEX_KEY do not fit the store")]
    Keys(#[from] chat_seal::CheckError),
    #[error("cannot keep uploads")]
    Media(#[from] chat_core::media::MediaError),
    #[error("CHAT_MEDIA_URL: uploads there cannot be linked to; are there credentials?")]
    Link(#[source] chat_core::media::MediaError),
    #[cfg(any(feature = "object-store", feature = "cloudinary"))]
    #[error("CHAT_MEDIA_URL")]
    Place(#[from] chat_media::InvalidPlace),
    #[cfg(feature = "webhook")]
    #[error("CHAT_WEBHOOK_URL and CHAT_WEBHOOK_SECRET")]
    Webhook(#[source] chat_notify::InvalidSetting),
    #[cfg(feature = "web-push")]
    #[error("CHAT_PUSH_KEY and CHAT_PUSH_CONTACT")]
    Push(#[source] chat_notify::InvalidSetting),
    #[error("CHAT_JWT_SECRET: {0}")]
    Secret(#[from] chat_core::accounts::ConfigError),
    #[error("unknown argument {0}; see --help")]
    Argument(String),
}

impl Failure {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            source,
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "help and banner are for whoever started the program"
)]
pub(crate) fn main(arguments: &[String]) -> Result<(), Failure> {
    match arguments.first().map(String::as_str) {
        Some("--help" | "-h") => print!("{}", config::help()),
        Some("--version" | "-V") => println!("chat-server {}", env!("CARGO_PKG_VERSION")),
        Some(other) => return Err(Failure::Argument(other.to_owned())),
        None => {
            let config = Config::load()?;
            let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
            tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_writer(io::stderr)
                .with_ansi(io::stderr().is_terminal())
                .init();
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build();
            let runtime = runtime.map_err(|error| Failure::io(Path::new("a runtime"), error))?;
            runtime.block_on(run(config))?;
        }
    }
    Ok(())
}

async fn run(config: Config) -> Result<(), Failure> {
    let listener = bind(&config)?;
    let metrics = Metrics::install(&config).await?;
    let Assembled {
        chat,
        accounts,
        transport,
        media_origin,
    } = assemble(&config).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::io(Path::new("the listener"), error))?;
    // Whoever reads the greeting may stop the server at once.
    let stop = stop(chat.clone())?;
    greet(&config, &address.to_string());
    let uploads = chat.clone();
    let sweeper = tokio::spawn(async move { uploads.watch_uploads().await });
    let shown = metrics.map(|metrics| tokio::spawn(metrics.serve(chat.clone())));
    let watcher = tokio::spawn(async move { accounts.watch_sessions().await });
    let limits = ListenerConfig {
        max_per_address: config.max_per_address,
        trusted_proxies: transport.trusted_proxies.clone(),
        strict_transport: transport.strict_transport,
        ..ListenerConfig::default()
    };
    let app = routes(chat.clone(), transport)
        .or(web::routes(config.docs, media_origin.as_deref()))
        .unify();
    let cut_off = serve(listener, app, limits, stop).await;
    if timeout(NOTICES_WITHIN, chat.notices_told()).await.is_err() {
        tracing::warn!("some members were not told of messages that did not reach them");
    }
    if !chat.finish_uploads(UPLOADS_WITHIN).await {
        tracing::warn!("uploads were cut off");
    }
    sweeper.abort();
    watcher.abort();
    if let Some(shown) = shown {
        shown.abort();
    }
    if cut_off > 0 {
        tracing::warn!(cut_off, "connections were cut off");
    }
    Ok(())
}

fn bind(config: &Config) -> Result<TcpListener, Failure> {
    listen(config.listen).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::Taken {
            address: config.listen.to_string(),
        },
        _ => Failure::io(Path::new(&config.listen.to_string()), error),
    })
}

#[expect(
    clippy::print_stdout,
    reason = "the banner is for whoever started the program"
)]
fn greet(config: &Config, address: &str) {
    let profile = match config.profile {
        Profile::Development => "development",
        Profile::Production => "production",
    };
    println!("Chat is listening on http://{address}");
    println!("  messages  {}", config.store);
    if let Some(keys) = &config.seal {
        println!("  sealed    with the key {}", keys.current());
    }
    println!("  uploads   {}", config.media);
    println!("  profile   {profile}");
}

/// Waits for SIGINT or SIGTERM, then tells the clients. A second signal ends the process at once.
fn stop(chat: Chat) -> Result<impl Future<Output = ()>, Failure> {
    let first = stop_signal().map_err(|error| Failure::io(Path::new("signals"), error))?;
    Ok(async move {
        first.await;
        #[cfg(feature = "defects")]
        if chat_core::defects::is_on(chat_core::defects::Defect::DrainWithoutWaiting) {
            #[expect(clippy::exit, reason = "that is the bug")]
            std::process::exit(0);
        }
        tracing::info!("stopping: clients are told to come back");
        chat.drain(SPREAD);
        tokio::spawn(stop_at_once());
    })
}

async fn stop_at_once() {
    let Ok(second) = stop_signal() else { return };
    second.await;
    tracing::warn!("stopped at once");
    #[expect(clippy::exit, reason = "a second signal means now")]
    std::process::exit(130);
}
