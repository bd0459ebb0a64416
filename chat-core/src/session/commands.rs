//! What each command does.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;

use crate::auth::{AuthError, Credential};
use crate::id::{ConversationId, MessageId, UserId};
use crate::model::{Mark, MarkKind, Presence, RevisionKind};
use crate::protocol::{
    Acked, Authenticate, CallCommand, Code, Command, MarkCommand, Reply, Request, RequestId,
    SendMessage, Typing,
};
use crate::session::{Session, error_reply};

/// How many conversations' typing is remembered.
const MAX_TYPING: usize = 64;

/// A command under way, in memory of its own size: an idle connection has no room for any.
type Doing<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl Session {
    pub(super) fn carry_out(&mut self, request: Request) -> Doing<'_> {
        let Request { id, command } = request;
        match command {
            Command::Message(message) => Box::pin(self.send_message(id, message)),
            Command::Edit(edit) => {
                let place = (edit.conversation_id, edit.message_id);
                Box::pin(self.revise(id, place, RevisionKind::Edit(edit.content)))
            }
            Command::Delete(delete) => {
                let place = (delete.conversation_id, delete.message_id);
                Box::pin(self.revise(id, place, RevisionKind::Delete))
            }
            Command::React(react) => {
                let place = (react.conversation_id, react.message_id);
                Box::pin(self.revise(id, place, RevisionKind::React(react.reaction)))
            }
            Command::Unreact(react) => {
                let place = (react.conversation_id, react.message_id);
                Box::pin(self.revise(id, place, RevisionKind::Unreact(react.reaction)))
            }
            Command::Typing(typing) => Box::pin(self.typing(id, typing)),
            Command::Mark(kind, mark) => Box::pin(self.mark(id, kind, mark)),
            Command::Call(call) => Box::pin(self.call(id, call)),
            Command::Resume(resume) => Box::pin(self.resume(id, resume)),
            Command::Watch(watch) => Box::pin(self.watch(id, watch.user_ids)),
            Command::Unwatch(watch) => {
                self.chat.hub().unwatch(&self.connection, &watch.user_ids);
                self.acknowledge(id);
                Box::pin(ready(()))
            }
            Command::Authenticate(authenticate) => Box::pin(self.authenticate(id, authenticate)),
            Command::Ping => {
                self.outbox().send(&Reply::Pong { id });
                Box::pin(ready(()))
            }
        }
    }

    fn acknowledge(&self, id: Option<RequestId>) {
        self.outbox().send(&Reply::Ack { id, message: None });
    }

    /// Hands a message on; its reply follows when it is durable. While too many are under way, the
    /// connection's further frames wait.
    async fn send_message(&self, id: Option<RequestId>, message: SendMessage) {
        let Ok(permit) = Arc::clone(&self.sends).acquire_owned().await else {
            return;
        };
        let (conversation, body) = message.into_parts();
        let draft = match self
            .chat
            .draft(&self.identity.user, conversation, body)
            .await
        {
            Ok(draft) => draft,
            Err(error) => return self.refuse(id, &error),
        };
        let connection = Arc::clone(&self.connection);
        let from = Arc::clone(&connection);
        self.chat.submit(draft, from, move |result| {
            let reply = match &result {
                Ok(appended) => Reply::Ack {
                    id,
                    message: Some(Acked::from(appended)),
                },
                Err(error) => error_reply(id, error),
            };
            connection.outbox().send(&reply);
            drop(permit);
        });
    }

    async fn revise(
        &self,
        id: Option<RequestId>,
        (conversation, message): (ConversationId, MessageId),
        kind: RevisionKind,
    ) {
        let actor = &self.identity.user;
        match self.chat.revise(actor, conversation, message, kind).await {
            Ok(revised) => self.outbox().send(&Reply::Ack {
                id,
                message: Some(Acked::from(&revised)),
            }),
            Err(error) => self.refuse(id, &error),
        }
    }

    /// Tells the others, at most once in a while; the subscription proves the membership.
    async fn typing(&mut self, id: Option<RequestId>, typing: Typing) {
        let conversation = typing.conversation_id;
        if !self
            .chat
            .hub()
            .is_subscribed(&self.connection, conversation)
        {
            return self.refuse_with(id, Code::NotFound, "no such conversation");
        }
        if self.typing_is_due(conversation, typing.active) {
            self.chat
                .typing(conversation, &self.identity.user, typing.active)
                .await;
        }
    }

    fn typing_is_due(&mut self, conversation: ConversationId, active: bool) -> bool {
        let now = Instant::now();
        let interval = self.chat.limits().typing_interval;
        self.typing
            .retain(|_, told| now.duration_since(*told) < interval);
        if !active {
            return self.typing.remove(&conversation).is_some();
        }
        if self.typing.len() >= MAX_TYPING || self.typing.contains_key(&conversation) {
            return false;
        }
        self.typing.insert(conversation, now);
        true
    }

    async fn mark(&self, id: Option<RequestId>, kind: MarkKind, mark: MarkCommand) {
        let Ok(permit) = Arc::clone(&self.sends).acquire_owned().await else {
            return;
        };
        let connection = Arc::clone(&self.connection);
        let from = Arc::clone(&connection);
        let user = self.identity.user.clone();
        let mark = Mark {
            conversation: mark.conversation_id,
            user,
            kind,
            seq: mark.seq,
        };
        self.chat.submit_mark(mark, from, move |result| {
            let reply = match &result {
                Ok(_) => Reply::Ack { id, message: None },
                Err(error) => error_reply(id, error),
            };
            connection.outbox().send(&reply);
            drop(permit);
        });
    }

    async fn call(&self, id: Option<RequestId>, call: CallCommand) {
        let signal = call.into_signal(self.identity.user.clone());
        let here = Some(self.connection.id());
        match self.chat.signal(signal, here).await {
            Ok(()) => self.acknowledge(id),
            Err(error) => self.refuse(id, &error),
        }
    }

    async fn watch(&self, id: Option<RequestId>, users: Vec<UserId>) {
        if users.len() > self.chat.limits().watched_users {
            return self.refuse_with(id, Code::LimitExceeded, "too many users to watch");
        }
        let asked = id.clone();
        let answer = |users: Vec<Presence>| {
            let users = users.into_iter().map(Into::into).collect();
            self.outbox()
                .send(&Reply::PresenceState { id: asked, users });
        };
        let watched = self.chat.hub().watch(&self.connection, &users, answer);
        if let Err(error) = watched.await {
            self.refuse(id, &error.into());
        }
    }

    /// Takes a fresh credential of the same user and login; a bad one changes nothing.
    async fn authenticate(&mut self, id: Option<RequestId>, shown: Authenticate) {
        let credential = match (&shown.token, &shown.ticket) {
            (Some(token), None) => Credential::Bearer(token),
            (None, Some(ticket)) => Credential::Ticket(ticket),
            _ => return self.refuse_with(id, Code::InvalidType, "either a token or a ticket"),
        };
        match self.config.authenticator.authenticate(credential).await {
            Ok(fresh) if fresh.user == self.identity.user && fresh.login == self.identity.login => {
                self.subscription.renew(fresh.expires_at);
                self.identity = fresh;
                self.acknowledge(id);
            }
            Ok(_) | Err(AuthError::Invalid) => {
                self.refuse_with(id, Code::InvalidToken, "not a credential of this session");
            }
            Err(AuthError::Expired) => {
                self.refuse_with(id, Code::TokenExpired, "the credential has expired");
            }
            Err(AuthError::Unavailable(_)) => {
                self.refuse_with(
                    id,
                    Code::StorageUnavailable,
                    "the credential cannot be checked now",
                );
            }
        }
    }
}
