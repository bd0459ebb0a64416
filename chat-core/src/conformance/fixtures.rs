//! What cases are made of.

use crate::conformance::Ports;
use crate::id::{
    ClientId, ConversationId, LoginId, MessageId, Rev, Seq, Timestamp, UploadId, UserId,
};
use crate::model::{
    Account, Appended, Change, ChangeKind, Changed, Changes, Created, Draft, Login, Mark, MarkKind,
    Marked, MediaType, Message, MessageKind, NewConversation, Purpose, Refusal, Upload,
};
use crate::store::{Since, Window};

pub(super) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(super) fn seq(number: i64) -> Seq {
    Seq::new(number).unwrap()
}

pub(super) fn rev(number: i64) -> Rev {
    Rev::new(number).unwrap()
}

/// A moment that many millisecond after another fixed one.
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

pub(super) fn account(name: &str) -> Account {
    Account {
        id: user(&format!("id-{name}")),
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        phone: None,
        display_name: format!("Display {name}"),
        avatar: None,
        password_hash: "hash".to_owned(),
        disabled: false,
        created_at: at(0),
    }
}

pub(super) fn login(name: &str, refreshed: i64) -> Login {
    Login {
        id: LoginId::new(),
        user: user(name),
        generation: 1,
        created_at: at(0),
        refreshed_at: at(refreshed),
        expires_at: at(1_000_000),
        device: Some("a device".to_owned()),
    }
}

pub(super) fn upload(owner: &str, purpose: Purpose, created: i64) -> Upload {
    Upload {
        id: UploadId::new(),
        owner: user(owner),
        purpose,
        content_type: MediaType::Png,
        size: 1_000,
        width: Some(640),
        height: Some(480),
        name: None,
        has_thumbnail: true,
        url: None,
        created_at: at(created),
    }
}

pub(super) fn draft(conversation: ConversationId, sender: &str, text: &str) -> Draft {
    Draft {
        id: MessageId::new(),
        conversation,
        sender: user(sender),
        client_id: None,
        kind: MessageKind::Text,
        text: text.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: at(1_000),
        blind: None,
    }
}

pub(super) fn named(draft: Draft, client_id: &str) -> Draft {
    Draft {
        client_id: Some(ClientId::new(client_id).unwrap()),
        ..draft
    }
}

impl Ports {
    pub(super) async fn direct(&self, creator: &str, peer: &str) -> Created {
        let new = NewConversation::Direct {
            id: ConversationId::new(),
            creator: user(creator),
            peer: user(peer),
            at: at(0),
        };
        self.conversations.create(&new).await.unwrap()
    }

    pub(super) async fn group(&self, creator: &str, members: &[&str]) -> ConversationId {
        self.group_at(creator, members, 0).await
    }

    pub(super) async fn group_at(
        &self,
        creator: &str,
        members: &[&str],
        millis: i64,
    ) -> ConversationId {
        let new = NewConversation::Group {
            id: ConversationId::new(),
            creator: user(creator),
            name: "A group".to_owned(),
            members: members.iter().map(|name| user(name)).collect(),
            at: at(millis),
        };
        self.conversations
            .create(&new)
            .await
            .unwrap()
            .conversation
            .id
    }

    /// Appends; drafts whose conversation somebody else held are appended again, each alone.
    pub(super) async fn append(&self, drafts: &[Draft]) -> Vec<Result<Appended, Refusal>> {
        let mut answers = self.messages.append(drafts).await.unwrap();
        for (answer, draft) in answers.iter_mut().zip(drafts) {
            if *answer == Err(Refusal::Held) {
                let alone = self.messages.append(std::slice::from_ref(draft)).await;
                *answer = alone.unwrap().remove(0);
            }
        }
        answers
    }

    pub(super) async fn try_send(&self, draft: Draft) -> Result<Appended, Refusal> {
        self.append(&[draft]).await.remove(0)
    }

    pub(super) async fn send(
        &self,
        conversation: ConversationId,
        sender: &str,
        text: &str,
    ) -> Message {
        self.try_send(draft(conversation, sender, text))
            .await
            .unwrap()
            .message
    }

    pub(super) async fn send_many(&self, conversation: ConversationId, sender: &str, count: usize) {
        let drafts: Vec<Draft> = (1..=count)
            .map(|n| draft(conversation, sender, &n.to_string()))
            .collect();
        assert!(self.append(&drafts).await.iter().all(Result::is_ok));
    }

    pub(super) async fn change(
        &self,
        conversation: ConversationId,
        actor: &str,
        kind: ChangeKind,
    ) -> Result<Changed, Refusal> {
        let change = Change {
            conversation,
            actor: user(actor),
            kind,
            at: at(500),
            max_members: 256,
        };
        self.conversations.change(&change).await.unwrap()
    }

    pub(super) async fn mark(
        &self,
        conversation: ConversationId,
        name: &str,
        kind: MarkKind,
        to: i64,
    ) -> Result<Marked, Refusal> {
        let mark = Mark {
            conversation,
            user: user(name),
            kind,
            seq: seq(to),
        };
        self.conversations.mark(&[mark]).await.unwrap().remove(0)
    }

    pub(super) async fn seqs(
        &self,
        conversation: ConversationId,
        viewer: &str,
        window: Window,
        limit: usize,
    ) -> Option<Vec<i64>> {
        let history = self
            .messages
            .history(conversation, &user(viewer), window, limit)
            .await
            .unwrap();
        history.map(|messages| messages.iter().map(|message| message.seq.get()).collect())
    }

    pub(super) async fn texts(&self, conversation: ConversationId, viewer: &str) -> Vec<String> {
        let history = self
            .messages
            .history(conversation, &user(viewer), Window::Latest, 1_000)
            .await
            .unwrap();
        history
            .unwrap()
            .into_iter()
            .map(|message| message.text)
            .collect()
    }

    pub(super) async fn changes_of(
        &self,
        conversation: ConversationId,
        since: i64,
        limit: usize,
    ) -> Changes {
        let place = Since {
            conversation,
            rev: rev(since),
        };
        self.messages
            .changes(&[place], limit)
            .await
            .unwrap()
            .remove(0)
    }
}
