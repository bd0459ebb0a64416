//! All of one user. Memory cannot be damaged from outside, so it finds nothing.

use async_trait::async_trait;

use super::MemoryStore;
use super::state::{Beside, Room, State};
use crate::id::{ConversationId, MessageId, Seq, Timestamp, UploadId, UserId};
use crate::model::{
    Fingerprint, KeptText, Member, Message, MessageKind, Reacted, Retext, Role, Upload,
};
use crate::store::{AdminStore, Damage, Erased, StoreError};

#[async_trait]
impl AdminStore for MemoryStore {
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let state = self.lock();
        let mut rooms: Vec<&Room> = state.conversations.values().collect();
        rooms.sort_by_key(|room| room.conversation.id);
        let messages = rooms.into_iter().flat_map(|room| &room.messages);
        let behind = |message: &&Message| {
            after.is_none_or(|after| (message.conversation, message.seq) > after)
        };
        let sent = messages
            .filter(|message| message.sender == *user)
            .filter(behind);
        Ok(sent.take(limit).cloned().collect())
    }

    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        let state = self.lock();
        let uploads = state
            .uploads
            .values()
            .filter(|upload| upload.owner == *user);
        let behind = uploads.filter(|upload| after.is_none_or(|after| upload.id > after));
        Ok(behind.take(limit).cloned().collect())
    }

    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>, StoreError> {
        let state = self.lock();
        let rooms = state.conversations.values();
        let mut reacted: Vec<Reacted> = rooms.flat_map(|room| room.reactions_of(user)).collect();
        let place = |one: &Reacted| (one.conversation, one.seq, one.reaction.clone());
        reacted.retain(|one| after.is_none_or(|after| place(one) > place(after)));
        reacted.sort_by_key(place);
        reacted.truncate(limit);
        Ok(reacted)
    }

    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>, StoreError> {
        let state = self.lock();
        let rooms = state.conversations.iter();
        let mut rows: Vec<_> = rooms
            .filter_map(|(id, room)| Some((*id, room.members.get(user)?.clone())))
            .collect();
        rows.sort_by_key(|(id, _)| *id);
        Ok(rows)
    }

    async fn erase(&self, user: &UserId, _at: Timestamp) -> Result<Erased, StoreError> {
        Ok(self.lock().erase(user))
    }

    async fn texts(
        &self,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<KeptText>, StoreError> {
        Ok(self.lock().texts(before, limit))
    }

    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let replaced = texts.iter().filter(|text| state.replace_text(text));
        Ok(replaced.count() as u64)
    }

    async fn audit(&self, _limit: usize) -> Result<Vec<Damage>, StoreError> {
        Ok(Vec::new())
    }
}

impl State {
    fn erase(&mut self, user: &UserId) -> Erased {
        if let Some(account) = self.accounts.remove(user) {
            self.usernames.remove(&account.username);
            self.emails.remove(&account.email);
        }
        self.profiles.remove(user);
        self.logins.retain(|_, login| login.user != *user);
        self.last_seen.remove(user);
        self.forget_decisions(user);
        self.forget_pushes(user);
        self.rooms_of.remove(user);
        self.joins.remove(user);
        let owned = self.uploads.values().filter(|upload| upload.owner == *user);
        let mut erased = Erased {
            uploads: owned.cloned().collect(),
            ..Erased::default()
        };
        for upload in &erased.uploads {
            self.uploads.remove(&upload.id);
            self.links.remove(&upload.id);
        }
        for room in self.conversations.values_mut() {
            room.forget_avatar(&erased.uploads);
            erased.conversations += u64::from(room.expel(user));
            erased.reactions += room.forget_reactions(user);
            erased.messages += room.blank(user);
        }
        erased
    }
}

impl Room {
    fn reactions_of(&self, user: &UserId) -> Vec<Reacted> {
        let all = self.reactions.iter();
        let mine = all.filter_map(|((seq, reaction), reactors)| {
            let mine = reactors.iter().find(|reactor| reactor.user == *user)?;
            Some(Reacted {
                conversation: self.conversation.id,
                seq: *seq,
                reaction: reaction.clone(),
                at: mine.at,
            })
        });
        mine.collect()
    }

    fn forget_avatar(&mut self, gone: &[Upload]) {
        if gone
            .iter()
            .any(|upload| Some(upload.id) == self.conversation.avatar)
        {
            self.set(|conversation| conversation.avatar = None);
        }
    }

    /// Ends a membership, if there is one; a group keeps an owner.
    fn expel(&mut self, user: &UserId) -> bool {
        let Some(me) = self.active(user) else {
            return false;
        };
        let others = || self.active_members().filter(|member| member.user != *user);
        let is_last_owner =
            me.role == Role::Owner && others().all(|member| member.role != Role::Owner);
        let heir = others().min_by_key(|member| (std::cmp::Reverse(member.role), member.joined_at));
        let heir = heir
            .filter(|_| is_last_owner)
            .map(|member| member.user.clone());
        if let Some(heir) = heir {
            self.touch(&heir, |member| member.role = Role::Owner);
        }
        self.touch(user, |member| member.active = false);
        true
    }

    /// Takes the content of a sender's messages.
    fn blank(&mut self, sender: &UserId) -> u64 {
        self.by_client_id.retain(|(of, _), _| of != sender);
        let mut count = 0;
        let all = self.messages.iter_mut();
        for message in all.filter(|message| message.sender == *sender) {
            count += u64::from(message.kind != MessageKind::Deleted);
            *message = message.tombstone();
            message.client_id = None;
            let nothing = Beside {
                words: None,
                fingerprint: Fingerprint::default(),
            };
            self.beside.insert(message.seq, nothing);
        }
        count
    }
}
