//! No command walks a collection from end to end: what a call costs does not grow with the store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod place;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bson::{Document, doc};
use chat_core::conformance::{Ports, exercise};
use chat_core::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UserId};
use chat_core::model::{Draft, MessageKind, NewConversation};
use chat_core::store::{
    AdminStore as _, ConversationStore, MessageStore, SchemaStore as _, SearchQuery, Since, Window,
};
use chat_store_mongo::MongoStore;
use futures_util::TryStreamExt as _;
use mongodb::Client;
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use place::Place;

/// The commands that read or change documents, each shape once.
type Commands = Arc<Mutex<BTreeMap<String, Document>>>;

/// Gathers the commands that a client sends.
async fn watched(place: &Place, commands: &Commands) -> MongoStore {
    let mut options = place::client_options().await;
    let commands = Arc::clone(commands);
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(started) = event {
            let mut commands = commands.lock().unwrap();
            for command in explainable(started.command) {
                commands.insert(shape(&command), command);
            }
        }
    }));
    MongoStore::on(Client::with_options(options).unwrap(), &place.name)
}

/// A command without what belongs to its session, as `explain` takes it: of many updates, each.
fn explainable(mut command: Document) -> Vec<Document> {
    let name = command.keys().next().cloned().unwrap_or_default();
    let known = ["find", "aggregate", "update", "delete", "findAndModify"];
    if !known.contains(&name.as_str()) {
        return Vec::new();
    }
    for foreign in [
        "lsid",
        "txnNumber",
        "startTransaction",
        "autocommit",
        "readConcern",
        "writeConcern",
        "$db",
        "$clusterTime",
        "$readPreference",
    ] {
        command.remove(foreign);
    }
    let list = format!("{name}s");
    match command.remove(&list) {
        Some(bson::Bson::Array(each)) => each
            .into_iter()
            .map(|one| {
                let mut command = command.clone();
                command.insert(&list, vec![one]);
                command
            })
            .collect(),
        _ => vec![command],
    }
}

/// What is left of a command without its values.
fn shape(command: &Document) -> String {
    let text = command.to_string();
    text.chars().filter(|sign| !sign.is_ascii_digit()).collect()
}

#[tokio::test]
async fn no_command_walks_a_collection() {
    let (place, commands) = (Place::new(), Commands::default());
    let store = watched(&place, &commands).await;
    store.migrate().await.unwrap();
    commands.lock().unwrap().clear();

    exercise::every_call(&Ports::of(&store)).await;
    all_of_one(&store, &UserId::new("ada").unwrap()).await;

    let seen = std::mem::take(&mut *commands.lock().unwrap());
    assert!(seen.len() >= 45, "{} commands", seen.len());
    let database = place::client().await.database(&place.name);
    let mut walking = Vec::new();
    for command in seen.into_values() {
        let explain = doc! { "explain": command.clone(), "verbosity": "executionStats" };
        let plan = database.run_command(explain).await.unwrap().to_string();
        if plan.contains("COLLSCAN") || plan.contains("NestedLoopJoin") {
            walking.push(format!("{command}\n  {plan}"));
        }
    }
    assert!(walking.is_empty(), "{}", walking.join("\n\n"));
}

/// What operators ask about a user. The audit reads everything.
async fn all_of_one(store: &MongoStore, user: &UserId) {
    let sent = store.sent(user, None, 1).await.unwrap();
    let last = sent
        .last()
        .map(|message| (message.conversation, message.seq));
    assert!(last.is_some());
    store.sent(user, last, 10).await.unwrap();
    store.uploads_of(user, None, 10).await.unwrap();
    store.standings(user).await.unwrap();
    let erased = store.erase(user, Timestamp::now()).await.unwrap();
    assert!(erased.messages > 0 && erased.conversations > 0);
    assert!(!erased.uploads.is_empty());
}

/// How many messages each conversation has, and how many documents a command may read.
const MANY: usize = 1_000;
const FEW: i64 = 200;

#[tokio::test]
async fn what_a_call_reads_does_not_grow_with_the_conversation() {
    let place = Place::new();
    let store = place.open().await;
    let ada = UserId::new("ada").unwrap();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = group(&store, &ada).await;
        // The first batch finds an empty conversation: a plan for that must not stay.
        append(&store, &[id], &ada, MANY).await;
        ids.push(id);
    }
    let database = place::client().await.database(&place.name);
    let profile = doc! { "profile": 2 };
    database.run_command(profile).await.unwrap();

    append(&store, &ids, &ada, 30).await;
    every_read(&store, &ids, &ada).await;

    let profile = database.collection::<Document>("system.profile");
    let read = profile.find(doc! { "docsExamined": { "$exists": true } });
    let read: Vec<Document> = read.await.unwrap().try_collect().await.unwrap();
    assert!(read.len() > 20, "{} commands", read.len());
    let much = profile.find(doc! { "$or": [
        { "docsExamined": { "$gt": FEW } }, { "keysExamined": { "$gt": FEW } },
    ] });
    let much: Vec<Document> = much.await.unwrap().try_collect().await.unwrap();
    assert!(much.is_empty(), "{much:#?}");
}

async fn every_read(store: &MongoStore, ids: &[ConversationId], ada: &UserId) {
    let place = |id: &ConversationId| Since {
        conversation: *id,
        rev: Rev::new(990).unwrap(),
    };
    let since: Vec<Since> = ids.iter().map(place).collect();
    store.changes(&since, 10).await.unwrap();
    let middle = Seq::new(500).unwrap();
    for window in [
        Window::Latest,
        Window::Before(middle),
        Window::After(middle),
        Window::Around(middle),
    ] {
        store.history(ids[0], ada, window, 20).await.unwrap();
    }
    let words = ["hello".to_owned()];
    let query = SearchQuery {
        conversations: ids,
        words: &words,
        before: Some(MessageId::new()),
        limit: 10,
    };
    let found = MessageStore::search(store, ada, &query).await.unwrap();
    assert_eq!(found.len(), 10);
    store.inbox(ada, None, 10).await.unwrap();
    store.memberships(ada).await.unwrap();
}

async fn group(store: &MongoStore, ada: &UserId) -> ConversationId {
    let id = ConversationId::new();
    let new = NewConversation::Group {
        id,
        creator: ada.clone(),
        name: "n".to_owned(),
        members: Vec::new(),
        at: Timestamp::now(),
    };
    ConversationStore::create(store, &new).await.unwrap();
    id
}

async fn append(store: &MongoStore, ids: &[ConversationId], ada: &UserId, count: usize) {
    let draft = |conversation: &ConversationId| Draft {
        id: MessageId::new(),
        conversation: *conversation,
        sender: ada.clone(),
        client_id: Some(ClientId::new(MessageId::new().to_string()).unwrap()),
        kind: MessageKind::Text,
        text: "hello world".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: Timestamp::now(),
        blind: None,
    };
    let drafts: Vec<Draft> = ids.iter().cycle().take(count).map(draft).collect();
    let answers = store.append(&drafts).await.unwrap();
    assert!(answers.iter().all(Result::is_ok));
}
