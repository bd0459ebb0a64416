//! What a store should hold, in the plainest way.

use std::collections::BTreeMap;

use crate::model::{MarkKind, Refusal, Role};

/// Who takes part.
pub(super) const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];

/// A membership, or what is left of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) role: Role,
    pub(super) active: bool,
    pub(super) rev: i64,
    pub(super) from: i64,
    pub(super) delivered: i64,
    pub(super) read: i64,
}

/// A message; its seq is its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) who: usize,
    pub(super) text: String,
    pub(super) rev: i64,
    pub(super) first_rev: i64,
    pub(super) is_edited: bool,
    pub(super) is_deleted: bool,
    /// Who gave it which reaction, in the order in which they did.
    pub(super) reactions: BTreeMap<&'static str, Vec<usize>>,
}

impl Sent {
    fn new(who: usize, text: String, rev: i64) -> Self {
        Self {
            who,
            text,
            rev,
            first_rev: rev,
            is_edited: false,
            is_deleted: false,
            reactions: BTreeMap::new(),
        }
    }
}

/// What can be given as a reaction, and how many kinds a message may have.
pub(super) const REACTIONS: [&str; 3] = ["*", "+1", "ok"];
pub(super) const MAX_REACTIONS: usize = 2;

/// One group.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) rev: i64,
    pub(super) settings_rev: i64,
    pub(super) name: String,
    pub(super) messages: Vec<Sent>,
    pub(super) seats: BTreeMap<usize, Seat>,
    /// How often each user became a member.
    pub(super) joins: BTreeMap<usize, u64>,
    by_client: BTreeMap<(usize, u8), (String, i64)>,
}

impl Model {
    /// A group of the first user alone, with the users' counts of joinings as they are then.
    pub(super) fn new(joins: BTreeMap<usize, u64>) -> Self {
        let owner = Seat {
            role: Role::Owner,
            active: true,
            rev: 1,
            from: 0,
            delivered: 0,
            read: 0,
        };
        Self {
            rev: 1,
            settings_rev: 1,
            name: "A group".to_owned(),
            messages: Vec::new(),
            seats: BTreeMap::from([(0, owner)]),
            joins,
            by_client: BTreeMap::new(),
        }
    }

    pub(super) fn head(&self) -> i64 {
        i64::try_from(self.messages.len()).unwrap()
    }

    /// The membership of a user, if there is one now.
    pub(super) fn active(&self, who: usize) -> Option<&Seat> {
        self.seats.get(&who).filter(|seat| seat.active)
    }

    pub(super) fn members(&self) -> usize {
        self.seats.values().filter(|seat| seat.active).count()
    }

    fn role(&self, who: usize) -> Result<Role, Refusal> {
        let seat = self.active(who).ok_or(Refusal::NotMember)?;
        Ok(seat.role)
    }

    fn owners(&self) -> usize {
        let owner = |seat: &&Seat| seat.active && seat.role == Role::Owner;
        self.seats.values().filter(owner).count()
    }

    fn next_rev(&mut self) -> i64 {
        self.rev += 1;
        self.rev
    }

    /// Changes a seat, which takes a rev.
    fn seat(&mut self, who: usize, change: impl FnOnce(&mut Seat)) {
        let rev = self.next_rev();
        let seat = self.seats.get_mut(&who).unwrap();
        change(seat);
        seat.rev = rev;
    }

    /// The seq, and whether the message is new.
    pub(super) fn send(
        &mut self,
        who: usize,
        text: &str,
        client: Option<u8>,
    ) -> Result<(i64, bool), Refusal> {
        self.role(who)?;
        if let Some((first, seq)) = client.and_then(|client| self.by_client.get(&(who, client))) {
            return match first == text {
                true => Ok((*seq, false)),
                false => Err(Refusal::ClientIdReused),
            };
        }
        let rev = self.next_rev();
        let text = text.to_owned();
        self.messages.push(Sent::new(who, text, rev));
        let (seq, text) = (
            self.head(),
            self.messages[self.messages.len() - 1].text.clone(),
        );
        if let Some(client) = client {
            self.by_client.insert((who, client), (text, seq));
        }
        let seat = self.seats.get_mut(&who).unwrap();
        (seat.delivered, seat.read) = (seq, seq);
        Ok((seq, true))
    }

    /// Changes a message that the user sees; whether it changed, which takes a rev.
    fn revise(
        &mut self,
        who: usize,
        seq: i64,
        change: impl FnOnce(&mut Sent, Role) -> Result<bool, Refusal>,
    ) -> Result<bool, Refusal> {
        let role = self.role(who)?;
        let from = self.active(who).map_or(0, |seat| seat.from);
        if seq <= from || seq > self.head() {
            return Err(Refusal::UnknownMessage);
        }
        let (place, next) = (usize::try_from(seq - 1).unwrap(), self.rev + 1);
        let sent = &mut self.messages[place];
        let changed = change(sent, role)?;
        if changed {
            (sent.rev, self.rev) = (next, next);
        }
        Ok(changed)
    }

    pub(super) fn edit(&mut self, who: usize, seq: i64, text: &str) -> Result<bool, Refusal> {
        self.revise(who, seq, |sent, _| match () {
            () if sent.who != who => Err(Refusal::Forbidden),
            () if sent.is_deleted => Err(Refusal::MessageDeleted),
            () if sent.text == text => Ok(false),
            () => {
                (sent.text, sent.is_edited) = (text.to_owned(), true);
                Ok(true)
            }
        })
    }

    pub(super) fn delete(&mut self, who: usize, seq: i64) -> Result<bool, Refusal> {
        self.revise(who, seq, |sent, role| {
            if sent.who != who && role < Role::Admin {
                return Err(Refusal::Forbidden);
            }
            let was_there = !sent.is_deleted;
            (sent.is_deleted, sent.is_edited) = (true, false);
            sent.text.clear();
            sent.reactions.clear();
            Ok(was_there)
        })
    }

    pub(super) fn react(
        &mut self,
        who: usize,
        seq: i64,
        reaction: &'static str,
    ) -> Result<bool, Refusal> {
        self.revise(who, seq, |sent, _| {
            if sent.is_deleted {
                return Err(Refusal::MessageDeleted);
            }
            if sent
                .reactions
                .get(reaction)
                .is_some_and(|by| by.contains(&who))
            {
                return Ok(false);
            }
            if !sent.reactions.contains_key(reaction) && sent.reactions.len() == MAX_REACTIONS {
                return Err(Refusal::TooManyReactions);
            }
            sent.reactions.entry(reaction).or_default().push(who);
            Ok(true)
        })
    }

    pub(super) fn unreact(
        &mut self,
        who: usize,
        seq: i64,
        reaction: &'static str,
    ) -> Result<bool, Refusal> {
        self.revise(who, seq, |sent, _| {
            let Some(by) = sent.reactions.get_mut(reaction) else {
                return Ok(false);
            };
            let before = by.len();
            by.retain(|other| *other != who);
            let changed = by.len() < before;
            sent.reactions.retain(|_, by| !by.is_empty());
            Ok(changed)
        })
    }

    pub(super) fn rename(&mut self, actor: usize, name: &str) -> Result<(), Refusal> {
        if self.role(actor)? < Role::Admin {
            return Err(Refusal::Forbidden);
        }
        name.clone_into(&mut self.name);
        self.settings_rev = self.next_rev();
        Ok(())
    }

    pub(super) fn add(&mut self, actor: usize, who: usize) -> Result<(), Refusal> {
        if self.role(actor)? < Role::Admin {
            return Err(Refusal::Forbidden);
        }
        if self.active(who).is_none() {
            let (head, rev) = (self.head(), self.next_rev());
            let seat = Seat {
                role: Role::Member,
                active: true,
                rev,
                from: head,
                delivered: head,
                read: head,
            };
            self.seats.insert(who, seat);
            *self.joins.entry(who).or_default() += 1;
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, who: usize) -> Result<(), Refusal> {
        if self.role(who)? == Role::Owner && self.owners() == 1 && self.members() > 1 {
            return Err(Refusal::LastOwner);
        }
        self.seat(who, |seat| seat.active = false);
        Ok(())
    }

    pub(super) fn remove(&mut self, actor: usize, who: usize) -> Result<(), Refusal> {
        let role = self.role(actor)?;
        if actor == who {
            return self.leave(who);
        }
        if role < Role::Admin {
            return Err(Refusal::Forbidden);
        }
        let target = self.active(who).ok_or(Refusal::UnknownMember)?.role;
        if role < Role::Owner && target >= Role::Admin {
            return Err(Refusal::Forbidden);
        }
        self.seat(who, |seat| seat.active = false);
        Ok(())
    }

    pub(super) fn set_role(&mut self, actor: usize, who: usize, role: Role) -> Result<(), Refusal> {
        if self.role(actor)? < Role::Owner {
            return Err(Refusal::Forbidden);
        }
        let old = self.active(who).ok_or(Refusal::UnknownMember)?.role;
        if old == role {
            return Ok(());
        }
        if old == Role::Owner && self.owners() == 1 {
            return Err(Refusal::LastOwner);
        }
        self.seat(who, |seat| seat.role = role);
        Ok(())
    }

    /// Where the markers are then: delivered and read.
    pub(super) fn mark(
        &mut self,
        who: usize,
        kind: MarkKind,
        to: i64,
    ) -> Result<(i64, i64), Refusal> {
        self.role(who)?;
        if to > self.head() {
            return Err(Refusal::PastHead);
        }
        let seat = self.seats.get_mut(&who).unwrap();
        seat.delivered = seat.delivered.max(to);
        if kind == MarkKind::Read {
            seat.read = seat.read.max(to);
        }
        Ok((seat.delivered, seat.read))
    }
}
