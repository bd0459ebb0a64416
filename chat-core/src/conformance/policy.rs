//! Cases of a [`Policy`]: it decides and does not act, so the same question has the same answer.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::conformance::fixtures::{at, draft, named, user};
use crate::id::{ConversationId, MessageId, UserId};
use crate::model::{ChangeKind, Draft, Reaction, Revision, RevisionKind, Role};
use crate::policy::{Action, Decision, Policy};

/// Longer than any chat waits; shorter than for ever.
const LIMIT: Duration = Duration::from_secs(10);

/// What a chat may ask about, held so that an [`Action`] can borrow it.
#[derive(Debug, Clone)]
enum Question {
    Send(Draft),
    Revise(Revision),
    CreateDirect(UserId),
    CreateGroup(Vec<UserId>),
    Change(ConversationId, ChangeKind),
    Call(ConversationId, UserId),
    Upload(u64),
    SearchUsers,
}

impl Question {
    fn action(&self) -> Action<'_> {
        match self {
            Self::Send(draft) => Action::Send(draft),
            Self::Revise(revision) => Action::Revise(revision),
            Self::CreateDirect(other) => Action::CreateDirect(other),
            Self::CreateGroup(members) => Action::CreateGroup(members),
            Self::Change(id, kind) => Action::Change(*id, kind),
            Self::Call(conversation, to) => Action::Call {
                conversation: *conversation,
                to,
            },
            Self::Upload(bytes) => Action::Upload(*bytes),
            Self::SearchUsers => Action::SearchUsers,
        }
    }

    async fn ask(&self, policy: &dyn Policy, actor: &str) -> Decision {
        let answer = timeout(LIMIT, policy.check(&user(actor), self.action())).await;
        answer.unwrap_or_else(|_| panic!("no answer to {self:?}"))
    }
}

fn sends() -> Vec<Draft> {
    let texts = [
        "hello",
        "",
        "buy cheap pills at https://example.com now!!!",
        "\u{202e}right to left 😀 \u{0}",
        "<script>alert(1)</script>",
    ];
    let long = "long ".repeat(800);
    let id = ConversationId::new();
    let send = |text: &str| named(draft(id, "ada", text), "c1");
    texts.into_iter().chain([long.as_str()]).map(send).collect()
}

fn revisions() -> Vec<Revision> {
    let reaction = || Reaction::new("👍").unwrap();
    let revision = |kind| Revision {
        conversation: ConversationId::new(),
        message: MessageId::new(),
        actor: user("ada"),
        kind,
        at: at(0),
        max_reactions: 50,
        blind_words: None,
    };
    let kinds = [
        RevisionKind::Edit("hello".to_owned()),
        RevisionKind::Edit(String::new()),
        RevisionKind::Delete,
        RevisionKind::React(reaction()),
        RevisionKind::Unreact(reaction()),
    ];
    kinds.map(revision).into()
}

/// A question of every kind, and the bounds of what each may hold.
fn questions() -> Vec<Question> {
    let id = ConversationId::new();
    let many = (0..500).map(|n| user(&format!("u{n}"))).collect::<Vec<_>>();
    let changes = [
        ChangeKind::Rename("Plans".to_owned()),
        ChangeKind::Rename(String::new()),
        ChangeKind::Avatar(None),
        ChangeKind::Add(vec![user("bob")]),
        ChangeKind::Add(Vec::new()),
        ChangeKind::Remove(user("bob")),
        ChangeKind::Leave,
        ChangeKind::SetRole(user("bob"), Role::Admin),
    ];
    let mut all = vec![
        Question::CreateDirect(user("bob")),
        Question::CreateDirect(user("ada")),
        Question::CreateGroup(Vec::new()),
        Question::CreateGroup(many),
        Question::Call(id, user("bob")),
        Question::Upload(0),
        Question::Upload(1_000_000),
        Question::Upload(u64::MAX),
        Question::SearchUsers,
    ];
    all.extend(sends().into_iter().map(Question::Send));
    all.extend(revisions().into_iter().map(Question::Revise));
    all.extend(changes.map(|kind| Question::Change(id, kind)));
    all
}

/// Every kind of action is answered in time, for users who are known and those who are not.
pub async fn every_question_is_answered(policy: &Arc<dyn Policy>) {
    for question in questions() {
        for actor in ["ada", "nobody-knows-me", "😀"] {
            question.ask(&**policy, actor).await;
        }
    }
}

/// The same question again has the same answer, whatever else was asked in between.
pub async fn a_question_may_be_asked_again(policy: &Arc<dyn Policy>) {
    let questions = questions();
    let mut first = Vec::new();
    for question in &questions {
        first.push(question.ask(&**policy, "ada").await);
    }
    for (question, answer) in questions.iter().zip(&first).rev() {
        assert_eq!(
            question.ask(&**policy, "ada").await,
            *answer,
            "{question:?}"
        );
    }
}

/// A retry of a send, with its own id and time, is decided as the send was: another text under the
/// same client id would be refused as another message.
pub async fn a_retry_is_decided_as_the_send_was(policy: &Arc<dyn Policy>) {
    for sent in sends() {
        let retry = Draft {
            id: MessageId::new(),
            at: at(60_000),
            ..sent.clone()
        };
        let first = Question::Send(sent).ask(&**policy, "ada").await;
        let again = Question::Send(retry.clone()).ask(&**policy, "ada").await;
        assert_eq!(again, first, "{retry:?}");
    }
}

/// A question that was dropped, as one that took too long is, changes nothing.
pub async fn a_question_may_be_dropped(policy: &Arc<dyn Policy>) {
    for question in questions() {
        let actor = user("ada");
        let mut asked = policy.check(&actor, question.action());
        std::future::poll_fn(|context| {
            let _ = asked.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
        drop(asked);
        let first = question.ask(&**policy, "ada").await;
        assert_eq!(question.ask(&**policy, "ada").await, first, "{question:?}");
    }
}

/// Many who ask at once are all answered, and alike.
pub async fn many_may_ask_at_once(policy: &Arc<dyn Policy>) {
    for question in questions() {
        let first = question.ask(&**policy, "ada").await;
        let mut asking = JoinSet::new();
        for _ in 0..16 {
            let (policy, question) = (Arc::clone(policy), question.clone());
            asking.spawn(async move { question.ask(&*policy, "ada").await });
        }
        for answer in asking.join_all().await {
            assert_eq!(answer, first, "{question:?}");
        }
    }
}

/// Who is denied something is told why, in what is shown of the reason.
pub async fn a_denial_has_a_reason_to_show(policy: &Arc<dyn Policy>) {
    for question in questions() {
        if let Decision::Deny(reason) = question.ask(&**policy, "ada").await {
            let shown: String = reason.chars().take(200).collect();
            assert!(!shown.trim().is_empty(), "{question:?}: {reason:?}");
        }
    }
}
