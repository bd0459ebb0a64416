//! How conversations change: the rules, once, for every store.
//!
//! A store loads who stands where under the conversation's lock and asks [`Change::judge`]; so
//! rights are decided in the transaction that stores the change, and alike on every backend.

use std::collections::HashMap;

use crate::id::{ConversationId, Rev, Seq, Timestamp, UploadId, UserId};
use crate::model::{Conversation, ConversationKind, Markers, Member, Message, Refusal, Role};

/// A change that a member asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Who asks.
    pub actor: UserId,
    /// What.
    pub kind: ChangeKind,
    /// When.
    pub at: Timestamp,
    /// How many members a group may have; adding more is refused.
    pub max_members: u32,
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Give the group another name.
    Rename(String),
    /// Give the group another picture, or none.
    Avatar(Option<UploadId>),
    /// Add users: no duplicates; those who are members already stay as they are.
    Add(Vec<UserId>),
    /// Remove a member.
    Remove(UserId),
    /// Leave.
    Leave,
    /// Give a member a role.
    SetRole(UserId, Role),
}

/// Who stands where when a change is judged: read under the conversation's lock.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The conversation's kind.
    pub kind: ConversationKind,
    /// Roles of the active members among the actor and those the change names.
    pub roles: HashMap<UserId, Role>,
    /// How many active members there are.
    pub members: u32,
    /// How many of them are owners.
    pub owners: u32,
}

/// What a store has to write for a change that was allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Set the name and take a rev.
    Rename(String),
    /// Set the picture and take a rev.
    Avatar(Option<UploadId>),
    /// Make each of these a [`Role::Member`], in this order, each with a rev of its own and
    /// history visible from the conversation's last seq on. May be empty: all were members.
    Add(Vec<UserId>),
    /// Turn this member into a tombstone with a rev.
    Remove(UserId),
    /// Set this member's role and take a rev.
    SetRole(UserId, Role),
    /// All is as asked already: write nothing.
    Nothing,
}

impl Change {
    /// Everyone whose role the rules need to know.
    #[must_use]
    pub fn concerns(&self) -> Vec<&UserId> {
        let mut users = vec![&self.actor];
        match &self.kind {
            ChangeKind::Add(added) => users.extend(added),
            ChangeKind::Remove(user) | ChangeKind::SetRole(user, _) => users.push(user),
            ChangeKind::Rename(_) | ChangeKind::Avatar(_) | ChangeKind::Leave => {}
        }
        users
    }

    /// Decides the change.
    ///
    /// # Errors
    /// [`Refusal::NotMember`] if the actor is none; [`Refusal::Forbidden`] if the actor's role
    /// does not reach; [`Refusal::UnknownMember`] if it names somebody who is no member;
    /// [`Refusal::LastOwner`], [`Refusal::Full`].
    pub fn judge(&self, standing: &Standing) -> Result<Verdict, Refusal> {
        let role = *standing.roles.get(&self.actor).ok_or(Refusal::NotMember)?;
        if standing.kind == ConversationKind::Direct {
            return Err(Refusal::Forbidden);
        }
        match &self.kind {
            ChangeKind::Rename(name) => at_least(role, Role::Admin, Verdict::Rename(name.clone())),
            ChangeKind::Avatar(avatar) => at_least(role, Role::Admin, Verdict::Avatar(*avatar)),
            ChangeKind::Add(users) => self.judge_add(role, users, standing),
            ChangeKind::Leave => judge_leave(&self.actor, role, standing),
            ChangeKind::Remove(user) if *user == self.actor => judge_leave(user, role, standing),
            ChangeKind::Remove(user) => judge_remove(role, user, standing),
            ChangeKind::SetRole(user, new) => judge_role(role, user, *new, standing),
        }
    }

    fn judge_add(
        &self,
        role: Role,
        users: &[UserId],
        standing: &Standing,
    ) -> Result<Verdict, Refusal> {
        let new = || {
            users
                .iter()
                .filter(|user| !standing.roles.contains_key(*user))
        };
        let count = u32::try_from(new().count()).unwrap_or(u32::MAX);
        if role < Role::Admin {
            return Err(Refusal::Forbidden);
        }
        if standing.members.saturating_add(count) > self.max_members {
            return Err(Refusal::Full);
        }
        Ok(Verdict::Add(new().cloned().collect()))
    }
}

fn at_least(role: Role, needed: Role, verdict: Verdict) -> Result<Verdict, Refusal> {
    if role >= needed {
        Ok(verdict)
    } else {
        Err(Refusal::Forbidden)
    }
}

/// The last owner may go only together with the last member: a group is never without an owner.
fn judge_leave(user: &UserId, role: Role, standing: &Standing) -> Result<Verdict, Refusal> {
    if role == Role::Owner && standing.owners == 1 && standing.members > 1 {
        return Err(Refusal::LastOwner);
    }
    Ok(Verdict::Remove(user.clone()))
}

fn judge_remove(role: Role, user: &UserId, standing: &Standing) -> Result<Verdict, Refusal> {
    if role < Role::Admin {
        return Err(Refusal::Forbidden);
    }
    let target = *standing.roles.get(user).ok_or(Refusal::UnknownMember)?;
    if role < Role::Owner && target >= Role::Admin {
        return Err(Refusal::Forbidden);
    }
    Ok(Verdict::Remove(user.clone()))
}

fn judge_role(
    role: Role,
    user: &UserId,
    new: Role,
    standing: &Standing,
) -> Result<Verdict, Refusal> {
    if role < Role::Owner {
        return Err(Refusal::Forbidden);
    }
    let old = *standing.roles.get(user).ok_or(Refusal::UnknownMember)?;
    match () {
        () if old == new => Ok(Verdict::Nothing),
        () if old == Role::Owner && standing.owners == 1 => Err(Refusal::LastOwner),
        () => Ok(Verdict::SetRole(user.clone(), new)),
    }
}

/// What a change did: the state after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The conversation now.
    pub conversation: Conversation,
    /// Whether the name or the picture changed.
    pub settings_changed: bool,
    /// The members whose rows changed, tombstones included, by rising rev.
    pub members: Vec<Member>,
}

/// One conversation of a user, as a session needs it at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub conversation: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// Its head.
    pub rev: Rev,
    /// Its last message's number.
    pub last_seq: Seq,
    /// The user sees messages with a seq above this one.
    pub visible_from: Seq,
    /// The user's own markers.
    pub markers: Markers,
    /// The other side of a direct conversation, and how far they are.
    pub peer: Option<(UserId, Markers)>,
}

/// All that changed in a conversation after some rev, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The conversation now; its `rev` is the head that this answer reaches.
    pub conversation: Conversation,
    /// Members whose rows changed, tombstones included, by rising rev.
    pub members: Vec<Member>,
    /// Messages that are new or changed, by rising rev.
    pub messages: Vec<Message>,
    /// True if there was more than the limit; the lists are then empty.
    pub truncated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn judge(actor: &str, kind: ChangeKind) -> Result<Verdict, Refusal> {
        let roles = [
            ("owner", Role::Owner),
            ("admin", Role::Admin),
            ("plain", Role::Member),
        ];
        let standing = Standing {
            kind: ConversationKind::Group,
            roles: roles.map(|(name, role)| (user(name), role)).into(),
            members: 3,
            owners: 1,
        };
        let change = Change {
            conversation: ConversationId::new(),
            actor: user(actor),
            kind,
            at: Timestamp::now(),
            max_members: 4,
        };
        change.judge(&standing)
    }

    #[test]
    fn roles_decide_who_may_change_what() {
        let rename = || ChangeKind::Rename("n".to_owned());
        assert_eq!(judge("stranger", rename()), Err(Refusal::NotMember));
        assert_eq!(judge("plain", rename()), Err(Refusal::Forbidden));
        assert!(judge("admin", rename()).is_ok());
        assert_eq!(
            judge("plain", ChangeKind::Remove(user("admin"))),
            Err(Refusal::Forbidden)
        );
        assert_eq!(
            judge("admin", ChangeKind::Remove(user("owner"))),
            Err(Refusal::Forbidden)
        );
        assert!(judge("admin", ChangeKind::Remove(user("plain"))).is_ok());
        assert_eq!(
            judge("owner", ChangeKind::Remove(user("gone"))),
            Err(Refusal::UnknownMember)
        );
        assert_eq!(
            judge("admin", ChangeKind::SetRole(user("plain"), Role::Admin)),
            Err(Refusal::Forbidden)
        );
    }

    #[test]
    fn the_last_owner_neither_leaves_nor_steps_down() {
        assert_eq!(judge("owner", ChangeKind::Leave), Err(Refusal::LastOwner));
        assert_eq!(
            judge("owner", ChangeKind::SetRole(user("owner"), Role::Member)),
            Err(Refusal::LastOwner)
        );
        assert_eq!(
            judge("admin", ChangeKind::Leave),
            Ok(Verdict::Remove(user("admin")))
        );
    }

    #[test]
    fn only_those_who_are_not_members_are_added_and_never_past_the_limit() {
        let add = |names: &[&str]| ChangeKind::Add(names.iter().copied().map(user).collect());
        assert_eq!(
            judge("admin", add(&["plain", "new"])),
            Ok(Verdict::Add(vec![user("new")]))
        );
        assert_eq!(judge("admin", add(&["n1", "n2"])), Err(Refusal::Full));
        assert_eq!(judge("plain", add(&["new"])), Err(Refusal::Forbidden));
    }
}
