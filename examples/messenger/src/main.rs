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

use chat_core::accounts::Keys;
use chat_core::media::MediaUploader;
use chat_media::{CloudinaryUploader, DiskUploader, Patience};
use chat_messenger::{Config, Messenger};
use chat_store_mongo::MongoStore;
use chat_store_sqlite::SqliteStore;
use chat_transport_warp::host::{self, Settings};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let Settings { port, origins } = Settings::from_env(5000)?;
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    let port = listener.local_addr()?.port();
    let messenger = open(configured(port, origins)?).await?;
    tracing::info!("the messenger is open on http://0.0.0.0:{port}");
    let beside = async {
        tokio::join!(messenger.tell_who_is_online(), messenger.watch_sessions());
    };
    host::run(listener, messenger.routes(), messenger.chat(), beside).await?;
    Ok(())
}

fn configured(port: u16, origins: Vec<String>) -> Result<Config, Failure> {
    let keys = match env::var("JWT_SECRET") {
        Ok(secret) => {
            Keys::new(secret, Vec::new()).map_err(|error| format!("JWT_SECRET: {error}"))?
        }
        Err(_) => Keys::random(),
    };
    let public_url = env::var("PUBLIC_URL");
    let public_url = public_url.unwrap_or_else(|_| format!("http://localhost:{port}"));
    Ok(Config {
        secure: env::var("NODE_ENV").is_ok_and(|mode| mode == "production"),
        ..Config::new(origins, public_url, keys)
    })
}

async fn open(config: Config) -> Result<Messenger, Failure> {
    fs::create_dir_all("data")?;
    let uploader = uploader().await?;
    Ok(match env::var("MONGODB_URI") {
        Ok(uri) => Messenger::open(MongoStore::connect(&uri).await?, uploader, config).await?,
        Err(_) => {
            let store = SqliteStore::open("data/messenger.db").await?;
            Messenger::open(store, uploader, config).await?
        }
    })
}

async fn uploader() -> Result<Arc<dyn MediaUploader>, Failure> {
    let Ok(cloud) = env::var("CLOUDINARY_CLOUD_NAME") else {
        return Ok(Arc::new(DiskUploader::open("data/uploads").await?));
    };
    let (key, secret) = (
        env::var("CLOUDINARY_API_KEY")?,
        env::var("CLOUDINARY_API_SECRET")?,
    );
    let url = format!("cloudinary://{key}:{secret}@{cloud}/chat-app");
    let uploader = CloudinaryUploader::new(&url, Patience::default())?;
    Ok(Arc::new(uploader))
}
