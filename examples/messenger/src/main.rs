//! `cargo run -p chat-messenger`: cookie login, texts and pictures, on <http://localhost:5000>.
//!
//! `PORT`; `CLIENT_URL` with the front end's origin (several separated by commas); `MONGODB_URI`, without which all
//! is kept in `./data`; `JWT_SECRET`, without which logins end with the process; `CLOUDINARY_CLOUD_NAME`,
//! `CLOUDINARY_API_KEY` and `CLOUDINARY_API_SECRET`, without which pictures are kept in `./data/uploads`; `PUBLIC_URL`,
//! where browsers reach this server; `NODE_ENV=production` where that is over HTTPS.

use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;

use chat_core::media::MediaUploader;
use chat_media::{CloudinaryUploader, DiskUploader, Patience};
use chat_messenger::{Config, Messenger};
use chat_store_mongo::MongoStore;
use chat_store_sqlite::SqliteStore;
use chat_transport_warp::host::{self, Settings, Sites};
use chat_transport_warp::listen;
use tracing_subscriber::EnvFilter;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let settings = Settings::from_env(5000)?;
    let listener = listen(([0, 0, 0, 0], settings.port))?;
    let address = listener.local_addr()?;
    let messenger = open(configured(address.port(), settings.origins)?).await?;
    tracing::info!("the messenger is open on http://{address}");
    let beside = messenger.run_beside();
    host::run(listener, messenger.routes(), messenger.chat(), beside).await?;
    Ok(())
}

fn configured(port: u16, origins: Vec<String>) -> Result<Config, Failure> {
    let public_url = env::var("PUBLIC_URL");
    let public_url = public_url.unwrap_or_else(|_| format!("http://localhost:{port}"));
    let mut config = Config::new(origins, public_url, host::keys_from_env()?);
    if env::var("NODE_ENV").is_ok_and(|mode| mode == "production") {
        config.cookie = Sites::Any;
    }
    Ok(config)
}

async fn open(config: Config) -> Result<Messenger, Failure> {
    fs::create_dir_all("data")?;
    let uploader = uploader().await?;
    let Ok(uri) = env::var("MONGODB_URI") else {
        let store = SqliteStore::open("data/messenger.db").await?;
        return Messenger::open(store, uploader, config).await;
    };
    Messenger::open(MongoStore::connect(&uri).await?, uploader, config).await
}

async fn uploader() -> Result<Arc<dyn MediaUploader>, Failure> {
    let Ok(cloud) = env::var("CLOUDINARY_CLOUD_NAME") else {
        return Ok(Arc::new(DiskUploader::open("data/uploads").await?));
    };
    let [key, secret] = ["CLOUDINARY_API_KEY", "CLOUDINARY_API_SECRET"].map(env::var);
    let url = format!("cloudinary://{}:{}@{cloud}/chat-app", key?, secret?);
    let uploader = CloudinaryUploader::new(&url, Patience::default())?;
    Ok(Arc::new(uploader))
}
