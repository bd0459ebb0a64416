//! Chat in one file. Run it with `cargo run -p hello`.

use chat_core::auth::{AuthError, AuthenticateWith, Identity};
use chat_core::{chat::Chat, id::UserId, memory::MemoryStore, model::Profile};
use chat_transport_warp::{ListenerConfig, TransportConfig, listen, routes, serve};
use warp::Filter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = MemoryStore::new(); // or SqliteStore::open("chat.db").await?
    for name in ["ada", "bob"] {
        store.insert_user(Profile::new(UserId::new(name)?, name)); // yours: a UserStore
    }
    let chat = Chat::builder(store.clone(), store).build();
    let login = AuthenticateWith::new(|token: String| async move {
        let user = UserId::new(token).map_err(|_| AuthError::Invalid)?; // yours: who is it?
        Ok(Identity::of(user))
    });
    let mut config = TransportConfig::new(login);
    config.query_token = true; // browsers show their token in the socket's address
    let chat = warp::path("chat").and(routes(chat, config));
    let app = chat.or(warp::path("orders").map(|| "your own routes"));
    let address = std::env::var("ADDRESS").unwrap_or("127.0.0.1:8080".to_owned());
    let tcp = listen(address.parse::<std::net::SocketAddr>()?)?;
    serve(tcp, app, ListenerConfig::default(), std::future::pending()).await;
    Ok(())
}
