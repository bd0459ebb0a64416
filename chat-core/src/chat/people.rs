//! What users decide about each other: blocks, and what they let others see.

use crate::chat::{Chat, Error};
use crate::id::{Timestamp, UserId};
use crate::model::{Audience, Blocking, Privacy, Profile};
use crate::protocol::{Code, Event};

/// Whom a user blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// They, by id, and since when.
    pub items: Vec<(UserId, Timestamp)>,
    /// Their profiles.
    pub users: Vec<Profile>,
    /// Where the next page starts; none at the end.
    pub next: Option<UserId>,
}

/// Does something when it is dropped, whatever became of the call that holds it: one that failed or was
/// given up may have stored what was decided, and nobody would tell.
struct Afterwards<F: Fn()>(F);

impl<F: Fn()> Drop for Afterwards<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Chat {
    /// Blocks a user: the two send each other nothing in their direct conversation, whose history stays, and open
    /// none; they see nothing of each other's presence; and the other cannot add this one to a group. In groups that
    /// they share, messages go on. Blocking again changes nothing.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NotFound`] for an unknown user; [`Code::LimitExceeded`] beyond
    /// [`Limits::blocked_users`](crate::protocol::Limits::blocked_users).
    pub async fn block(&self, user: &UserId, other: &UserId) -> Result<(), Error> {
        if user == other {
            let detail = "nobody blocks themselves";
            return Err(Error::invalid(Code::InvalidId, "user_id", detail));
        }
        if self.profiles([other]).await?.is_empty() {
            return Err(Error::NotFound);
        }
        let (at, at_most) = (Timestamp::now(), self.shared.limits.blocked_users);
        let _decided = Afterwards(|| self.shared.hub.decided(user, other));
        match self.shared.people.block(user, other, at, at_most).await? {
            // A known one is told again: an earlier call may have failed after it was made.
            Blocking::New | Blocking::Known => self.tell_devices(user, other, true),
            Blocking::Full => {
                let detail = "the user blocks as many as allowed";
                return Err(Error::invalid(Code::LimitExceeded, "user_id", detail));
            }
        }
        Ok(())
    }

    /// Ends a block. One that is not there is no error, for the user wants it that way.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn unblock(&self, user: &UserId, other: &UserId) -> Result<(), Error> {
        let _decided = Afterwards(|| self.shared.hub.decided(user, other));
        self.shared.people.unblock(user, other).await?;
        self.tell_devices(user, other, false);
        Ok(())
    }

    fn tell_devices(&self, user: &UserId, other: &UserId, blocked: bool) {
        let event = Event::BlockChanged {
            user_id: other.clone(),
            blocked,
        };
        self.shared.hub.publish_to_user(user, &event);
    }

    /// A page of those whom a user blocks, by id.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: Option<usize>,
    ) -> Result<Blocked, Error> {
        let limit = self.page(limit)?;
        let mut items = self.shared.people.blocked(user, after, limit + 1).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let users = self.profiles(items.iter().map(|(other, _)| other)).await?;
        let last = items.last().filter(|_| more);
        Ok(Blocked {
            next: last.map(|(other, _)| other.clone()),
            users,
            items,
        })
    }

    /// What a user lets others see.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn privacy(&self, user: &UserId) -> Result<Privacy, Error> {
        let asked = std::slice::from_ref(user);
        let chosen = self.shared.people.privacy(asked).await?;
        Ok(chosen.first().map_or_else(Privacy::default, |(_, it)| *it))
    }

    /// Lets others see this of a user from now on. Whoever shows nobody whether they are there is not shown others
    /// either.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), Error> {
        let hub = &self.shared.hub;
        let _decided = Afterwards(|| hub.shows_presence_to_others(user, &[]));
        self.shared.people.set_privacy(user, privacy).await?;
        let event = Event::PrivacyChanged(privacy.into());
        hub.publish_to_user(user, &event);
        // Those who watch are told in either case.
        if privacy.last_seen == Audience::Everyone {
            hub.shows_presence_to_others(user, &self.direct_peers(user).await?);
        }
        Ok(())
    }

    async fn direct_peers(&self, user: &UserId) -> Result<Vec<UserId>, Error> {
        let memberships = self.memberships(user).await?.into_iter();
        Ok(memberships
            .filter_map(|place| Some(place.peer?.0))
            .collect())
    }

    /// Those of `others` who block `user`.
    pub(super) async fn blockers(
        &self,
        user: &UserId,
        others: &[UserId],
    ) -> Result<Vec<UserId>, Error> {
        let blocks = self.shared.people.blocks(user, others).await?;
        let against = blocks.into_iter().filter(|block| block.other == *user);
        Ok(against.map(|block| block.by).collect())
    }

    /// For hosts that keep profiles themselves: a user's name or picture is another now, as every node is to know.
    /// Without, pages may show the earlier one for up to a minute.
    pub fn profile_changed(&self, user: &UserId) {
        self.shared.hub.profile_changed(user);
    }
}
