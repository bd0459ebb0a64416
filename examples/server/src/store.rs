//! The stores that this program was built with, and the one that is configured.

use std::sync::Arc;

use chat_core::store::{
    AccountStore, AdminStore, ConversationStore, LastSeenStore, LoginStore, MessageStore,
    PeopleStore, PushStore, SchemaStore, UploadStore, UserStore,
};

use chat_seal::{Sealed, key_of};

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

/// How many of the newest messages are looked at for whether they are sealed.
const LOOKED_AT: usize = 200;

/// Opens the store that is configured, with its keys if there are any; its schema may be of any version.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let plain = open_plain(config).await?;
    Ok(match &config.seal {
        Some(keys) => Arc::new(Sealed::new(plain, Arc::clone(keys))),
        None => plain,
    })
}

/// Opens the store, brings its schema up to date and tries the keys: for whoever is going to write.
pub(crate) async fn open_to_serve(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let plain = open_plain(config).await?;
    plain.migrate().await?;
    let Some(keys) = &config.seal else {
        refuse_sealed(&plain).await?;
        return Ok(plain);
    };
    let store = Sealed::new(plain, Arc::clone(keys));
    store.check().await?;
    Ok(Arc::new(store))
}

/// Without keys nobody is to read sealed messages as if they were plain, or write plain ones beside them. There must be a
/// schema: without one there is no place to look.
pub(crate) async fn refuse_sealed(plain: &Arc<dyn Store>) -> Result<(), Failure> {
    let newest = plain.texts(None, LOOKED_AT).await?;
    match newest.iter().any(|kept| key_of(&kept.text).is_some()) {
        true => Err(Failure::Sealed),
        false => Ok(()),
    }
}

/// Opens the store that is configured without keys.
pub(crate) async fn open_plain(config: &Config) -> Result<Arc<dyn Store>, Failure> {
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
