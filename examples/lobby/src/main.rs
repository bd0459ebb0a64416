//! `cargo run -p chat-lobby`: one room of guests on <http://localhost:8080>; its page is at `/test`.
//!
//! `PORT`, and `CLIENT_URL` with the origins of front ends on other sites, separated by commas.

use std::env;
use std::error::Error;

use chat_lobby::Lobby;
use chat_transport_warp::host;
use chat_transport_warp::ws::SocketConfig;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let origins = env::var("CLIENT_URL").unwrap_or_else(|_| "http://localhost:5173".to_owned());
    let origins = origins.split(',').map(|origin| origin.trim().to_owned());
    let lobby = Lobby::open(origins.collect(), SocketConfig::default()).await?;
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    tracing::info!("the lobby is open on http://{}", listener.local_addr()?);
    host::run(listener, lobby.routes(), lobby.chat()).await?;
    Ok(())
}
