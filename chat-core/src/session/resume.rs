//! Resume: from the revs that a client has to everything it missed, without a hole or a double.
//!
//! Live frames are held back; then each topic is asked how far it has gone out. What the store has
//! up to there is sent, then the held frames follow, which are all later.

use std::collections::{HashMap, HashSet};

use crate::chat::Error;
use crate::defects::{self, Defect};
use crate::hub::Position;
use crate::id::{ConversationId, Rev};
use crate::model::{Changes, Membership};
use crate::protocol::{ChangesView, Code, MarkersView, Reply, RequestId, Resume};
use crate::session::Session;
use crate::store::Since;

/// Conversations that are read at once.
const READ: usize = 50;

impl Session {
    pub(super) async fn resume(&mut self, id: Option<RequestId>, resume: Resume) {
        let limits = self.chat.limits();
        if resume.revs.len() > limits.resume_conversations
            || self.resume.len() + resume.revs.len() > limits.conversations.saturating_mul(2)
        {
            self.resume = HashMap::new();
            return self.refuse_with(
                id,
                Code::LimitExceeded,
                "too many conversations to resume at once",
            );
        }
        self.resume.extend(resume.revs);
        if resume.more {
            return self.outbox().send(&Reply::Ack { id, message: None });
        }
        let known = std::mem::take(&mut self.resume);
        if !defects::is_on(Defect::ResumeReadsBeforeSubscribing) {
            self.outbox().hold();
        }
        let done = self.send_missed(id.clone(), known, resume.epoch).await;
        if let Err(error) = done {
            self.refuse(id, &error);
        }
        self.outbox().release();
    }

    async fn send_missed(
        &self,
        id: Option<RequestId>,
        known: HashMap<ConversationId, Rev>,
        epoch: Option<crate::id::Epoch>,
    ) -> Result<(), Error> {
        let turn = self.chat.turn().await?;
        let current = self.chat.epoch().await?;
        let positions = self.chat.hub().positions(&self.connection);
        let memberships = self.chat.memberships(&self.identity.user).await?;
        if defects::is_on(Defect::ResumeReadsBeforeSubscribing) {
            self.outbox().hold();
        }
        // A client that reads slowly keeps nobody's turn.
        drop(turn);
        let memberships: HashMap<_, _> = memberships
            .into_iter()
            .map(|m| (m.conversation, m))
            .collect();
        let same_epoch = epoch == Some(current);
        let behind: Vec<(Position, Rev)> = positions
            .iter()
            .map(|position| {
                let since = known
                    .get(&position.conversation)
                    .copied()
                    .filter(|_| same_epoch);
                (*position, since.unwrap_or(Rev::ZERO))
            })
            .filter(|(position, since)| *since < position.rev)
            .collect();
        for some in behind.chunks(READ) {
            self.send_changes(some, &memberships).await?;
        }
        let present: HashSet<_> = positions
            .iter()
            .map(|position| position.conversation)
            .collect();
        let left = known
            .into_keys()
            .filter(|conversation| !present.contains(conversation))
            .collect();
        let markers = positions
            .iter()
            .filter_map(|position| memberships.get(&position.conversation));
        let markers = markers
            .flat_map(|membership| self.markers(membership))
            .collect();
        self.outbox().room().await;
        self.outbox().send(&Reply::Resumed {
            id,
            epoch: current,
            left,
            markers,
        });
        Ok(())
    }

    /// One `changes` frame per conversation, as fast as the socket takes them.
    async fn send_changes(
        &self,
        behind: &[(Position, Rev)],
        memberships: &HashMap<ConversationId, Membership>,
    ) -> Result<(), Error> {
        let since: Vec<Since> = behind
            .iter()
            .map(|(position, since)| Since {
                conversation: position.conversation,
                rev: *since,
            })
            .collect();
        let turn = self.chat.turn().await?;
        let found = self
            .chat
            .changes(&since, self.chat.limits().resume_rows)
            .await?;
        drop(turn);
        let found = found
            .into_iter()
            .map(|changes| (changes.conversation.id, changes));
        let mut found: HashMap<_, _> = found.collect();
        for (position, since) in behind {
            let changes = found.remove(&position.conversation);
            let membership = memberships.get(&position.conversation);
            if let (Some(changes), Some(membership)) = (changes, membership) {
                self.outbox().room().await;
                self.outbox().send(&Reply::Changes(view(
                    changes, *position, *since, membership,
                )));
            }
        }
        Ok(())
    }

    fn markers(&self, membership: &Membership) -> Vec<MarkersView> {
        let conversation = membership.conversation;
        let mine = MarkersView::new(conversation, self.identity.user.clone(), membership.markers);
        let peer = membership.peer.clone();
        let theirs = peer.map(|(user, markers)| MarkersView::new(conversation, user, markers));
        std::iter::once(mine).chain(theirs).collect()
    }
}

/// What the client is to know: up to where the topic is, and of the messages those it may see.
fn view(changes: Changes, position: Position, since: Rev, membership: &Membership) -> ChangesView {
    let reached = position.rev;
    let members = changes
        .members
        .into_iter()
        .filter(|member| member.rev <= reached);
    let messages = changes.messages.into_iter();
    let messages =
        messages.filter(|message| message.rev <= reached && message.seq > membership.visible_from);
    // After a reset the client loads what there is now: everything up to the head is known by then.
    let rev = if changes.truncated {
        changes.conversation.rev.max(reached)
    } else {
        reached
    };
    ChangesView {
        since,
        rev,
        reset: changes.truncated,
        members: members.map(Into::into).collect(),
        messages: messages.map(Into::into).collect(),
        conversation: changes.conversation.into(),
    }
}
