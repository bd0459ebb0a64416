//! `cargo run -p chat-roster`: accounts, direct messages and broadcasts in memory, on <http://localhost:8000>.
//!
//! `PORT`; `CLIENT_URL` with the origins of front ends on other sites, separated by commas; `JWT_SECRET`, without
//! which tokens end with the process, as the accounts do.

use std::env;
use std::error::Error;

use chat_core::accounts::Keys;
use chat_roster::{Config, Roster};
use chat_transport_warp::host;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let port = env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let origins = env::var("CLIENT_URL").unwrap_or_else(|_| "http://localhost:5173".to_owned());
    let origins = origins.split(',').map(|origin| origin.trim().to_owned());
    let keys = match env::var("JWT_SECRET") {
        Ok(secret) => {
            Keys::new(secret, Vec::new()).map_err(|error| format!("JWT_SECRET: {error}"))?
        }
        Err(_) => Keys::random(),
    };
    let roster = Roster::open(Config::new(origins.collect(), keys)).await?;
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    tracing::info!("the roster is open on http://{}", listener.local_addr()?);
    host::run(listener, roster.routes(), roster.chat()).await?;
    Ok(())
}
