//! `DATABASE_URL=postgres://.. cargo run -p embed`: the shop on <http://localhost:8080>.

use std::error::Error;
use std::time::Duration;

use chat_transport_warp::host::stop_signal;
use chat_transport_warp::{ListenerConfig, listen, serve_service};
use embed::Shop;
use sqlx::postgres::PgPoolOptions;

/// A request that gets no connection in this time fails, and may be repeated.
const PATIENCE: Duration = Duration::from_secs(2);

/// Chat's clients come back within this after a restart, not all at once.
const SPREAD: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt::init();
    let url = std::env::var("DATABASE_URL")?;
    let pool = PgPoolOptions::new()
        .acquire_timeout(PATIENCE)
        .connect(&url)
        .await?;
    let shop = Shop::open(pool, "chat").await?;
    let listener = listen(([127, 0, 0, 1], 8080))?;
    tracing::info!("the shop is open on http://localhost:8080");
    let signal = stop_signal()?;
    let stop = async {
        signal.await;
        shop.chat().drain(SPREAD);
    };
    serve_service(listener, shop.routes(), ListenerConfig::default(), stop).await;
    Ok(())
}
