//! A database of its own for each test, on the server that `TEST_MONGO_URL` names.

use chat_core::id::Epoch;
use chat_core::store::SchemaStore as _;
use chat_store_mongo::MongoStore;
use mongodb::Client;
use mongodb::options::ClientOptions;

/// A database, dropped with this.
pub(crate) struct Place {
    pub(crate) name: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let name = format!("chat_test_{}", Epoch::random().as_uuid().simple());
        Self { name }
    }

    /// A client of its own, as another node has it.
    pub(crate) async fn connect(&self) -> MongoStore {
        MongoStore::on(client().await, &self.name)
    }

    pub(crate) async fn open(&self) -> MongoStore {
        let store = self.connect().await;
        store.migrate().await.unwrap();
        store
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let _ = client().await.database(&name).drop().await;
            });
        });
        let _ = dropping.join();
    }
}

pub(crate) fn url() -> String {
    std::env::var("TEST_MONGO_URL").expect("TEST_MONGO_URL names a replica set")
}

pub(crate) async fn client_options() -> ClientOptions {
    ClientOptions::parse(url()).await.unwrap()
}

pub(crate) async fn client() -> Client {
    Client::with_options(client_options().await).unwrap()
}
