//! `kill -9` in the middle of sending: nothing acknowledged is lost, nothing is doubled, nothing
//! comes out of order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chat_client::{Client, Delivery, Rest};
use chat_core::chat::Chat;
use chat_core::id::{ConversationId, Epoch, MessageId, Rev, Seq, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{
    Appended, Changes, Draft, Message, Profile, Reactor, Refusal, Revised, Revision,
};
use chat_core::protocol::{Event, HistoryPage, MessageBody};
use chat_core::store::{MessageStore, ReactorQuery, SearchQuery, Since, StoreError, Window};
use common::Server;
use serde_json::{Value, json};
use tokio::time::timeout;

const CLIENTS: usize = 20;
const SENDS: usize = 500;
const KILLS: usize = 5;

/// What a checker counts; all zero in a system that keeps its word.
#[derive(Debug, Default, PartialEq, Eq)]
struct Anomalies {
    /// Acknowledged and not in the log where it was said to be.
    lost: usize,
    /// In the log more than once.
    doubled: usize,
    /// Seqs that are missing or do not rise by one.
    disordered: usize,
    /// In the log although nobody sent it.
    invented: usize,
}

/// Compares what was acknowledged (text to seq) and what each client was handed out (seqs, in order)
/// with the log (seq, text).
fn check(
    acked: &BTreeMap<String, i64>,
    handed_out: &[Vec<i64>],
    log: &[(i64, String)],
) -> Anomalies {
    let mut anomalies = Anomalies::default();
    let mut places: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (seq, text) in log {
        places.entry(text).or_default().push(*seq);
    }
    for (text, seq) in acked {
        let found = places
            .get(text.as_str())
            .is_some_and(|seqs| seqs.contains(seq));
        anomalies.lost += usize::from(!found);
    }
    anomalies.doubled = places.values().filter(|seqs| seqs.len() > 1).count();
    anomalies.invented = places
        .keys()
        .filter(|text| !text.starts_with("client "))
        .count();
    let expected = |seqs: &[i64]| {
        seqs.iter()
            .zip(1..)
            .filter(|(seq, expected)| *seq != expected)
            .count()
    };
    anomalies.disordered = expected(&log.iter().map(|(seq, _)| *seq).collect::<Vec<_>>());
    for seqs in handed_out {
        anomalies.disordered += expected(seqs) + log.len().abs_diff(seqs.len());
    }
    anomalies
}

/// Sends its share and collects what it is handed out until it has `total` messages.
async fn client(
    rest: Rest,
    number: usize,
    id: ConversationId,
    total: usize,
) -> (BTreeMap<String, i64>, Vec<i64>) {
    let mut client = Client::connect(&rest);
    let sender = client.sender();
    let sending = tokio::spawn(async move {
        let mut acked = BTreeMap::new();
        for n in 0..SENDS {
            let text = format!("client {number} message {n}");
            let sent = sender.send(id, MessageBody::text(&text)).await.unwrap();
            acked.insert(text, sent.seq.get());
        }
        acked
    });
    let mut seqs = Vec::new();
    while seqs.len() < total {
        match timeout(Duration::from_secs(60), client.next())
            .await
            .unwrap()
            .unwrap()
        {
            Delivery::Event(Event::MessageCreated { message }) => seqs.push(message.seq.get()),
            Delivery::Changes(changes) if changes.reset => {
                let last = seqs.last().copied().unwrap_or(0);
                seqs.extend(missed(&rest, id, last, changes.conversation.last_seq.get()).await);
            }
            Delivery::Changes(changes) => {
                seqs.extend(changes.messages.iter().map(|message| message.seq.get()));
            }
            Delivery::Ended(code) => panic!("the client ended with {code}"),
            _ => {}
        }
    }
    (sending.await.unwrap(), seqs)
}

/// A reset says: load the history again.
async fn missed(rest: &Rest, id: ConversationId, after: i64, upto: i64) -> Vec<i64> {
    let log = log(rest, id, after).await;
    log.into_iter()
        .map(|(seq, _)| seq)
        .filter(|seq| *seq <= upto)
        .collect()
}

async fn log(rest: &Rest, id: ConversationId, mut after: i64) -> Vec<(i64, String)> {
    let mut log = Vec::new();
    loop {
        let path = format!("conversations/{id}/messages?after={after}&limit=200");
        let page: HistoryPage = match rest.get(&path).await {
            Ok(page) => page,
            // The server may just have been killed.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(last) = page.items.last() else {
            return log;
        };
        after = last.seq.get();
        log.extend(
            page.items
                .into_iter()
                .map(|message| (message.seq.get(), message.content)),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_under_load_loses_doubles_and_reorders_nothing() {
    let mut server = Server::start();
    let mut users = Vec::new();
    for n in 0..CLIENTS {
        users.push(server.user(&format!("user{n}")).await);
    }
    let others: Vec<_> = users[1..].iter().map(Rest::user).collect();
    let group: Value = users[0]
        .post(
            "conversations",
            &json!({"type": "group", "name": "Load", "participant_ids": others}),
        )
        .await
        .unwrap();
    let id: ConversationId = serde_json::from_value(group["id"].clone()).unwrap();
    let total = CLIENTS * SENDS;
    let clients = users.iter().cloned().enumerate();
    let clients: Vec<_> = clients
        .map(|(n, rest)| tokio::spawn(client(rest, n, id, total)))
        .collect();

    for kill in 1..=KILLS {
        wait_for(
            &users[0],
            id,
            i64::try_from(total * kill / (KILLS + 1)).unwrap(),
        )
        .await;
        server.kill();
        server.restart();
    }

    let (mut acked, mut handed_out) = (BTreeMap::new(), Vec::new());
    for client in clients {
        let (sent, seqs) = timeout(Duration::from_secs(240), client)
            .await
            .unwrap()
            .unwrap();
        acked.extend(sent);
        handed_out.push(seqs);
    }
    let log = log(&users[0], id, 0).await;
    assert_eq!(acked.len(), total);
    assert_eq!(log.len(), total);
    assert_eq!(check(&acked, &handed_out, &log), Anomalies::default());
    assert!(server.terminate(), "a SIGTERM ends it with success");
}

/// Waits until the log is that long.
async fn wait_for(rest: &Rest, id: ConversationId, length: i64) {
    loop {
        if let Ok(page) = rest
            .get::<HistoryPage>(&format!("conversations/{id}/messages?limit=1"))
            .await
            && page.last_seq.get() >= length
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A store that answers before it stores: a crash loses what was answered last.
#[derive(Debug, Clone)]
struct AnswersFirst {
    store: MemoryStore,
    lost: Arc<std::sync::atomic::AtomicBool>,
}

#[async_trait]
impl MessageStore for AnswersFirst {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        self.store.epoch().await
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        if !self.lost.load(std::sync::atomic::Ordering::Acquire) {
            return self.store.append(drafts).await;
        }
        let answer = |draft: &Draft| {
            Ok(Appended {
                message: draft.stored(Seq::new(11).unwrap(), Rev::new(12).unwrap(), None),
                is_new: true,
            })
        };
        Ok(drafts.iter().map(answer).collect())
    }

    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError> {
        self.store.revise(revision).await
    }

    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        MessageStore::find(&self.store, conversation, viewer, message).await
    }

    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError> {
        self.store.reactors(viewer, query).await
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        self.store
            .history(conversation, viewer, window, limit)
            .await
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        self.store.changes(since, limit).await
    }

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        self.store.heads(conversations).await
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        self.store.search(viewer, query).await
    }
}

#[tokio::test]
async fn the_checker_sees_an_acknowledgement_that_comes_before_the_commit() {
    let store = MemoryStore::new();
    let users = ["ada", "bob"].map(|name| UserId::new(name).unwrap());
    for id in &users {
        let (id, display_name) = (id.clone(), id.to_string());
        store.insert_user(Profile {
            id,
            username: None,
            display_name,
            avatar: None,
            avatar_url: None,
        });
    }
    let early = AnswersFirst {
        store: store.clone(),
        lost: Arc::default(),
    };
    let chat = Chat::builder(store.clone(), store.clone())
        .messages(early.clone())
        .build();
    let id = chat
        .create_direct(&users[0], &users[1])
        .await
        .unwrap()
        .conversation
        .id;
    let mut acked = BTreeMap::new();
    for n in 0..11 {
        // The process dies between the last answer and its commit.
        early
            .lost
            .store(n == 10, std::sync::atomic::Ordering::Release);
        let text = format!("client 0 message {n}");
        let sent = chat
            .send(&users[0], id, MessageBody::text(&text))
            .await
            .unwrap();
        acked.insert(text, sent.message.seq.get());
    }

    let stored = store
        .history(id, &users[0], Window::Latest, 100)
        .await
        .unwrap()
        .unwrap();
    let log: Vec<_> = stored
        .into_iter()
        .map(|message| (message.seq.get(), message.text))
        .collect();

    assert_eq!(
        check(&acked, &[], &log),
        Anomalies {
            lost: 1,
            ..Anomalies::default()
        }
    );
}

#[test]
fn the_checker_sees_doubles_disorder_and_inventions() {
    let log = |entries: &[(i64, &str)]| {
        entries
            .iter()
            .map(|(seq, text)| (*seq, (*text).to_owned()))
            .collect::<Vec<_>>()
    };
    let none = BTreeMap::new();
    assert_eq!(
        check(&none, &[], &log(&[(1, "client a"), (2, "client a")])).doubled,
        1
    );
    assert_eq!(
        check(&none, &[], &log(&[(1, "client a"), (3, "client b")])).disordered,
        1
    );
    assert_eq!(check(&none, &[], &log(&[(1, "ghost")])).invented, 1);
    assert_eq!(
        check(
            &none,
            &[vec![2, 1]],
            &log(&[(1, "client a"), (2, "client b")])
        )
        .disordered,
        2
    );
    assert_eq!(
        check(&none, &[vec![1]], &log(&[(1, "client a"), (2, "client b")])).disordered,
        1
    );
}
