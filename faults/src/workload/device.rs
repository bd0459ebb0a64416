//! One device: a client that is connected all the time and takes down everything it is handed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat_client::{Client, Delivery, Rest, Sender};
use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::protocol::{ChangesView, Event, HistoryPage, MemberView, MessageView};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::history::{History, Kind, Op, Payload, Record};

/// How far a device is in each conversation. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    seqs: Arc<Mutex<HashMap<ConversationId, Seq>>>,
}

impl Progress {
    /// The last message that it was handed, or that lies before its user's time.
    #[must_use]
    pub fn of(&self, conversation: ConversationId) -> Seq {
        let seqs = self.seqs.lock().unwrap_or_else(PoisonError::into_inner);
        seqs.get(&conversation).copied().unwrap_or_default()
    }

    fn reach(&self, conversation: ConversationId, seq: Seq) {
        let mut seqs = self.seqs.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seqs.entry(conversation).or_default();
        *last = seq.max(*last);
    }
}

/// A connected device; it disconnects when dropped.
#[derive(Debug)]
pub struct Device {
    /// Its number in the history.
    pub number: u32,
    /// Its user's place in the cast.
    pub user: usize,
    /// What it sends with.
    pub sender: Sender,
    /// How far it is.
    pub progress: Progress,
    task: JoinHandle<()>,
}

impl Device {
    /// Connects a device to one of the nodes at `bases`, first to the one of its number, and takes down what
    /// comes.
    #[must_use]
    pub fn connect(
        number: u32,
        user: usize,
        rest: &Rest,
        bases: &[String],
        history: &History,
    ) -> Self {
        let mut bases = bases.to_vec();
        let first = number as usize % bases.len().max(1);
        bases.rotate_left(first);
        let client = Client::connect_any(rest, bases.clone());
        let (sender, progress) = (client.sender(), Progress::default());
        let listener = Listener {
            number,
            rest: rest.clone(),
            bases,
            history: history.clone(),
            progress: progress.clone(),
        };
        Self {
            number,
            user,
            sender,
            progress,
            task: tokio::spawn(listener.listen(client)),
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Listener {
    number: u32,
    rest: Rest,
    bases: Vec<String>,
    history: History,
    progress: Progress,
}

impl Listener {
    async fn listen(self, mut client: Client) {
        if let Some(user) = self.rest.user() {
            let hello = self.record(Op::Connect, Kind::Invoke).user(user.clone());
            self.history.note(hello).await;
        }
        while let Some(delivery) = client.next().await {
            match delivery {
                Delivery::Event(event) => self.event(event).await,
                Delivery::Changes(changes) => self.changes(changes).await,
                Delivery::Live => self.note(Op::Connect, Kind::Ok, "live").await,
                Delivery::Lost { code } => {
                    // Without a close frame it is 1006 (RFC 6455, section 7.1.5).
                    let code = code.unwrap_or(1006).to_string();
                    self.note(Op::Connect, Kind::Info, code).await;
                }
                Delivery::Ended(code) => self.note(Op::Connect, Kind::Nack, code.to_string()).await,
                _ => {}
            }
        }
    }

    const fn record(&self, op: Op, kind: Kind) -> Record {
        Record::new(self.number, op, kind)
    }

    async fn note(&self, op: Op, kind: Kind, code: impl Into<String> + Send) {
        let record = self.record(op, kind).code(code);
        self.history.note(record).await;
    }

    async fn event(&self, event: Event) {
        match event {
            Event::MessageCreated { message } => self.message(&message).await,
            Event::MemberUpdated {
                conversation_id,
                member,
            }
            | Event::MemberRemoved {
                conversation_id,
                member,
            } => self.member(conversation_id, member).await,
            Event::ConversationJoined {
                conversation,
                members,
            } => {
                for member in members {
                    self.member(conversation.id, member).await;
                }
                self.progress.reach(conversation.id, conversation.last_seq);
            }
            Event::MarkerMoved(marker) => {
                let record = self.record(Op::Marker, Kind::Ok).user(marker.user_id);
                let record = record.within(marker.conversation_id);
                self.history.note(record.seq(marker.read_seq)).await;
            }
            _ => {}
        }
    }

    async fn message(&self, message: &MessageView) {
        let record = self
            .record(Op::Deliver, Kind::Ok)
            .within(message.conversation_id)
            .of(Payload::of(&message.content))
            .message(message.id)
            .seq(message.seq)
            .rev(message.rev);
        self.history.note(record).await;
        self.progress.reach(message.conversation_id, message.seq);
    }

    async fn member(&self, conversation: ConversationId, member: MemberView) {
        self.history
            .note(of_member(self.number, conversation, member))
            .await;
    }

    async fn changes(&self, changes: ChangesView) {
        let conversation = changes.conversation.id;
        for member in changes.members {
            self.member(conversation, member).await;
        }
        if changes.reset {
            let upto = changes.conversation.last_seq;
            return self.reload(conversation, upto).await;
        }
        for message in &changes.messages {
            self.message(message).await;
        }
        self.progress
            .reach(conversation, changes.conversation.last_seq);
    }

    /// A reset says: load the history again. One who was removed meanwhile is refused it.
    async fn reload(&self, conversation: ConversationId, upto: Seq) {
        let mut tries = self.bases.iter().cycle();
        loop {
            let after = self.progress.of(conversation);
            if after >= upto {
                return;
            }
            let path = format!("conversations/{conversation}/messages?after={after}&limit=200");
            let rest = tries.next().map(|base| self.rest.at(base));
            let rest = rest.as_ref().unwrap_or(&self.rest);
            match rest.get::<HistoryPage>(&path).await {
                Ok(page) => {
                    let rest = page.items.iter().filter(|message| message.seq <= upto);
                    for message in rest {
                        self.message(message).await;
                    }
                    if page.items.is_empty() {
                        return;
                    }
                }
                Err(error) if error.is_retryable() => sleep(Duration::from_millis(50)).await,
                Err(_) => return,
            }
        }
    }
}

/// What a client learned of a member.
pub(super) fn of_member(client: u32, conversation: ConversationId, member: MemberView) -> Record {
    let kind = match member.active {
        true => Kind::Ok,
        false => Kind::Nack,
    };
    let user: UserId = member.user_id;
    Record::new(client, Op::Member, kind)
        .within(conversation)
        .user(user)
        .rev(member.rev)
}
