//! The stores that this program was built with, and the one that is configured.

use std::sync::Arc;

use chat_core::store::{
    AccountStore, AdminStore, ConversationStore, LastSeenStore, LoginStore, MessageStore,
    PeopleStore, PushStore, SchemaStore, UploadStore, UserStore,
};

use crate::config::{Config, StoreUrl};
use crate::run::Failure;

/// Every storage port on one handle.
pub(crate) trait Store:
    UserStore
    + AdminStore
    + AccountStore
    + LoginStore
    + ConversationStore
    + MessageStore
    + UploadStore
    + LastSeenStore
    + PeopleStore
    + PushStore
    + SchemaStore
{
}

impl<S> Store for S where
    S: UserStore
        + AdminStore
        + AccountStore
        + LoginStore
        + ConversationStore
        + MessageStore
        + UploadStore
        + LastSeenStore
        + PeopleStore
        + PushStore
        + SchemaStore
{
}

/// Opens the store that is configured; its schema may be of any version.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let prefix = config.store_prefix.as_deref();
    match &config.store {
        #[cfg(feature = "memory")]
        StoreUrl::Memory => Ok(Arc::new(chat_core::memory::MemoryStore::new())),
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| Failure::io(folder, error))?;
            }
            let store = chat_store_sqlite::SqliteStore::open(path).await?;
            Ok(Arc::new(store.with_prefix(prefix.unwrap_or("chat_"))?))
        }
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => {
            let store = chat_store_postgres::PostgresStore::connect(url).await?;
            Ok(Arc::new(store.with_schema(prefix.unwrap_or("chat"))?))
        }
        #[cfg(feature = "mongo")]
        StoreUrl::Mongo(url) => {
            let store = chat_store_mongo::MongoStore::connect(url).await?;
            Ok(Arc::new(store.with_prefix(prefix.unwrap_or("chat_"))?))
        }
        #[cfg_attr(
            all(
                feature = "memory",
                feature = "sqlite",
                feature = "postgres",
                feature = "mongo"
            ),
            expect(unreachable_patterns, reason = "with all features there is no other")
        )]
        other => Err(Failure::Feature {
            feature: other.feature(),
        }),
    }
}
