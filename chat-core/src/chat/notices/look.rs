//! One look at a conversation: who was not reached, and what they are to be told.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::queue::Gathered;
use crate::chat::Error;
use crate::hub::Hub;
use crate::id::{ConversationId, UserId};
use crate::model::{Conversation, Member, Message, MessageKind};
use crate::notify::{Notice, Notifier};
use crate::store::{ConversationStore, MessageStore, PeopleStore, StoreError, Window};

/// How many of the latest messages are read to find one that may be told.
const LATEST: usize = 10;

/// How often the store is asked before a look is given up.
const ATTEMPTS: u32 = 3;

/// How long to wait before it is asked again, once more with each time.
const PAUSE: Duration = Duration::from_secs(1);

/// What a look needs.
#[derive(Debug, Clone)]
pub(in crate::chat) struct Look {
    pub(in crate::chat) conversations: Arc<dyn ConversationStore>,
    pub(in crate::chat) messages: Arc<dyn MessageStore>,
    pub(in crate::chat) people: Arc<dyn PeopleStore>,
    pub(in crate::chat) hub: Hub,
    pub(in crate::chat) notifier: Arc<dyn Notifier>,
    /// How long the notifier may take.
    pub(in crate::chat) timeout: Duration,
    /// How long the store may take.
    pub(in crate::chat) store_timeout: Duration,
    /// How many questions the store may be asked at once.
    pub(in crate::chat) questions: Arc<Semaphore>,
}

/// What there is to tell: the latest messages that still are there, newest first.
struct Subject {
    conversation: Conversation,
    messages: Vec<Message>,
}

/// Counts notices, one for each user.
pub(super) fn count(result: &'static str, users: usize) {
    metrics::counter!("chat_notices_total", "result" => result).increment(users as u64);
}

/// What panicked is told nobody, and ends nothing else.
pub(super) fn note_panic(done: Result<(), JoinError>) {
    if let Err(error) = done {
        count("failed", 1);
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a notifier panicked"
        );
    }
}

impl Look {
    /// How many questions of looks the store answers at once, unless said otherwise.
    pub(in crate::chat) const QUESTIONS: usize = 16;

    /// Tells those who were not reached, a page after the other.
    pub(super) async fn look(&self, gathered: Gathered) {
        if let Err(error) = self.pages(gathered).await {
            count("failed", 1);
            tracing::warn!(
                conversation = %gathered.conversation,
                error = &error as &dyn std::error::Error,
                "who is to be told of messages could not be found out"
            );
        }
    }

    async fn pages(&self, gathered: Gathered) -> Result<(), Error> {
        let mut after: Option<UserId> = None;
        loop {
            let unreached = || {
                let (id, seq) = (gathered.conversation, gathered.last);
                let store = &self.conversations;
                store.unreached(id, seq, after.as_ref(), Notice::USERS)
            };
            let mut page = self.patiently(unreached).await?;
            let is_last = page.len() < Notice::USERS;
            after = page.last().map(|member| member.user.clone());
            self.leave_out_online(&mut page).await;
            // Telling the page before may have taken long: what there is to tell is read again.
            if let Some(subject) = self.subject(gathered, &page).await? {
                self.tell(gathered, &subject, page).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn leave_out_online(&self, members: &mut Vec<Member>) {
        let users: Vec<UserId> = members.iter().map(|member| member.user.clone()).collect();
        let online = self.hub.online(&users).await;
        members.retain(|member| !online.contains(&member.user));
    }

    /// The conversation and its messages as one of those to be told may read them; none if all have left meanwhile.
    async fn subject(
        &self,
        gathered: Gathered,
        members: &[Member],
    ) -> Result<Option<Subject>, Error> {
        let id = gathered.conversation;
        let mut viewers: Vec<&Member> = members.iter().collect();
        // Whoever sees most: a newcomer would be shown nothing of what the others missed.
        viewers.sort_by_key(|member| member.visible_from);
        for viewer in viewers.into_iter().map(|member| &member.user) {
            let find = || self.conversations.find(id, viewer);
            let Some((conversation, _)) = self.patiently(find).await? else {
                continue;
            };
            let window = Window::Before(gathered.last.next());
            let history = || self.messages.history(id, viewer, window, LATEST);
            let Some(mut messages) = self.patiently(history).await? else {
                continue;
            };
            messages.retain(|message| {
                message.seq >= gathered.first && message.kind != MessageKind::Deleted
            });
            messages.reverse();
            return Ok(Some(Subject {
                conversation,
                messages,
            }));
        }
        Ok(None)
    }

    /// Tells each member of the latest message that the member may hear of: not of one's own, nor of somebody's
    /// whom one blocks. All are told at once, so that nobody is told by what was known long ago.
    async fn tell(
        &self,
        gathered: Gathered,
        subject: &Subject,
        mut members: Vec<Member>,
    ) -> Result<(), Error> {
        let mut told_of = JoinSet::new();
        for message in &subject.messages {
            let blockers = self.blockers(&message.sender, &members).await?;
            let hears = |member: &Member| {
                member.user != message.sender
                    && member.markers.delivered < message.seq
                    && !blockers.contains(&member.user)
            };
            let (told, rest): (Vec<Member>, _) = members.into_iter().partition(hears);
            members = rest;
            if !told.is_empty() {
                let sender = std::slice::from_ref(&message.sender);
                let sender = self.patiently(|| self.hub.profiles(sender)).await?.pop();
                told_of.spawn(self.clone().notify(Notice {
                    message: message.clone(),
                    messages: 1 + (gathered.last.get() - gathered.first.get()).unsigned_abs(),
                    conversation: subject.conversation.clone(),
                    sender,
                    users: told.into_iter().map(|member| member.user).collect(),
                }));
            }
            if members.is_empty() {
                break;
            }
        }
        while let Some(told) = told_of.join_next().await {
            note_panic(told);
        }
        Ok(())
    }

    /// Those of the members who block the sender.
    async fn blockers(
        &self,
        sender: &UserId,
        members: &[Member],
    ) -> Result<HashSet<UserId>, Error> {
        let users: Vec<UserId> = members.iter().map(|member| member.user.clone()).collect();
        let blocks = self
            .patiently(|| self.people.blocks(sender, &users))
            .await?;
        let against = blocks.into_iter().filter(|block| block.other == *sender);
        Ok(against.map(|block| block.by).collect())
    }

    async fn notify(self, notice: Notice) {
        let id: ConversationId = notice.conversation.id;
        let result = match timeout(self.timeout, self.notifier.notify(&notice)).await {
            Ok(Ok(())) => "told",
            Ok(Err(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(conversation = %id, error, "members were not told of a message");
                "failed"
            }
            Err(_) => {
                tracing::warn!(conversation = %id, "a notifier did not answer in time");
                "late"
            }
        };
        count(result, notice.users.len());
    }

    /// Asks the store, again if it fails, a few times.
    async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut attempt = 1;
        loop {
            // It is never closed.
            let turn = self.questions.acquire().await;
            let error = match timeout(self.store_timeout, ask()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => Error::from(error),
                Err(_) => Error::Timeout,
            };
            drop(turn);
            if attempt == ATTEMPTS {
                return Err(error);
            }
            sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }
}
