//! Sending messages and reading them back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::chat::combiner::Work;
use crate::chat::notices::Notices;
use crate::chat::within::within;
use crate::chat::{Chat, Error, validate};
use crate::hub::{Connection, Hub};
use crate::id::{ConversationId, MessageId, Timestamp, UserId};
use crate::model::{
    Appended, Attachment, Changes, Conversation, ConversationKind, Draft, Markers, Member, Message,
    MessageKind, MessageStatus, Profile, Refusal,
};
use crate::policy::Action;
use crate::protocol::{Code, Event, MessageBody, MessageView};
use crate::store::{MessageStore, Since, Window};

/// Which part of a history to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Which part.
    pub window: Window,
    /// How many messages; [`Limits::page`](crate::protocol::Limits::page) if none is given.
    pub limit: Option<usize>,
}

/// A page of history with what it takes to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The conversation.
    pub conversation: Conversation,
    /// The reader's own membership.
    pub me: Member,
    /// The messages, oldest first, with their status for the reader's own.
    pub messages: Vec<(Message, Option<MessageStatus>)>,
    /// The senders.
    pub users: Vec<Profile>,
    /// The other members, where there are few enough for their markers to be told.
    pub others: Vec<Member>,
}

impl Chat {
    /// Sends a message and waits until it is durable.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Store`], [`Error::Timeout`] or [`Error::Busy`] repeat it under the
    /// same client id.
    ///
    /// # Cancel safety
    /// A dropped call may send the message.
    pub async fn send(
        &self,
        sender: &UserId,
        conversation: ConversationId,
        body: MessageBody,
    ) -> Result<Appended, Error> {
        let draft = self.draft(sender, conversation, body).await?;
        self.shared.appends.call(draft).await
    }

    /// Sends a draft that came over the connection `from`; `done` is told, soon and on another task, in the order of
    /// the calls.
    pub(crate) fn submit(
        &self,
        draft: Draft,
        from: Arc<Connection>,
        done: impl FnOnce(Result<Appended, Error>) + Send + 'static,
    ) {
        let appends = &self.shared.appends;
        appends.submit(draft, Some(from), Box::new(done));
    }

    /// Makes a draft: checked, within the sender's rate, and with the policy's consent. For hosts
    /// that append it in a transaction of their own and [`publish`](Self::publish) afterwards.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn draft(
        &self,
        sender: &UserId,
        conversation: ConversationId,
        body: MessageBody,
    ) -> Result<Draft, Error> {
        validate::message_text(
            &body.content,
            &self.shared.limits,
            !body.upload_ids.is_empty(),
        )?;
        self.shared.send_rate.take(sender)?;
        let attachments = self.attachments(sender, &body).await?;
        let mut draft = Draft {
            id: MessageId::new(),
            conversation,
            sender: sender.clone(),
            client_id: body.client_id,
            kind: kind_of(body.message_type, &attachments)?,
            text: body.content,
            attachments,
            reply_to: body.reply_to_id,
            at: Timestamp::now(),
            blind: None,
        };
        if let Some(text) = self.ask(sender, Action::Send(&draft)).await? {
            validate::message_text(&text, &self.shared.limits, !draft.attachments.is_empty())?;
            draft.text = text;
        }
        Ok(draft)
    }

    /// Tells what a transaction of the host appended, once it is committed. What is never told,
    /// because the process died, is told when something else of its conversation is.
    pub fn publish<'a>(&self, appended: impl IntoIterator<Item = &'a Appended>) {
        publish(&self.shared.hub, self.shared.notices.as_ref(), appended);
    }

    async fn attachments(
        &self,
        sender: &UserId,
        body: &MessageBody,
    ) -> Result<Vec<Attachment>, Error> {
        let ids = &body.upload_ids;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        if ids.len() > self.shared.limits.attachments {
            return Err(Error::invalid(
                Code::LimitExceeded,
                "upload_ids",
                "too many uploads for one message",
            ));
        }
        let uploads = self.shared.uploads.owned(sender, ids).await?;
        if uploads.len() != ids.len() {
            return Err(Refusal::UnknownUpload.into());
        }
        Ok(uploads
            .iter()
            .map(crate::model::Upload::attachment)
            .collect())
    }

    /// A page of history.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::NotMember`] for whoever is not in the conversation.
    pub async fn history(
        &self,
        viewer: &UserId,
        id: ConversationId,
        query: HistoryQuery,
    ) -> Result<History, Error> {
        let limit = self.page(query.limit)?;
        let found = self.shared.conversations.find(id, viewer).await?;
        let (conversation, me) = found.ok_or(Refusal::NotMember)?;
        let messages = self
            .shared
            .messages
            .history(id, viewer, query.window, limit)
            .await?;
        let messages = messages.ok_or(Refusal::NotMember)?;
        let others = self.marked_members(&conversation, viewer).await?;
        let users = self
            .profiles(messages.iter().map(|message| &message.sender))
            .await?;
        let markers: Vec<Markers> = others.iter().map(|member| member.markers).collect();
        let status = |message: &Message| {
            let known = !others.is_empty() && message.sender == *viewer;
            known.then(|| MessageStatus::derive(message.seq, markers.iter().copied()))
        };
        let messages = messages
            .into_iter()
            .map(|message| (status(&message), message));
        let messages = messages
            .map(|(status, message)| (message, status))
            .collect();
        Ok(History {
            conversation,
            me,
            messages,
            users,
            others,
        })
    }

    /// What changed behind each place; the caller knows who may see it.
    pub(crate) async fn changes(
        &self,
        since: &[Since],
        limit: usize,
    ) -> Result<Vec<Changes>, Error> {
        Ok(self.shared.messages.changes(since, limit).await?)
    }

    /// The other members, where their markers are told: in direct conversations and small groups.
    async fn marked_members(
        &self,
        conversation: &Conversation,
        viewer: &UserId,
    ) -> Result<Vec<Member>, Error> {
        let few = conversation.member_count <= self.shared.limits.marker_members;
        if conversation.kind != ConversationKind::Direct && !few {
            return Ok(Vec::new());
        }
        let limit = self.shared.limits.marker_members as usize;
        let members = self
            .shared
            .conversations
            .members(conversation.id, viewer, None, limit)
            .await?;
        let others = members
            .unwrap_or_default()
            .into_iter()
            .filter(|member| member.user != *viewer);
        Ok(others.collect())
    }

    /// A page's length: the one asked for, if it may be.
    pub(super) fn page(&self, asked: Option<usize>) -> Result<usize, Error> {
        let limits = &self.shared.limits;
        match asked {
            None => Ok(limits.page),
            Some(asked) if (1..=limits.max_page).contains(&asked) => Ok(asked),
            Some(_) => Err(Error::invalid(
                Code::InvalidQuery,
                "limit",
                "a limit is 1 to 200",
            )),
        }
    }
}

/// A message's kind: told by what is attached; what the sender says must agree.
fn kind_of(asked: Option<MessageKind>, attachments: &[Attachment]) -> Result<MessageKind, Error> {
    let mut kinds = attachments.iter().map(|held| held.content_type.kind());
    let kind = match kinds.next() {
        None => MessageKind::Text,
        Some(first) if kinds.all(|kind| kind == first) => first.into(),
        Some(_) => MessageKind::File,
    };
    match asked {
        Some(asked) if asked != kind => {
            let detail = "a message without uploads is a text; with uploads of one kind it is of that kind, else a file";
            Err(Error::invalid(Code::InvalidType, "message_type", detail))
        }
        _ => Ok(kind),
    }
}

/// Tells the new messages among these, each conversation's in one go.
fn publish<'a>(
    hub: &Hub,
    notices: Option<&Notices>,
    appended: impl IntoIterator<Item = &'a Appended>,
) {
    let mut noted = Vec::new();
    let new = appended.into_iter().filter(|appended| appended.is_new);
    let mut new: Vec<&Message> = new.map(|appended| &appended.message).collect();
    metrics::counter!("chat_messages_total").increment(new.len() as u64);
    // Those of a conversation stay in order.
    new.sort_by_key(|message| message.conversation);
    for told in new.chunk_by(|one, next| one.conversation == next.conversation) {
        let events = told.iter().map(|message| Event::MessageCreated {
            message: MessageView::from((*message).clone()),
        });
        hub.publish(told[0].conversation, events);
        if notices.is_some() {
            noted.extend(
                told.iter()
                    .map(|message| (message.conversation, message.seq)),
            );
        }
    }
    if let Some(notices) = notices {
        notices.note(noted);
    }
}

/// Appends drafts and publishes what was committed.
#[derive(Debug)]
pub(super) struct AppendWork {
    pub(super) messages: Arc<dyn MessageStore>,
    pub(super) hub: Hub,
    pub(super) notices: Option<Notices>,
    pub(super) timeout: Duration,
}

impl AppendWork {
    /// The batch may have been stored although nobody knows: the topics look for themselves.
    fn check(&self, drafts: &[Draft]) {
        let conversations: std::collections::BTreeSet<_> =
            drafts.iter().map(|draft| draft.conversation).collect();
        for conversation in conversations {
            self.hub.check(conversation);
        }
    }
}

#[async_trait]
impl Work for AppendWork {
    type Request = Draft;
    type Answer = Appended;
    type Lane = ConversationId;

    fn lane(draft: &Draft) -> ConversationId {
        draft.conversation
    }

    fn is_held(answer: &Result<Appended, Error>) -> bool {
        matches!(answer, Err(Error::Refused(Refusal::Held)))
    }

    async fn work(&self, drafts: &[Draft]) -> Vec<Result<Appended, Error>> {
        let begun = Instant::now();
        let appended = within(self.timeout, self.messages.append(drafts)).await;
        metrics::histogram!("chat_append_seconds").record(begun.elapsed());
        metrics::histogram!("chat_append_drafts").record(drafts.len() as f64);
        let error = match appended {
            Ok(Ok(answers)) => {
                let answers = answers.into_iter();
                return answers.map(|answer| Ok(answer?)).collect();
            }
            Ok(Err(error)) => Error::from(error),
            Err(_) => Error::Timeout,
        };
        tracing::warn!(
            drafts = drafts.len(),
            error = &error as &dyn std::error::Error,
            "a batch was not appended"
        );
        self.check(drafts);
        drafts.iter().map(|_| Err(error.clone())).collect()
    }

    fn publish(&self, _drafts: &[Draft], answers: &[Result<Appended, Error>]) {
        publish(&self.hub, self.notices.as_ref(), answers.iter().flatten());
    }
}
