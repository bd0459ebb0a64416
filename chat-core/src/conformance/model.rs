//! Random histories against a simple model of what a store should say.

use std::collections::BTreeMap;

use crate::conformance::Ports;
use crate::conformance::fixtures::{draft, named, user};
use crate::id::ConversationId;
use crate::model::{ChangeKind, MarkKind, Refusal, Role};
use crate::store::Window;

/// Who takes part.
const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];

/// One step of a history: users and texts by small numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// A user sends a text, under a client id if it is below 4.
    Send(u8, u8, u8),
    /// A user adds another.
    Add(u8, u8),
    /// A user removes another.
    Remove(u8, u8),
    /// A user leaves.
    Leave(u8),
    /// A user gives another a role.
    SetRole(u8, u8, u8),
    /// A user marks a seq as read.
    Read(u8, u8),
}

#[derive(Debug, Clone)]
struct Seat {
    role: Role,
    active: bool,
    from: i64,
    read: i64,
}

/// What a store should hold, in the plainest way.
#[derive(Debug, Default)]
struct Model {
    rev: i64,
    messages: Vec<(usize, String)>,
    seats: BTreeMap<usize, Seat>,
    sent: BTreeMap<(usize, u8), (String, i64)>,
}

impl Model {
    fn new() -> Self {
        let mut model = Self {
            rev: 1,
            ..Self::default()
        };
        model.seats.insert(
            0,
            Seat {
                role: Role::Owner,
                active: true,
                from: 0,
                read: 0,
            },
        );
        model
    }

    fn role(&self, who: usize) -> Option<Role> {
        self.seats
            .get(&who)
            .filter(|seat| seat.active)
            .map(|seat| seat.role)
    }

    fn head(&self) -> i64 {
        i64::try_from(self.messages.len()).unwrap()
    }

    fn alone_at_the_top(&self) -> bool {
        let owners = self
            .seats
            .values()
            .filter(|seat| seat.active && seat.role == Role::Owner)
            .count();
        owners == 1
    }

    fn members(&self) -> usize {
        self.seats.values().filter(|seat| seat.active).count()
    }

    fn send(&mut self, who: usize, text: &str, client: Option<u8>) -> Result<i64, Refusal> {
        self.role(who).ok_or(Refusal::NotMember)?;
        if let Some((first, seq)) = client.and_then(|client| self.sent.get(&(who, client))) {
            return if first == text {
                Ok(*seq)
            } else {
                Err(Refusal::ClientIdReused)
            };
        }
        self.messages.push((who, text.to_owned()));
        self.rev += 1;
        let seq = self.head();
        if let Some(client) = client {
            self.sent.insert((who, client), (text.to_owned(), seq));
        }
        self.seats.get_mut(&who).unwrap().read = seq;
        Ok(seq)
    }

    fn add(&mut self, actor: usize, who: usize) -> Result<(), Refusal> {
        if self.role(actor).ok_or(Refusal::NotMember)? < Role::Admin {
            return Err(Refusal::Forbidden);
        }
        if self.role(who).is_none() {
            let head = self.head();
            self.seats.insert(
                who,
                Seat {
                    role: Role::Member,
                    active: true,
                    from: head,
                    read: head,
                },
            );
            self.rev += 1;
        }
        Ok(())
    }

    fn leave(&mut self, who: usize) -> Result<(), Refusal> {
        let role = self.role(who).ok_or(Refusal::NotMember)?;
        if role == Role::Owner && self.alone_at_the_top() && self.members() > 1 {
            return Err(Refusal::LastOwner);
        }
        self.seats.get_mut(&who).unwrap().active = false;
        self.rev += 1;
        Ok(())
    }

    fn remove(&mut self, actor: usize, who: usize) -> Result<(), Refusal> {
        let role = self.role(actor).ok_or(Refusal::NotMember)?;
        if actor == who {
            return self.leave(who);
        }
        if role < Role::Admin {
            return Err(Refusal::Forbidden);
        }
        let target = self.role(who).ok_or(Refusal::UnknownMember)?;
        if role < Role::Owner && target >= Role::Admin {
            return Err(Refusal::Forbidden);
        }
        self.seats.get_mut(&who).unwrap().active = false;
        self.rev += 1;
        Ok(())
    }

    fn set_role(&mut self, actor: usize, who: usize, role: Role) -> Result<(), Refusal> {
        if self.role(actor).ok_or(Refusal::NotMember)? < Role::Owner {
            return Err(Refusal::Forbidden);
        }
        let old = self.role(who).ok_or(Refusal::UnknownMember)?;
        if old == role {
            return Ok(());
        }
        if old == Role::Owner && self.alone_at_the_top() {
            return Err(Refusal::LastOwner);
        }
        self.seats.get_mut(&who).unwrap().role = role;
        self.rev += 1;
        Ok(())
    }

    fn read(&mut self, who: usize, to: i64) -> Result<i64, Refusal> {
        self.role(who).ok_or(Refusal::NotMember)?;
        if to > self.head() {
            return Err(Refusal::PastHead);
        }
        let seat = self.seats.get_mut(&who).unwrap();
        seat.read = seat.read.max(to);
        Ok(seat.read)
    }
}

/// Runs a history against a fresh group of `ports`, and compares after every step.
pub async fn run(ports: &Ports, history: &[Op]) {
    let id = ports.group(USERS[0], &[]).await;
    let mut model = Model::new();
    for (step, op) in history.iter().enumerate() {
        apply(ports, id, &mut model, *op, step).await;
        compare(ports, id, &model, step).await;
    }
}

fn place(n: u8) -> usize {
    usize::from(n) % USERS.len()
}

fn name(n: u8) -> &'static str {
    USERS[place(n)]
}

async fn apply(ports: &Ports, id: ConversationId, model: &mut Model, op: Op, step: usize) {
    let change = async |actor, kind| ports.change(id, name(actor), kind).await.map(|_| None);
    let (answer, expected) = match op {
        Op::Send(who, text, client) => {
            let (text, client) = (format!("text {}", text % 3), (client < 4).then_some(client));
            let plain = draft(id, name(who), &text);
            let sent = client.map_or_else(
                || plain.clone(),
                |client| named(plain.clone(), &client.to_string()),
            );
            let answer = ports
                .try_send(sent)
                .await
                .map(|appended| Some(appended.message.seq.get()));
            (answer, model.send(place(who), &text, client).map(Some))
        }
        Op::Add(actor, who) => {
            let answer = change(actor, ChangeKind::Add(vec![user(name(who))])).await;
            (answer, model.add(place(actor), place(who)).map(|()| None))
        }
        Op::Remove(actor, who) => {
            let answer = change(actor, ChangeKind::Remove(user(name(who)))).await;
            (
                answer,
                model.remove(place(actor), place(who)).map(|()| None),
            )
        }
        Op::Leave(who) => {
            let answer = change(who, ChangeKind::Leave).await;
            (answer, model.leave(place(who)).map(|()| None))
        }
        Op::SetRole(actor, who, role) => {
            let role = [Role::Member, Role::Admin, Role::Owner][usize::from(role) % 3];
            let answer = change(actor, ChangeKind::SetRole(user(name(who)), role)).await;
            (
                answer,
                model
                    .set_role(place(actor), place(who), role)
                    .map(|()| None),
            )
        }
        Op::Read(who, to) => {
            let to = i64::from(to % 12);
            let marked = ports.mark(id, name(who), MarkKind::Read, to).await;
            let answer = marked.map(|marked| Some(marked.markers.read.get()));
            (answer, model.read(place(who), to).map(Some))
        }
    };
    assert_eq!(answer, expected, "step {step}: {op:?}");
}

async fn compare(ports: &Ports, id: ConversationId, model: &Model, step: usize) {
    assert_eq!(
        ports.changes_of(id, 0, 0).await.conversation.rev.get(),
        model.rev,
        "step {step}"
    );
    for (place, name) in USERS.iter().enumerate() {
        let seen = ports
            .messages
            .history(id, &user(name), Window::After(crate::id::Seq::ZERO), 10_000)
            .await
            .unwrap();
        let expected = model
            .seats
            .get(&place)
            .filter(|seat| seat.active)
            .map(|seat| {
                let from = usize::try_from(seat.from).unwrap();
                model.messages[from..].to_vec()
            });
        let seen = seen.map(|messages| {
            let sender = |message: &crate::model::Message| {
                USERS
                    .iter()
                    .position(|n| *n == message.sender.as_str())
                    .unwrap()
            };
            messages
                .iter()
                .map(|message| (sender(message), message.text.clone()))
                .collect::<Vec<_>>()
        });
        assert_eq!(seen, expected, "step {step}: what {name} sees");
    }
}

/// A random history from a seed; the seed is in every failure.
pub async fn random_histories_match_the_model(ports: &Ports) {
    for seed in 1..=12_u64 {
        let mut state = seed;
        let mut next = || {
            // SplitMix64 (Steele, Lea and Flood, 2014).
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)).to_le_bytes()[0]
        };
        let mut history = vec![Op::Add(0, 1), Op::Add(0, 2)];
        for _ in 0..40 {
            history.push(match next() % 8 {
                0..=3 => Op::Send(next(), next(), next() % 8),
                4 => Op::Add(next(), next()),
                5 => Op::Remove(next(), next()),
                6 => Op::SetRole(next(), next(), next()),
                _ if next() % 3 == 0 => Op::Leave(next()),
                _ => Op::Read(next(), next()),
            });
        }
        run(ports, &history).await;
    }
}
