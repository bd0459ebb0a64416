//! Cases of blocks that are made while something goes on.

use crate::conformance::Ports;
use crate::conformance::fixtures::{draft, user};
use crate::conformance::races::rounds;
use crate::conformance::revisions::{react, unreact};
use crate::id::ConversationId;
use crate::model::{Blocking, Message, Refusal};
use crate::store::Window;

async fn send_until_refused(ports: Ports, id: ConversationId, name: String) -> Option<Refusal> {
    for _ in 0..2_000 {
        if let Err(refusal) = ports.try_send(draft(id, &name, "x")).await {
            return Some(refusal);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Both sides send while one of them blocks: once the block is made, nothing is stored any more.
pub async fn no_message_follows_a_block(ports: &Ports) {
    for round in 0..rounds() {
        let (ada, bob) = (format!("ada {round}"), format!("bob {round}"));
        let id = ports.direct(&ada, &bob).await.conversation.id;
        let names = [ada.clone(), bob.clone()];
        let writing: Vec<_> = (0..4)
            .map(|n| tokio::spawn(send_until_refused(ports.clone(), id, names[n % 2].clone())))
            .collect();
        ports.send(id, &ada, "first").await;
        ports.block(&bob, &ada).await;
        let last = ports.seqs(id, &ada, Window::Latest, 1).await.unwrap();
        for writer in writing {
            assert_eq!(
                writer.await.unwrap(),
                Some(Refusal::Blocked),
                "round {round}"
            );
        }
        let rest = ports.seqs(id, &ada, Window::Latest, 1).await.unwrap();
        assert_eq!(rest, last, "round {round}: stored after the block");
    }
}

async fn react_until_refused(
    ports: Ports,
    message: Message,
    name: String,
    n: usize,
) -> Option<Refusal> {
    for round in 0..1_000 {
        let kind = match round % 2 {
            0 => react(&format!("r{n}")),
            _ => unreact(&format!("r{n}")),
        };
        if let Err(refusal) = ports.revise(&message, &name, kind).await {
            return Some(refusal);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Both sides react while one of them blocks: once the block is made, no reaction comes any more.
pub async fn no_reaction_follows_a_block(ports: &Ports) {
    for round in 0..rounds() {
        let (ada, bob) = (format!("ada {round}"), format!("bob {round}"));
        let id = ports.direct(&ada, &bob).await.conversation.id;
        let names = [ada.clone(), bob.clone()];
        let message = ports.send(id, &ada, "first").await;
        let reacting: Vec<_> = (0..4)
            .map(|n| react_until_refused(ports.clone(), message.clone(), names[n % 2].clone(), n))
            .map(tokio::spawn)
            .collect();
        ports.block(&bob, &ada).await;
        let standing = ports.message(&message, &ada).await.unwrap();
        let standing: Vec<_> = standing.reactions.into_iter().map(|s| s.reaction).collect();
        for reacting in reacting {
            assert_eq!(
                reacting.await.unwrap(),
                Some(Refusal::Blocked),
                "round {round}"
            );
        }
        let rest = ports.message(&message, &ada).await.unwrap();
        let new = rest
            .reactions
            .iter()
            .find(|s| !standing.contains(&s.reaction));
        assert_eq!(new, None, "round {round}: given after the block");
    }
}

/// One opens the conversation and sends while the other blocks: the block finds the message there, or nothing
/// is stored.
pub async fn a_pair_that_is_blocked_while_it_opens_sends_nothing(ports: &Ports) {
    for round in 0..rounds() {
        let (ada, bob) = (format!("ada {round}"), format!("bob {round}"));
        let (opener, names) = (ports.clone(), (ada.clone(), bob.clone()));
        let opening = tokio::spawn(async move {
            let id = opener.direct(&names.0, &names.1).await.conversation.id;
            opener.try_send(draft(id, &names.0, "hi")).await
        });
        tokio::task::yield_now().await;
        ports.block(&bob, &ada).await;
        let found = ports.conversations.memberships(&user(&ada)).await.unwrap();
        let stored = found.first().is_some_and(|room| room.last_seq.get() > 0);
        let sent = opening.await.unwrap();
        assert_eq!(sent.is_ok(), stored, "round {round}: {sent:?}");
        let id = ports.direct(&ada, &bob).await.conversation.id;
        for name in [&ada, &bob] {
            let refused = ports.try_send(draft(id, name, "no")).await;
            assert_eq!(refused, Err(Refusal::Blocked), "round {round}");
        }
    }
}

/// One block from eight callers is one block, and both directions at once do not wait for each other.
pub async fn blocks_at_once_stand_once(ports: &Ports) {
    for round in 0..rounds() {
        let pair = [format!("ada {round}"), format!("bob {round}")];
        ports.direct(&pair[0], &pair[1]).await;
        let names = pair.clone();
        let answers = ports.race(8, move |ports, n| {
            let names = names.clone();
            async move { ports.block(&names[n % 2], &names[(n + 1) % 2]).await }
        });
        let answers = answers.await;
        let new = answers.iter().filter(|answer| **answer == Blocking::New);
        assert_eq!(new.count(), 2, "round {round}: {answers:?}");
        let others = [user(&pair[1])];
        let blocks = ports.people.blocks(&user(&pair[0]), &others).await;
        assert_eq!(blocks.unwrap().len(), 2, "round {round}");
    }
}
