//! The handle: a client, a database and the names of our collections; and how they are read.

use std::sync::Arc;
use std::time::Duration;

use bson::{Document, doc};
use chat_core::store::StoreError;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use mongodb::options::{
    Acknowledgment, ClientOptions, DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria,
    WriteConcern,
};
use mongodb::{Client, ClientSession, Collection, Database};
use serde::de::DeserializeOwned;

use crate::error::{Result, failed, odd, write_failed};
use crate::rows::{
    AccountRow, BlockRow, ConversationRow, JoinsRow, LoginRow, MemberRow, MessageRow, MetaRow,
    PrivacyRow, PushRow, ReactionRow, SeenRow, UploadRow,
};
use crate::turns::Turns;

/// How long a writing call takes, with its turn and all attempts; a reading one twice that.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// How long a call waits for a server that is away: less, so that it can say so.
const SELECTION: Duration = Duration::from_millis(1_500);

/// The database of a URL that names none.
const DATABASE: &str = "chat";

/// What our collections' names begin with.
const PREFIX: &str = "chat_";

/// How many ids one command asks for: the longest of them fit into a document.
pub(crate) const ASKED_AT_ONCE: usize = 20_000;

/// All storage ports on one MongoDB database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct MongoStore {
    client: Client,
    database: Database,
    prefix: Arc<str>,
    patience: Duration,
    /// How much of it may go by while others are in a transaction's way.
    conflicts: Duration,
    turns: Turns,
}

impl MongoStore {
    /// Connects to the database that the URL names, or to `chat`.
    /// [`migrate`](chat_core::store::SchemaStore::migrate) comes next.
    ///
    /// # Errors
    /// [`StoreError`] if the URL is none, no server answers, or it has no transactions.
    pub async fn connect(url: &str) -> std::result::Result<Self, StoreError> {
        let mut options = ClientOptions::parse(url).await.map_err(failed)?;
        options.server_selection_timeout.get_or_insert(SELECTION);
        options.connect_timeout.get_or_insert(SELECTION);
        let database = options
            .default_database
            .clone()
            .unwrap_or_else(|| DATABASE.to_owned());
        let client = Client::with_options(options).map_err(failed)?;
        let store = Self::on(client, &database);
        within(Box::pin(store.check())).await?;
        Ok(store)
    }

    /// Uses a client of the host, and the database with this name. How long a call waits for a
    /// server follows from the client's `server_selection_timeout`.
    #[must_use]
    pub fn on(client: Client, database: &str) -> Self {
        // A snapshot is of what a majority has. The driver lets a collection's concern go before
        // that of a snapshot session, so that any other one here would undo the session's.
        let options = DatabaseOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .write_concern(durable())
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .build();
        let database = client.database_with_options(database, options);
        Self {
            client,
            database,
            prefix: PREFIX.into(),
            patience: PATIENCE,
            conflicts: PATIENCE,
            turns: Turns::new(),
        }
    }

    /// Has our collections' names begin with `prefix` instead of `chat_`, so that several chats, or
    /// a host's own collections, live in one database.
    ///
    /// # Errors
    /// [`StoreError`] if it is not 1 to 32 of a-z, 0-9 and `_`, beginning with a letter.
    pub fn with_prefix(mut self, prefix: &str) -> std::result::Result<Self, StoreError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = (1..=32).contains(&prefix.len())
            && prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.bytes().all(plain);
        if !fits {
            return Err(odd(
                "a prefix is 1 to 32 of a-z, 0-9 and _, beginning with a letter",
            ));
        }
        self.prefix = prefix.into();
        Ok(self)
    }

    /// How long a call that writes waits in all, for its turn and for others who are in its way, before
    /// it is [`StoreError::Unavailable`]: 1.5 s.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self.conflicts = patience;
        self
    }

    /// The same store, which gives up sooner when others are in a transaction's way.
    pub(crate) fn hurried(&self, conflicts: Duration) -> Self {
        Self {
            conflicts,
            ..self.clone()
        }
    }

    pub(crate) const fn conflicts(&self) -> Duration {
        self.conflicts
    }

    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// A lone server has no transactions, and says so only when one begins.
    async fn check(&self) -> Result<()> {
        let hello = self.database.run_command(doc! { "hello": 1 });
        let hello = hello.await.map_err(failed)?;
        let is_router = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
        if hello.contains_key("setName") || is_router {
            return Ok(());
        }
        Err(odd(
            "a standalone MongoDB has no transactions: start it as a replica set (one node is enough)",
        ))
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) const fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// What a collection of ours is called here.
    pub(crate) fn name(&self, collection: &str) -> String {
        format!("{}{collection}", self.prefix)
    }

    pub(crate) fn collection<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        self.database.collection(&self.name(name))
    }

    pub(crate) fn accounts(&self) -> Collection<AccountRow> {
        self.collection("accounts")
    }

    pub(crate) fn logins(&self) -> Collection<LoginRow> {
        self.collection("logins")
    }

    pub(crate) fn conversations(&self) -> Collection<ConversationRow> {
        self.collection("conversations")
    }

    pub(crate) fn members(&self) -> Collection<MemberRow> {
        self.collection("members")
    }

    pub(crate) fn joins(&self) -> Collection<JoinsRow> {
        self.collection("joins")
    }

    pub(crate) fn messages(&self) -> Collection<MessageRow> {
        self.collection("messages")
    }

    pub(crate) fn reactions(&self) -> Collection<ReactionRow> {
        self.collection("reactions")
    }

    pub(crate) fn uploads(&self) -> Collection<UploadRow> {
        self.collection("uploads")
    }

    pub(crate) fn upload_links(&self) -> Collection<Document> {
        self.collection("upload_links")
    }

    pub(crate) fn last_seen(&self) -> Collection<SeenRow> {
        self.collection("last_seen")
    }

    pub(crate) fn blocks_made(&self) -> Collection<BlockRow> {
        self.collection("blocks")
    }

    pub(crate) fn privacy_chosen(&self) -> Collection<PrivacyRow> {
        self.collection("privacy")
    }

    pub(crate) fn pushes(&self) -> Collection<PushRow> {
        self.collection("pushes")
    }

    pub(crate) fn erasures(&self) -> Collection<Document> {
        self.collection("erasures")
    }

    pub(crate) fn meta(&self) -> Collection<MetaRow> {
        self.collection("meta")
    }

    /// A session whose reads all see one moment: the latest that a majority has.
    pub(crate) async fn view(&self) -> Result<ClientSession> {
        let begun = self.client.start_session().snapshot(true);
        begun.await.map_err(failed)
    }

    /// Runs many updates as one command: `{ q, u, upsert }` each. Within a transaction if the
    /// session is in one.
    pub(crate) async fn update_all(
        &self,
        session: Option<&mut ClientSession>,
        collection: &str,
        updates: Vec<Document>,
    ) -> Result<()> {
        if updates.is_empty() {
            return Ok(());
        }
        let mut command = doc! {
            "update": self.name(collection), "updates": updates, "ordered": true,
        };
        let answer = match session {
            Some(session) => self.database.run_command(command).session(session).await,
            None => {
                command.insert("writeConcern", doc! { "w": "majority", "j": true });
                self.database.run_command(command).await
            }
        };
        let answer = answer.map_err(failed)?;
        if let Ok(errors) = answer.get_array("writeErrors") {
            let error = errors.first().and_then(bson::Bson::as_document);
            let code = error.and_then(|error| error.get_i32("code").ok());
            let message = error.map_or_else(String::new, Document::to_string);
            return Err(write_failed(code.unwrap_or_default(), message));
        }
        match answer.get_document("writeConcernError") {
            Ok(error) => Err(StoreError::unavailable(error.to_string())),
            Err(_) => Ok(()),
        }
    }
}

/// Bounds a call: the driver has no limit of its own on a
/// server that takes a command and never answers.
pub(crate) async fn within<T>(call: BoxFuture<'_, Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE * 2, call).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

/// A majority has it in its journal.
pub(crate) fn durable() -> WriteConcern {
    WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build()
}

/// All that a filter matches, in any order.
pub(crate) async fn find_all<T: DeserializeOwned + Send + Sync>(
    session: &mut ClientSession,
    collection: &Collection<T>,
    filter: Document,
) -> Result<Vec<T>> {
    let find = collection.find(filter).session(&mut *session);
    let mut cursor = find.await.map_err(failed)?;
    cursor.stream(session).try_collect().await.map_err(failed)
}

/// All that a pipeline gives.
pub(crate) async fn aggregate<R: DeserializeOwned + Send + Sync, T: Send + Sync>(
    session: &mut ClientSession,
    collection: &Collection<T>,
    pipeline: Vec<Document>,
) -> Result<Vec<R>> {
    let aggregate = collection.aggregate(pipeline).with_type::<R>();
    let mut cursor = aggregate.session(&mut *session).await.map_err(failed)?;
    cursor.stream(session).try_collect().await.map_err(failed)
}

/// A limit as MongoDB takes it, which means none by 0.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
