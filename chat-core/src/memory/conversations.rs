//! Conversations, members, markers and the inbox.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use super::state::{Room, State};
use crate::id::{ConversationId, Rev, Seq, Timestamp, UploadId, UserId};
use crate::model::{
    Change, Changed, Conversation, ConversationKind, Created, InboxEntry, Mark, MarkKind, Marked,
    Markers, Member, Membership, NewConversation, Refusal, Role, Standing, Verdict,
};
use crate::store::{ConversationStore, InboxCursor, StoreError};

/// The rev of a conversation's creation.
const FIRST: Rev = Rev::ZERO.next();

#[async_trait]
impl ConversationStore for MemoryStore {
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError> {
        Ok(self.lock().create(new))
    }

    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError> {
        let state = self.lock();
        let found = state
            .conversations
            .get(&id)
            .and_then(|room| Some((room, room.active(viewer)?)));
        Ok(found.map(|(room, me)| (room.conversation.clone(), me.clone())))
    }

    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let state = self.lock();
        let room = state
            .conversations
            .get(&id)
            .filter(|room| room.active(viewer).is_some());
        let page = |room: &Room| {
            let behind = room
                .active_members()
                .filter(|member| after.is_none_or(|after| member.user > *after));
            behind.take(limit).cloned().collect()
        };
        Ok(room.map(page))
    }

    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError> {
        Ok(self.lock().change(change))
    }

    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError> {
        let mut state = self.lock();
        Ok(marks.iter().map(|mark| state.mark(mark)).collect())
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        let state = self.lock();
        Ok(state
            .rooms(user)
            .filter_map(|room| membership(room, user))
            .collect())
    }

    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError> {
        let state = self.lock();
        let asked: BTreeSet<&UserId> = users.iter().collect();
        let counts = asked
            .into_iter()
            .filter_map(|user| Some((user.clone(), *state.joins.get(user)?)));
        Ok(counts.collect())
    }

    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        let state = self.lock();
        let shares = |user: &UserId| {
            user == viewer || state.rooms(viewer).any(|room| room.active(user).is_some())
        };
        let among: BTreeSet<&UserId> = among.iter().collect();
        Ok(among
            .into_iter()
            .filter(|user| shares(user))
            .cloned()
            .collect())
    }

    async fn unreached(
        &self,
        id: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        let state = self.lock();
        let Some(room) = state.conversations.get(&id) else {
            return Ok(Vec::new());
        };
        let members = room.active_members();
        let behind = members.filter(|member| after.is_none_or(|after| member.user > *after));
        let unreached = behind.filter(|member| member.markers.delivered < seq);
        Ok(unreached.take(limit).cloned().collect())
    }

    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError> {
        let state = self.lock();
        let place = |room: &Room| InboxCursor {
            active_at: room.active_at,
            conversation: room.conversation.id,
        };
        let mut rooms: Vec<&Room> = state
            .rooms(user)
            .filter(|room| after.is_none_or(|after| place(room) < after))
            .collect();
        rooms.sort_by_key(|room| Reverse(place(room)));
        Ok(rooms
            .into_iter()
            .take(limit)
            .filter_map(|room| entry(room, user))
            .collect())
    }
}

fn membership(room: &Room, user: &UserId) -> Option<Membership> {
    let me = room.active(user)?;
    Some(Membership {
        conversation: room.conversation.id,
        kind: room.conversation.kind,
        rev: room.conversation.rev,
        last_seq: room.conversation.last_seq,
        visible_from: me.visible_from,
        markers: me.markers,
        peer: room
            .peer_of(user)
            .map(|peer| (peer.user.clone(), peer.markers)),
    })
}

fn entry(room: &Room, user: &UserId) -> Option<InboxEntry> {
    let me = room.active(user)?;
    let last = room
        .messages
        .last()
        .filter(|message| message.seq > me.visible_from);
    Some(InboxEntry {
        conversation: room.conversation.clone(),
        me: me.clone(),
        peer: room.peer_of(user).cloned(),
        last_message: last.cloned(),
        active_at: room.active_at,
    })
}

impl State {
    fn rooms(&self, user: &UserId) -> impl Iterator<Item = &Room> {
        let ids = self.rooms_of.get(user).into_iter().flatten();
        ids.filter_map(|id| self.conversations.get(id))
    }

    fn create(&mut self, new: &NewConversation) -> Created {
        match new {
            NewConversation::Direct {
                id,
                creator,
                peer,
                at,
            } => {
                let pair = (creator.min(peer).clone(), creator.max(peer).clone());
                if let Some(room) = self
                    .pairs
                    .get(&pair)
                    .and_then(|known| self.conversations.get(known))
                {
                    return created(room, false);
                }
                self.pairs.insert(pair, *id);
                let members = BTreeSet::from([creator, peer]);
                let members = members
                    .into_iter()
                    .map(|user| member(user, Role::Member, *at))
                    .collect();
                self.open_room(
                    conversation(*id, ConversationKind::Direct, None, creator, *at),
                    members,
                )
            }
            NewConversation::Group {
                id,
                creator,
                name,
                members,
                at,
            } => {
                let role = |user: &UserId| {
                    if user == creator {
                        Role::Owner
                    } else {
                        Role::Member
                    }
                };
                let users: BTreeSet<&UserId> = members.iter().chain([creator]).collect();
                let members = users
                    .into_iter()
                    .map(|user| member(user, role(user), *at))
                    .collect();
                let name = Some(name.clone());
                self.open_room(
                    conversation(*id, ConversationKind::Group, name, creator, *at),
                    members,
                )
            }
        }
    }

    fn open_room(&mut self, mut conversation: Conversation, members: Vec<Member>) -> Created {
        conversation.member_count = u32::try_from(members.len()).unwrap_or(u32::MAX);
        for member in &members {
            self.join(&member.user, conversation.id);
        }
        let room = Room::new(conversation, members);
        let answer = created(&room, true);
        self.conversations.insert(answer.conversation.id, room);
        answer
    }

    fn change(&mut self, change: &Change) -> Result<Changed, Refusal> {
        let room = self
            .conversations
            .get_mut(&change.conversation)
            .ok_or(Refusal::NotMember)?;
        let verdict = change.judge(&standing(room, change))?;
        let changed = match verdict {
            Verdict::Nothing => changed(room, false, Vec::new()),
            Verdict::Rename(name) => room.set(|conversation| conversation.name = Some(name)),
            Verdict::Avatar(avatar) => room.set(|conversation| set_avatar(conversation, avatar)),
            Verdict::Add(users) => {
                let added = users
                    .iter()
                    .map(|user| room.admit(user, change.at))
                    .collect();
                changed(room, false, added)
            }
            Verdict::Remove(user) => {
                let removed = room.touch(&user, |member| member.active = false);
                changed(room, false, removed.into_iter().collect())
            }
            Verdict::SetRole(user, role) => {
                let raised = room.touch(&user, |member| member.role = role);
                changed(room, false, raised.into_iter().collect())
            }
        };
        for member in &changed.members {
            match member.active {
                true => self.join(&member.user, change.conversation),
                false => self.part(&member.user, change.conversation),
            }
        }
        Ok(changed)
    }

    /// Notes that the user is in the conversation; counts it if that is new.
    fn join(&mut self, user: &UserId, id: ConversationId) {
        let rooms = self.rooms_of.entry(user.clone()).or_default();
        if rooms.insert(id) {
            *self.joins.entry(user.clone()).or_default() += 1;
        }
    }

    fn part(&mut self, user: &UserId, id: ConversationId) {
        if let Some(rooms) = self.rooms_of.get_mut(user) {
            rooms.remove(&id);
        }
    }

    fn mark(&mut self, mark: &Mark) -> Result<Marked, Refusal> {
        let barred = self
            .conversations
            .get(&mark.conversation)
            .is_some_and(|room| self.is_barred(room));
        let room = self
            .conversations
            .get_mut(&mark.conversation)
            .ok_or(Refusal::NotMember)?;
        let member = room
            .members
            .get_mut(&mark.user)
            .filter(|member| member.active);
        let member = member.ok_or(Refusal::NotMember)?;
        if mark.seq > room.conversation.last_seq {
            return Err(Refusal::PastHead);
        }
        let before = member.markers;
        member.markers.delivered = before.delivered.max(mark.seq);
        if mark.kind == MarkKind::Read {
            member.markers.read = before.read.max(mark.seq);
        }
        Ok(Marked {
            markers: member.markers,
            moved: member.markers != before,
            kind: room.conversation.kind,
            member_count: room.conversation.member_count,
            barred,
        })
    }
}

impl Room {
    pub(super) fn set(&mut self, set: impl FnOnce(&mut Conversation)) -> Changed {
        set(&mut self.conversation);
        self.conversation.settings_rev = self.advance();
        changed(self, true, Vec::new())
    }

    /// Makes a user a member, new or again.
    fn admit(&mut self, user: &UserId, at: Timestamp) -> Member {
        let rev = self.advance();
        let here = self.conversation.last_seq;
        let markers = Markers {
            delivered: here,
            read: here,
        };
        let fresh = Member {
            rev,
            visible_from: here,
            markers,
            ..member(user, Role::Member, at)
        };
        self.members.insert(user.clone(), fresh.clone());
        self.count();
        fresh
    }

    pub(super) fn touch(&mut self, user: &UserId, set: impl FnOnce(&mut Member)) -> Option<Member> {
        if !self.members.contains_key(user) {
            return None;
        }
        let rev = self.advance();
        let member = self.members.get_mut(user)?;
        set(member);
        member.rev = rev;
        let member = member.clone();
        self.count();
        Some(member)
    }

    fn count(&mut self) {
        self.conversation.member_count =
            u32::try_from(self.active_members().count()).unwrap_or(u32::MAX);
    }
}

fn standing(room: &Room, change: &Change) -> Standing {
    let concerned = change.concerns().into_iter();
    let roles = concerned.filter_map(|user| Some((user.clone(), room.active(user)?.role)));
    let owners = room
        .active_members()
        .filter(|member| member.role == Role::Owner)
        .count();
    Standing {
        kind: room.conversation.kind,
        roles: roles.collect(),
        members: room.conversation.member_count,
        owners: u32::try_from(owners).unwrap_or(u32::MAX),
    }
}

fn created(room: &Room, is_new: bool) -> Created {
    Created {
        conversation: room.conversation.clone(),
        members: room.members.values().cloned().collect(),
        is_new,
    }
}

fn changed(room: &Room, settings_changed: bool, members: Vec<Member>) -> Changed {
    Changed {
        conversation: room.conversation.clone(),
        settings_changed,
        members,
    }
}

const fn set_avatar(conversation: &mut Conversation, avatar: Option<UploadId>) {
    conversation.avatar = avatar;
}

fn conversation(
    id: ConversationId,
    kind: ConversationKind,
    name: Option<String>,
    creator: &UserId,
    at: Timestamp,
) -> Conversation {
    Conversation {
        id,
        kind,
        name,
        avatar: None,
        created_by: creator.clone(),
        created_at: at,
        last_seq: Seq::ZERO,
        rev: FIRST,
        settings_rev: FIRST,
        member_count: 0,
    }
}

fn member(user: &UserId, role: Role, at: Timestamp) -> Member {
    Member {
        user: user.clone(),
        role,
        active: true,
        joined_at: at,
        rev: FIRST,
        visible_from: Seq::ZERO,
        markers: Markers::default(),
    }
}
