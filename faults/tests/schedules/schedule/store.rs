//! A store that takes its time and fails now and then, before or after it stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::chat::Chat;
use chat_core::id::{ConversationId, Epoch, MessageId, Rev, Seq, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{
    Appended, Change, Changed, Changes, Conversation, Created, Draft, InboxEntry, Mark, Marked,
    Member, Membership, Message, NewConversation, Reactor, Refusal, Revised, Revision,
};
use chat_core::store::{
    ConversationStore, InboxCursor, MessageStore, ReactorQuery, SearchQuery, Since, StoreError,
    Window,
};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::Seeded;

/// How many calls it answers at once.
const PLACES: usize = 8;

/// The store of one node. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct NodeStore {
    store: MemoryStore,
    bug: Option<Seeded>,
    dice: Arc<Mutex<fastrand::Rng>>,
    places: Arc<Semaphore>,
    /// How many of a hundred calls fail.
    failing: u8,
    /// Whoever tells too early, tells through this.
    pub(super) chat: Arc<OnceLock<Chat>>,
    /// Numbers that nobody locks.
    counters: Arc<Mutex<HashMap<ConversationId, Seq>>>,
}

impl NodeStore {
    pub(super) fn new(store: MemoryStore, seed: u64, failing: u8, bug: Option<Seeded>) -> Self {
        Self {
            store,
            bug,
            dice: Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))),
            places: Arc::new(Semaphore::new(PLACES)),
            failing,
            chat: Arc::default(),
            counters: Arc::default(),
        }
    }

    fn has(&self, bug: Seeded) -> bool {
        self.bug == Some(bug)
    }

    fn happens(&self, in_a_hundred: u8) -> bool {
        self.dice().u8(0..100) < in_a_hundred
    }

    fn dice(&self) -> std::sync::MutexGuard<'_, fastrand::Rng> {
        self.dice.lock().expect("nothing panics while it is held")
    }

    /// Takes a while, and a place; fails now and then.
    async fn enter(&self) -> Result<(), StoreError> {
        let place = self.places.acquire().await;
        let place = place.map_err(|closed| StoreError::Unavailable(Box::new(closed)))?;
        let millis = self.dice().u64(0..5);
        sleep(Duration::from_millis(millis)).await;
        if !self.happens(self.failing) {
            return Ok(());
        }
        if self.has(Seeded::LeakedPlace) {
            place.forget();
        }
        Err(failure())
    }

    /// Tells of messages that are never stored.
    fn tell_too_early(&self, drafts: &[Draft]) {
        let Some((chat, draft)) = self.chat.get().zip(drafts.first()) else {
            return;
        };
        let seq = self.next_seq(draft.conversation);
        let rev = Rev::new(seq.get() + 1).unwrap_or_default();
        let message = draft.stored(seq, rev, None);
        chat.publish(&[Appended {
            message,
            is_new: true,
        }]);
    }

    fn next_seq(&self, conversation: ConversationId) -> Seq {
        let mut counters = self
            .counters
            .lock()
            .expect("nothing panics while it is held");
        let counter = counters.entry(conversation).or_default();
        *counter = counter.next();
        *counter
    }

    async fn append_with_bugs(
        &self,
        drafts: &[Draft],
    ) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        if self.has(Seeded::PublishBeforeCommit) && self.happens(5) {
            self.tell_too_early(drafts);
            return Err(failure());
        }
        let mut drafts = drafts.to_vec();
        if self.has(Seeded::IdempotencyOutsideTransaction) {
            drafts.iter_mut().for_each(|draft| draft.client_id = None);
        }
        let mut answers = self.store.append(&drafts).await?;
        for answer in answers.iter_mut().flatten() {
            let message = &mut answer.message;
            let counted = self.next_seq(message.conversation);
            if self.has(Seeded::SeqWithoutLock) {
                message.seq = counted;
            }
        }
        Ok(answers)
    }
}

fn failure() -> StoreError {
    StoreError::Unavailable("the schedule says so".into())
}

/// By the senders' clocks.
fn by_clock(messages: &mut [Message]) {
    messages.sort_by_key(|message| message.created_at);
}

#[async_trait]
impl MessageStore for NodeStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        self.store.epoch().await
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        match self.enter().await {
            Ok(()) => {}
            Err(_) if self.has(Seeded::AckBeforeCommit) => {
                let answer = |draft: &Draft| {
                    let seq = self.next_seq(draft.conversation);
                    let rev = Rev::new(seq.get() + 1).unwrap_or_default();
                    let message = draft.stored(seq, rev, None);
                    Ok(Appended {
                        message,
                        is_new: false,
                    })
                };
                return Ok(drafts.iter().map(answer).collect());
            }
            Err(error) => return Err(error),
        }
        let answers = self.append_with_bugs(drafts).await?;
        match self.happens(self.failing) {
            true => Err(failure()),
            false => Ok(answers),
        }
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

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        self.enter().await?;
        self.store.heads(conversations).await
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        self.enter().await?;
        let mut found = self.store.changes(since, limit).await?;
        if self.has(Seeded::WallClockForOrder) {
            for changes in &mut found {
                // Numbered anew, as whoever orders by clocks would.
                let mut numbers: Vec<_> = changes.messages.iter().map(|m| (m.seq, m.rev)).collect();
                numbers.sort_unstable();
                by_clock(&mut changes.messages);
                for (message, (seq, rev)) in changes.messages.iter_mut().zip(numbers) {
                    (message.seq, message.rev) = (seq, rev);
                }
            }
        }
        Ok(found)
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        self.store.search(viewer, query).await
    }
}

#[async_trait]
impl ConversationStore for NodeStore {
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError> {
        self.store.create(new).await
    }

    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError> {
        ConversationStore::find(&self.store, id, viewer).await
    }

    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        self.store.members(id, viewer, after, limit).await
    }

    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError> {
        self.store.change(change).await
    }

    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError> {
        let mut answers = self.store.mark(marks).await?;
        if self.has(Seeded::MarkWithoutMax) {
            for (mark, answer) in marks.iter().zip(&mut answers) {
                if let Ok(marked) = answer {
                    marked.markers.read = mark.seq;
                }
            }
        }
        Ok(answers)
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        self.enter().await?;
        self.store.memberships(user).await
    }

    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError> {
        self.enter().await?;
        self.store.join_counts(users).await
    }

    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        self.store.acquainted(viewer, among).await
    }

    async fn unreached(
        &self,
        id: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        self.store.unreached(id, seq, after, limit).await
    }

    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError> {
        self.store.inbox(user, after, limit).await
    }
}
