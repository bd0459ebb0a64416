//! Random histories against a simple model of what a store should say.
//!
//! [`run`] plays a history to a store and to the model, and compares all that can be read after
//! every step. Whoever has a generator of their own makes [`Op`]s with it;
//! [`random_histories_match_the_model`] has one inside, from a seed.

mod compare;
mod state;

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, named, user};
use crate::conformance::revisions::{react, unreact};
use crate::id::{ConversationId, MessageId};
use crate::model::{ChangeKind, Draft, MarkKind, Refusal, Revision, RevisionKind, Role};

use compare::{compare, join_counts};
use state::{MAX_REACTIONS, Model, REACTIONS, USERS};

/// One step of a history: users and texts by small numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// A user sends a text, under a client id if it is below 4.
    Send(u8, u8, u8),
    /// Two users send a text each, in one batch, under one client id if it is below 4.
    Batch(u8, u8, u8),
    /// A user renames the group.
    Rename(u8, u8),
    /// A user adds another.
    Add(u8, u8),
    /// A user removes another.
    Remove(u8, u8),
    /// A user leaves.
    Leave(u8),
    /// A user gives another a role.
    SetRole(u8, u8, u8),
    /// A user gives the message with a seq another text.
    Edit(u8, u8, u8),
    /// A user deletes the message with a seq.
    Delete(u8, u8),
    /// A user gives the message with a seq a reaction.
    React(u8, u8, u8),
    /// A user takes a reaction back.
    Unreact(u8, u8, u8),
    /// A user marks a seq as delivered.
    Deliver(u8, u8),
    /// A user marks a seq as read.
    Read(u8, u8),
}

/// Runs a history against a fresh group of `ports`, and compares after every step.
pub async fn run(ports: &Ports, history: &[Op]) {
    let id = ports.group(USERS[0], &[]).await;
    let mut model = Model::new(join_counts(ports).await);
    for (step, op) in history.iter().enumerate() {
        apply(ports, id, &mut model, *op).await;
        compare(ports, id, &model, step).await;
    }
}

fn place(n: u8) -> usize {
    usize::from(n) % USERS.len()
}

fn name(n: u8) -> &'static str {
    USERS[place(n)]
}

/// Plays one step to both, and compares the answers.
async fn apply(ports: &Ports, id: ConversationId, model: &mut Model, op: Op) {
    match op {
        Op::Send(who, text, client) => send(ports, id, model, &[(who, text, client)]).await,
        Op::Batch(one, two, client) => {
            send(ports, id, model, &[(one, 0, client), (two, 1, client)]).await;
        }
        Op::Deliver(who, to) => mark(ports, id, model, MarkKind::Delivered, (who, to)).await,
        Op::Read(who, to) => mark(ports, id, model, MarkKind::Read, (who, to)).await,
        Op::Edit(..) | Op::Delete(..) | Op::React(..) | Op::Unreact(..) => {
            revise(ports, id, model, op).await;
        }
        Op::Rename(..) | Op::Add(..) | Op::Remove(..) | Op::Leave(..) | Op::SetRole(..) => {
            change(ports, id, model, op).await;
        }
    }
}

async fn send(ports: &Ports, id: ConversationId, model: &mut Model, sent: &[(u8, u8, u8)]) {
    let text = |text: u8| format!("text {}", text % 3);
    let under = |client: u8| (client < 4).then_some(client);
    let draft = |(who, what, client): &(u8, u8, u8)| -> Draft {
        let plain = draft(id, name(*who), &text(*what));
        match under(*client) {
            Some(client) => named(plain, &client.to_string()),
            None => plain,
        }
    };
    let drafts: Vec<Draft> = sent.iter().map(draft).collect();
    let answers = ports.append(&drafts).await;
    assert_eq!(answers.len(), sent.len(), "one answer per draft");
    for (answer, (who, what, client)) in answers.into_iter().zip(sent) {
        let answer = answer.map(|appended| (appended.message.seq.get(), appended.is_new));
        let expected = model.send(place(*who), &text(*what), under(*client));
        assert_eq!(answer, expected, "{drafts:?}");
    }
}

async fn revise(ports: &Ports, id: ConversationId, model: &mut Model, op: Op) {
    let (who, seq) = match op {
        Op::Edit(who, seq, _)
        | Op::Delete(who, seq)
        | Op::React(who, seq, _)
        | Op::Unreact(who, seq, _) => (who, i64::from(seq % 8)),
        _ => return,
    };
    // By the log: some are hidden from the actor.
    let log = ports.changes_of(id, 0, 1_000).await.messages;
    let message = log.iter().find(|message| message.seq.get() == seq);
    let message = message.map_or_else(MessageId::new, |message| message.id);
    let emoji = |n: u8| REACTIONS[usize::from(n) % REACTIONS.len()];
    let (kind, expected) = match op {
        Op::Edit(.., text) => {
            let text = format!("edit {}", text % 2);
            let expected = model.edit(place(who), seq, &text);
            (RevisionKind::Edit(text), expected)
        }
        Op::React(.., n) => {
            let expected = model.react(place(who), seq, emoji(n));
            (react(emoji(n)), expected)
        }
        Op::Unreact(.., n) => {
            let expected = model.unreact(place(who), seq, emoji(n));
            (unreact(emoji(n)), expected)
        }
        _ => (RevisionKind::Delete, model.delete(place(who), seq)),
    };
    let revision = Revision {
        conversation: id,
        message,
        actor: user(name(who)),
        kind,
        at: at(0),
        max_reactions: MAX_REACTIONS,
        blind_words: None,
    };
    let answer = ports.messages.revise(&revision).await.unwrap();
    let answer = answer.map(|revised| revised.changed);
    assert_eq!(answer, expected, "{op:?}");
}

async fn mark(ports: &Ports, id: ConversationId, model: &mut Model, kind: MarkKind, op: (u8, u8)) {
    let (who, to) = (op.0, i64::from(op.1 % 12));
    let answer = ports.mark(id, name(who), kind, to).await;
    let answer = answer.map(|marked| (marked.markers.delivered.get(), marked.markers.read.get()));
    let expected = model.mark(place(who), kind, to);
    assert_eq!(answer, expected, "{} marks {to} as {kind:?}", name(who));
}

async fn change(ports: &Ports, id: ConversationId, model: &mut Model, op: Op) {
    let (actor, kind, expected): (u8, ChangeKind, Result<(), Refusal>) = match op {
        Op::Rename(actor, text) => {
            let name = format!("name {text}");
            let expected = model.rename(place(actor), &name);
            (actor, ChangeKind::Rename(name), expected)
        }
        Op::Add(actor, who) => {
            let kind = ChangeKind::Add(vec![user(name(who))]);
            (actor, kind, model.add(place(actor), place(who)))
        }
        Op::Remove(actor, who) => {
            let kind = ChangeKind::Remove(user(name(who)));
            (actor, kind, model.remove(place(actor), place(who)))
        }
        Op::Leave(who) => (who, ChangeKind::Leave, model.leave(place(who))),
        Op::SetRole(actor, who, role) => {
            let role = [Role::Member, Role::Admin, Role::Owner][usize::from(role) % 3];
            let kind = ChangeKind::SetRole(user(name(who)), role);
            (actor, kind, model.set_role(place(actor), place(who), role))
        }
        Op::Send(..)
        | Op::Batch(..)
        | Op::Edit(..)
        | Op::Delete(..)
        | Op::React(..)
        | Op::Unreact(..)
        | Op::Deliver(..)
        | Op::Read(..) => return,
    };
    let answer = ports.change(id, name(actor), kind).await.map(|_| ());
    assert_eq!(answer, expected, "{op:?}");
}

/// Random numbers from a seed: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()[0]
    }

    fn op(&mut self) -> Op {
        let (a, b, c) = (self.next(), self.next(), self.next());
        match self.next() % 18 {
            0..=3 => Op::Send(a, b, c % 8),
            4 => Op::Batch(a, b, c % 8),
            5 | 6 => Op::Add(a, b),
            7 => Op::Remove(a, b),
            8 => Op::SetRole(a, b, c),
            9 => Op::Deliver(a, b),
            10 => Op::Read(a, b),
            11 | 12 => Op::Edit(a, b, c),
            13 if c % 2 == 0 => Op::Delete(a, b),
            13..=15 => Op::React(a, b, c),
            16 => Op::Unreact(a, b, c),
            _ if c % 3 == 0 => Op::Leave(a),
            _ => Op::Rename(a, b),
        }
    }
}

/// The history of a seed. A failure of it is found again by [`run`].
#[must_use]
pub fn history_of(seed: u64, steps: usize) -> Vec<Op> {
    let mut random = Random(seed);
    let begin = [Op::Add(0, 1), Op::Add(0, 2)];
    let rest = std::iter::repeat_with(|| random.op()).take(steps);
    begin.into_iter().chain(rest).collect()
}

/// Twelve histories, each from a seed.
pub async fn random_histories_match_the_model(ports: &Ports) {
    for seed in 1..=12 {
        let (ports, history) = (ports.clone(), history_of(seed, 40));
        let ran = tokio::spawn(async move { run(&ports, &history).await }).await;
        assert!(ran.is_ok(), "seed {seed} fails: {ran:?}");
    }
}
