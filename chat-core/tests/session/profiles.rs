//! Profiles that are kept for a moment, on several nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::chat::Chat;
use chat_core::conformance::unreliable::{Mischief, UnreliableBus};
use chat_core::id::UserId;
use chat_core::memory::{MemoryBus, MemoryStore};
use chat_core::model::{Page, Profile};
use chat_core::presence::PresenceBus;
use chat_core::store::{StoreError, UserQuery, UserStore};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::support::user;

/// Counts how often users are looked up, and waits before it answers, if it is told to.
#[derive(Debug, Clone, Default)]
struct Counting {
    store: MemoryStore,
    asked: Arc<AtomicUsize>,
    answers: Option<Arc<Notify>>,
}

#[async_trait]
impl UserStore for Counting {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        self.asked.fetch_add(ids.len(), Ordering::AcqRel);
        let found = UserStore::find(&self.store, ids).await;
        if let Some(answers) = &self.answers {
            answers.notified().await;
        }
        found
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        UserStore::search(&self.store, query).await
    }
}

impl Counting {
    fn name(&self, name: &str) {
        self.store.insert_user(Profile {
            id: user("ada"),
            username: None,
            display_name: name.to_owned(),
            avatar: None,
            avatar_url: None,
        });
    }

    fn chat(&self, bus: impl PresenceBus) -> Chat {
        let chat = Chat::builder(self.store.clone(), self.clone());
        chat.bus(bus).build()
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::AcqRel)
    }
}

async fn shown(chat: &Chat) -> String {
    let found = chat.users(&[user("ada"), user("nobody")]).await.unwrap();
    found[0].display_name.clone()
}

async fn a_moment() {
    sleep(Duration::from_millis(100)).await;
}

/// Two chats over one store and one bus, which listen to it.
async fn pair(users: &Counting, bus: &(impl PresenceBus + Clone)) -> [Chat; 2] {
    let chats = [(); 2].map(|()| users.chat(bus.clone()));
    for chat in &chats {
        // Whoever tells something hears of the others from then on.
        chat.profile_changed(&user("nobody"));
    }
    a_moment().await;
    chats
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_looked_up_once_a_minute() {
    let users = Counting::default();
    users.name("Ada");
    let chat = users.chat(MemoryBus::default());
    assert_eq!(shown(&chat).await, "Ada");
    assert_eq!(users.asked(), 2);
    users.name("Ada Lovelace");
    assert_eq!(shown(&chat).await, "Ada");
    assert_eq!(
        users.asked(),
        1,
        "who does not exist is asked for every time"
    );
    sleep(Duration::from_secs(60)).await;
    assert_eq!(shown(&chat).await, "Ada Lovelace");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_shown_on_every_node_at_once() {
    let users = Counting::default();
    users.name("Ada");
    let [here, there] = pair(&users, &MemoryBus::default()).await;
    for chat in [&here, &there] {
        assert_eq!(shown(chat).await, "Ada");
    }
    users.name("Ada Lovelace");
    here.profile_changed(&user("ada"));
    assert_eq!(shown(&here).await, "Ada Lovelace");
    a_moment().await;
    assert_eq!(shown(&there).await, "Ada Lovelace");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_bus_lost_is_shown_once_it_is_back() {
    let users = Counting::default();
    users.name("Ada");
    let bus = UnreliableBus::new(MemoryBus::default(), 1, Mischief::default());
    let [here, there] = pair(&users, &bus).await;
    assert_eq!(shown(&there).await, "Ada");
    bus.go_away().await;
    users.name("Ada Lovelace");
    here.profile_changed(&user("ada"));
    a_moment().await;
    assert_eq!(shown(&there).await, "Ada");
    bus.come_back().await;
    a_moment().await;
    assert_eq!(shown(&there).await, "Ada Lovelace");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_change_is_not_kept_after_it() {
    let answers = Arc::new(Notify::new());
    let users = Counting {
        answers: Some(Arc::clone(&answers)),
        ..Counting::default()
    };
    users.name("Ada");
    let chat = users.chat(MemoryBus::default());
    let reader = chat.clone();
    let reading = tokio::spawn(async move { shown(&reader).await });
    a_moment().await;
    // The store has answered, and the answer is on its way.
    users.name("Ada Lovelace");
    chat.profile_changed(&user("ada"));
    answers.notify_one();
    assert_eq!(reading.await.unwrap(), "Ada", "it was so when it was asked");
    answers.notify_one();
    assert_eq!(shown(&chat).await, "Ada Lovelace");
}
