//! `cargo run -p chat-lobby`: one room of guests on <http://localhost:8080>; its page is at `/test`.
//!
//! `PORT`, and `CLIENT_URL` with the origins of front ends on other sites, separated by commas.

use std::error::Error;
use std::future::ready;

use chat_lobby::Lobby;
use chat_transport_warp::host::{self, Settings};
use chat_transport_warp::listen;
use chat_transport_warp::ws::SocketConfig;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let settings = Settings::from_env(8080)?;
    let lobby = Lobby::open(settings.origins, SocketConfig::default()).await?;
    let listener = listen(([0, 0, 0, 0], settings.port))?;
    tracing::info!("the lobby is open on http://{}", listener.local_addr()?);
    host::run(listener, lobby.routes(), lobby.chat(), ready(())).await?;
    Ok(())
}
