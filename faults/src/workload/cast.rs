//! Who takes part: users and their groups.

use std::time::Duration;

use chat_client::Rest;
use chat_core::id::{ConversationId, UserId};
use chat_core::protocol::ConversationPage;
use serde_json::json;
use tokio::task::JoinSet;

use crate::cluster::Failure;

/// Registrations at once; a server hashes two passwords at a time and lets few more wait.
const AT_ONCE: usize = 8;

/// A user who is logged in.
#[derive(Debug, Clone)]
pub struct User {
    /// Requests in the user's name.
    pub rest: Rest,
    /// The user.
    pub id: UserId,
}

impl User {
    /// Makes an account at the node at `base`.
    ///
    /// # Errors
    /// [`Failure`] if it is refused.
    pub async fn register(base: &str, name: &str) -> Result<Self, Failure> {
        let rest = Rest::new(base)?;
        let mail = format!("{name}@example.com");
        let rest = rest.register(name, &mail, "correct horse battery").await?;
        let id = rest.user().cloned().ok_or("no user after a registration")?;
        Ok(Self { rest, id })
    }

    /// Makes a group of this user and `others`.
    ///
    /// # Errors
    /// [`Failure`] if it is refused.
    pub async fn group(&self, others: &[&UserId]) -> Result<ConversationId, Failure> {
        let body = json!({"type": "group", "name": "load", "participant_ids": others});
        let page: ConversationPage = self.rest.post("conversations", &body).await?;
        Ok(page.conversation.id)
    }
}

/// A group of a run.
#[derive(Debug, Clone)]
pub struct Group {
    /// The conversation.
    pub id: ConversationId,
    /// The users who are members throughout, by their places in [`Cast::users`]; the first is the owner.
    pub members: Vec<usize>,
    /// One who comes and goes.
    pub guest: Option<usize>,
}

/// Everybody, and everywhere they talk.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// The users.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
}

impl Cast {
    /// Registers so many users, round robin over the nodes. Casts of one cluster have numbers.
    ///
    /// # Errors
    /// [`Failure`] if one is refused.
    pub async fn register(bases: &[String], number: u64, count: usize) -> Result<Self, Failure> {
        let mut users: Vec<Option<User>> = vec![None; count];
        let mut registering = JoinSet::new();
        let mut next = 0;
        while next < count || !registering.is_empty() {
            if next < count && registering.len() < AT_ONCE {
                let (base, place) = (bases[next % bases.len()].clone(), next);
                registering.spawn(async move {
                    let name = format!("user{number}_{place}");
                    (place, User::register(&base, &name).await)
                });
                next += 1;
            } else if let Some(registered) = registering.join_next().await {
                let (place, user) = registered?;
                users[place] = Some(user?);
            }
        }
        let users = users.into_iter().flatten().collect();
        Ok(Self {
            users,
            groups: Vec::new(),
        })
    }

    /// Makes `count` groups of `size` of the first `regulars` users each. The users behind those are guests of
    /// one group each, as far as they go.
    ///
    /// # Errors
    /// [`Failure`] if one is refused.
    pub async fn gather(
        &mut self,
        count: usize,
        size: usize,
        regulars: usize,
    ) -> Result<(), Failure> {
        for number in 0..count {
            let members: Vec<usize> = (0..size)
                .map(|place| (number * size.div_ceil(2) + place) % regulars)
                .collect();
            let others: Vec<&UserId> = members[1..]
                .iter()
                .map(|place| &self.users[*place].id)
                .collect();
            let id = self.users[members[0]].group(&others).await?;
            let guest = Some(regulars + number).filter(|guest| *guest < self.users.len());
            self.groups.push(Group { id, members, guest });
        }
        Ok(())
    }

    /// The groups that a user is in throughout.
    pub fn groups_of(&self, user: usize) -> impl Iterator<Item = &Group> {
        let groups = self.groups.iter();
        groups.filter(move |group| group.members.contains(&user))
    }
}

/// Between two tries of a request that failed.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
