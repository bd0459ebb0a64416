//! Blocks, and what users let others see.

use std::collections::BTreeSet;
use std::ops::Bound;

use async_trait::async_trait;

use super::MemoryStore;
use super::state::{Room, State};
use crate::id::{ConversationId, Timestamp, UserId};
use crate::model::{Block, Blocking, ConversationKind, Privacy};
use crate::store::{PeopleStore, StoreError};

impl State {
    /// Whether one of the two blocks the other.
    fn stands_between(&self, one: &UserId, two: &UserId) -> bool {
        let blocks = |by: &UserId, other: &UserId| {
            let by = self.blocks.get(by);
            by.is_some_and(|others| others.contains_key(other))
        };
        blocks(one, two) || blocks(two, one)
    }

    /// Whether a block stands between the two of a direct conversation.
    pub(super) fn is_barred(&self, room: &Room) -> bool {
        let mut sides = room.members.keys();
        match (room.conversation.kind, sides.next(), sides.next()) {
            (ConversationKind::Direct, Some(one), Some(two)) => self.stands_between(one, two),
            (ConversationKind::Direct | ConversationKind::Group, ..) => false,
        }
    }

    /// Takes away all blocks by and against a user, and what the user let others see.
    pub(super) fn forget_decisions(&mut self, user: &UserId) {
        self.privacy.remove(user);
        self.blocks.remove(user);
        for others in self.blocks.values_mut() {
            others.remove(user);
        }
    }
}

#[async_trait]
impl PeopleStore for MemoryStore {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError> {
        let mut state = self.lock();
        let others = state.blocks.entry(user.clone()).or_default();
        if others.contains_key(other) {
            return Ok(Blocking::Known);
        }
        if others.len() >= at_most {
            return Ok(Blocking::Full);
        }
        others.insert(other.clone(), at);
        Ok(Blocking::New)
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let others = state.blocks.get_mut(user);
        Ok(others.is_some_and(|others| others.remove(other).is_some()))
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let state = self.lock();
        let Some(others) = state.blocks.get(user) else {
            return Ok(Vec::new());
        };
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = others.range::<UserId, _>((after, Bound::Unbounded));
        let page = behind.take(limit).map(|(other, at)| (other.clone(), *at));
        Ok(page.collect())
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError> {
        let state = self.lock();
        let block = |by: &UserId, other: &UserId| {
            let stands = state.blocks.get(by)?.contains_key(other);
            stands.then(|| Block {
                by: by.clone(),
                other: other.clone(),
            })
        };
        let others: BTreeSet<&UserId> = others.iter().filter(|other| *other != viewer).collect();
        let blocks = others
            .into_iter()
            .flat_map(|other| [block(viewer, other), block(other, viewer)]);
        Ok(blocks.flatten().collect())
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        let state = self.lock();
        let room = state.conversations.get(&conversation);
        Ok(room.is_some_and(|room| state.is_barred(room)))
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError> {
        self.lock().privacy.insert(user.clone(), privacy);
        Ok(())
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        let state = self.lock();
        let users: BTreeSet<&UserId> = users.iter().collect();
        let chosen = users
            .into_iter()
            .filter_map(|user| Some((user.clone(), *state.privacy.get(user)?)));
        Ok(chosen.collect())
    }
}
