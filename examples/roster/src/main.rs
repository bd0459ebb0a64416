//! `cargo run -p chat-roster`: accounts, direct messages and broadcasts in memory, on <http://localhost:8000>.
//!
//! `PORT`; `CLIENT_URL` with the origins of front ends on other sites, separated by commas; `JWT_SECRET`, without
//! which tokens end with the process, as the accounts do.

use std::error::Error;
use std::future::ready;

use chat_roster::{Config, Roster};
use chat_transport_warp::host::{self, Settings};
use chat_transport_warp::listen;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let settings = Settings::from_env(8000)?;
    let keys = host::keys_from_env()?;
    let roster = Roster::open(Config::new(settings.origins, keys)).await?;
    let listener = listen(([0, 0, 0, 0], settings.port))?;
    tracing::info!("the roster is open on http://{}", listener.local_addr()?);
    host::run(listener, roster.routes(), roster.chat(), ready(())).await?;
    Ok(())
}
