//! A database of its own for each test, on the server that `TEST_MONGO_URL` names.

#![allow(dead_code, reason = "each test file uses its part")]

use std::time::Duration;

use chat_core::id::{ConversationId, Epoch, MessageId, Timestamp, UserId};
use chat_core::model::{Draft, MessageKind, NewConversation};
use chat_core::store::{ConversationStore, SchemaStore as _};
use chat_store_mongo::MongoStore;
use mongodb::options::{ClientOptions, ReadConcern, WriteConcern};
use mongodb::{Client, ClientSession};

/// A database, dropped with this.
pub(crate) struct Place {
    pub(crate) name: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let name = format!("chat_test_{}", Epoch::random().as_uuid().simple());
        Self { name }
    }

    /// A client of its own, as another node has it. What the cases check is not how busy the machine
    /// may be: it is patient.
    pub(crate) async fn connect(&self) -> MongoStore {
        let store = MongoStore::on(client().await, &self.name);
        store.with_patience(Duration::from_secs(60))
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

pub(crate) fn draft(conversation: ConversationId, sender: &UserId, text: &str) -> Draft {
    Draft {
        id: MessageId::new(),
        conversation,
        sender: sender.clone(),
        client_id: None,
        kind: MessageKind::Text,
        text: text.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: Timestamp::now(),
        blind: None,
    }
}

pub(crate) async fn group(store: &MongoStore, owner: &UserId) -> ConversationId {
    let (id, creator) = (ConversationId::new(), owner.clone());
    let new = NewConversation::Group {
        id,
        creator,
        name: "n".to_owned(),
        members: Vec::new(),
        at: Timestamp::now(),
    };
    ConversationStore::create(store, &new).await.unwrap();
    id
}

pub(crate) async fn begin_transaction(session: &mut ClientSession) {
    let begin = session
        .start_transaction()
        .read_concern(ReadConcern::snapshot());
    let begin = begin.write_concern(WriteConcern::majority());
    begin.await.unwrap();
}
