//! How far members have received and read.

use std::sync::Arc;

use async_trait::async_trait;

use crate::chat::combiner::Work;
use crate::chat::within::within;
use crate::chat::{Chat, Error};
use crate::hub::{Connection, Hub};
use crate::id::{ConversationId, Seq, UserId};
use crate::model::{ConversationKind, Mark, MarkKind, Marked};
use crate::protocol::{Event, Limits, MarkersView};
use crate::store::ConversationStore;

impl Chat {
    /// Moves a marker of one's own; markers of many are written together.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::NotMember`](crate::model::Refusal::NotMember),
    /// [`Refusal::PastHead`](crate::model::Refusal::PastHead).
    pub async fn mark(
        &self,
        user: &UserId,
        conversation: ConversationId,
        kind: MarkKind,
        seq: Seq,
    ) -> Result<Marked, Error> {
        self.shared
            .marks
            .call(Mark {
                conversation,
                user: user.clone(),
                kind,
                seq,
            })
            .await
    }

    /// As [`mark`](Self::mark), over the connection `from`; `done` is told, soon and on another task.
    pub(crate) fn submit_mark(
        &self,
        mark: Mark,
        from: Arc<Connection>,
        done: impl FnOnce(Result<Marked, Error>) + Send + 'static,
    ) {
        let marks = &self.shared.marks;
        marks.submit(mark, Some(from), Box::new(done));
    }
}

/// Writes marks and tells whoever is to hear of them.
#[derive(Debug)]
pub(super) struct MarkWork {
    conversations: Arc<dyn ConversationStore>,
    hub: Hub,
    limits: Limits,
}

impl MarkWork {
    pub(super) fn new(
        conversations: Arc<dyn ConversationStore>,
        hub: Hub,
        limits: &Limits,
    ) -> Self {
        Self {
            conversations,
            hub,
            limits: limits.clone(),
        }
    }

    /// In direct conversations and small groups everyone hears of it, else one's own devices:
    /// every member's markers to every member would be the square of a large group. Nor does the other side of a
    /// block.
    fn tell(&self, mark: &Mark, marked: &Marked) {
        let view = MarkersView::new(mark.conversation, mark.user.clone(), marked.markers);
        if marked.barred {
            let moved = Event::MarkerMoved(view);
            return self.hub.publish_to_user(&mark.user, &moved);
        }
        let small = marked.member_count <= self.limits.marker_members;
        if marked.kind == ConversationKind::Direct || small {
            self.hub
                .publish(mark.conversation, [Event::MarkerMoved(view)]);
        } else {
            self.hub
                .publish_to_user(&mark.user, &Event::MarkerMoved(view));
        }
    }
}

#[async_trait]
impl Work for MarkWork {
    type Request = Mark;
    type Answer = Marked;
    type Lane = ConversationId;

    fn lane(mark: &Mark) -> ConversationId {
        mark.conversation
    }

    fn is_held(_answer: &Result<Marked, Error>) -> bool {
        false
    }

    async fn work(&self, marks: &[Mark]) -> Vec<Result<Marked, Error>> {
        let written = within(self.limits.store_timeout, self.conversations.mark(marks)).await;
        let error = match written {
            Ok(Ok(answers)) => {
                let answers = answers.into_iter();
                return answers.map(|answer| Ok(answer?)).collect();
            }
            Ok(Err(error)) => Error::from(error),
            Err(_) => Error::Timeout,
        };
        tracing::warn!(
            marks = marks.len(),
            error = &error as &dyn std::error::Error,
            "markers were not moved"
        );
        marks.iter().map(|_| Err(error.clone())).collect()
    }

    fn publish(&self, marks: &[Mark], answers: &[Result<Marked, Error>]) {
        for (mark, answer) in marks.iter().zip(answers) {
            if let Ok(marked) = answer
                && marked.moved
            {
                self.tell(mark, marked);
            }
        }
    }
}
