//! Making conversations, changing them, and the inbox.

use std::collections::BTreeSet;

use crate::chat::{Chat, Error, validate};
use crate::id::{ConversationId, Epoch, Timestamp, UploadId, UserId};
use crate::model::{
    Change, ChangeKind, Changed, Conversation, Created, InboxEntry, Member, Membership,
    NewConversation, Profile, Purpose, Refusal, Role,
};
use crate::policy::Action;
use crate::protocol::{Code, Event};
use crate::store::InboxCursor;

/// How many members an opened conversation, and the event of having joined one, tells of.
const FIRST_MEMBERS: usize = 256;

/// A conversation as one of its members opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationDetails {
    /// The conversation.
    pub conversation: Conversation,
    /// The viewer's own membership.
    pub me: Member,
    /// Members by user id, at most 256.
    pub members: Vec<Member>,
    /// Their profiles.
    pub users: Vec<Profile>,
    /// Whether the request made it.
    pub is_new: bool,
}

/// A page of a user's inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// The rows, newest activity first.
    pub entries: Vec<InboxEntry>,
    /// The other sides of direct conversations and the senders of last messages.
    pub users: Vec<Profile>,
    /// The epoch of all revs.
    pub epoch: Epoch,
    /// Where the next page starts; none at the end.
    pub next: Option<InboxCursor>,
}

impl Chat {
    /// Opens the direct conversation with `peer`, making it if there is none.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NotFound`] for an unknown peer, and for one whom a block is to or from, if there is no
    /// conversation with them yet.
    pub async fn create_direct(
        &self,
        creator: &UserId,
        peer: &UserId,
    ) -> Result<ConversationDetails, Error> {
        if creator == peer {
            let detail = "a direct conversation is with somebody else";
            return Err(Error::invalid(
                Code::InvalidMembers,
                "participant_id",
                detail,
            ));
        }
        let known = self.shared.users.find(std::slice::from_ref(peer)).await?;
        if known.is_empty() {
            return Err(Error::NotFound);
        }
        let memberships = self.memberships(creator).await?;
        let has_one = memberships
            .iter()
            .any(|place| place.peer.as_ref().is_some_and(|(user, _)| user == peer));
        if !has_one {
            let asked = std::slice::from_ref(peer);
            if !self.shared.people.blocks(creator, asked).await?.is_empty() {
                return Err(Error::NotFound);
            }
        }
        self.ask(creator, Action::CreateDirect(peer)).await?;
        self.room_for_one_more(&memberships)?;
        let (creator, peer) = (creator.clone(), peer.clone());
        let (id, at) = (ConversationId::new(), Timestamp::now());
        self.create(
            NewConversation::Direct {
                id,
                creator: creator.clone(),
                peer,
                at,
            },
            &creator,
        )
        .await
    }

    /// Makes a group. The creator is its owner.
    ///
    /// # Errors
    /// [`Error`]; [`Code::InvalidMembers`] if a member is unknown or blocks the creator, or they are too many.
    pub async fn create_group(
        &self,
        creator: &UserId,
        name: &str,
        members: &[UserId],
    ) -> Result<ConversationDetails, Error> {
        let name = validate::group_name(name, &self.shared.limits)?;
        let members = self.known_members(creator, members).await?;
        self.ask(creator, Action::CreateGroup(&members)).await?;
        self.room_for_one_more(&self.memberships(creator).await?)?;
        let (id, at) = (ConversationId::new(), Timestamp::now());
        let new = NewConversation::Group {
            id,
            creator: creator.clone(),
            name,
            members,
            at,
        };
        self.create(new, creator).await
    }

    async fn create(
        &self,
        new: NewConversation,
        creator: &UserId,
    ) -> Result<ConversationDetails, Error> {
        let Created {
            conversation,
            mut members,
            is_new,
        } = self.shared.conversations.create(&new).await?;
        if is_new {
            let joined = members.iter().map(|member| member.user.clone()).collect();
            let views = members
                .iter()
                .take(FIRST_MEMBERS)
                .cloned()
                .map(Into::into)
                .collect();
            self.shared
                .hub
                .join(conversation.clone().into(), views, joined);
        }
        let me = members
            .iter()
            .find(|member| member.user == *creator)
            .cloned();
        let me = me.ok_or(Refusal::NotMember)?;
        members.truncate(FIRST_MEMBERS);
        let users = self
            .profiles(members.iter().map(|member| &member.user))
            .await?;
        Ok(ConversationDetails {
            conversation,
            me,
            members,
            users,
            is_new,
        })
    }

    /// Those who are to be members: known, each once, without the one who asks.
    async fn known_members(&self, asker: &UserId, asked: &[UserId]) -> Result<Vec<UserId>, Error> {
        let members: BTreeSet<&UserId> = asked.iter().filter(|user| *user != asker).collect();
        let members: Vec<UserId> = members.into_iter().cloned().collect();
        let problem = |detail| Error::invalid(Code::InvalidMembers, "participant_ids", detail);
        if members.len() >= self.shared.limits.group_members as usize {
            return Err(problem("more members than a group may have"));
        }
        if !members.is_empty() && self.shared.users.find(&members).await?.len() != members.len() {
            return Err(problem("somebody named is not a user"));
        }
        // Whoever blocks the asker is a stranger to them.
        if !self.blockers(asker, &members).await?.is_empty() {
            return Err(problem("somebody named is not a user"));
        }
        Ok(members)
    }

    fn room_for_one_more(&self, memberships: &[Membership]) -> Result<(), Error> {
        if memberships.len() < self.shared.limits.conversations {
            return Ok(());
        }
        Err(Error::invalid(
            Code::LimitExceeded,
            "conversations",
            "the user is in as many as allowed",
        ))
    }

    /// A conversation with its first members.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::NotMember`].
    pub async fn conversation(
        &self,
        viewer: &UserId,
        id: ConversationId,
    ) -> Result<ConversationDetails, Error> {
        let found = self.shared.conversations.find(id, viewer).await?;
        let (conversation, me) = found.ok_or(Refusal::NotMember)?;
        let (members, users) = self.members(viewer, id, None, Some(FIRST_MEMBERS)).await?;
        Ok(ConversationDetails {
            conversation,
            me,
            members,
            users,
            is_new: false,
        })
    }

    /// A page of members, by user id, and their profiles.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::NotMember`].
    pub async fn members(
        &self,
        viewer: &UserId,
        id: ConversationId,
        after: Option<&UserId>,
        limit: Option<usize>,
    ) -> Result<(Vec<Member>, Vec<Profile>), Error> {
        let limit = limit.map_or_else(
            || self.page(None),
            |limit| Ok(limit.clamp(1, FIRST_MEMBERS)),
        )?;
        let members = self
            .shared
            .conversations
            .members(id, viewer, after, limit)
            .await?;
        let members = members.ok_or(Refusal::NotMember)?;
        let users = self
            .profiles(members.iter().map(|member| &member.user))
            .await?;
        Ok((members, users))
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// [`Error`]; the rules are [`Change::judge`]'s.
    pub async fn rename(
        &self,
        actor: &UserId,
        id: ConversationId,
        name: &str,
    ) -> Result<Changed, Error> {
        let name = validate::group_name(name, &self.shared.limits)?;
        self.change(actor, id, ChangeKind::Rename(name)).await
    }

    /// Gives a group another picture: an upload of the actor's own, made as an avatar.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::UnknownUpload`].
    pub async fn set_avatar(
        &self,
        actor: &UserId,
        id: ConversationId,
        avatar: Option<UploadId>,
    ) -> Result<Changed, Error> {
        self.own_avatar(actor, avatar).await?;
        self.change(actor, id, ChangeKind::Avatar(avatar)).await
    }

    /// Checks that `avatar`, if any, is an avatar that `owner` uploaded.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::UnknownUpload`].
    pub async fn own_avatar(&self, owner: &UserId, avatar: Option<UploadId>) -> Result<(), Error> {
        let Some(avatar) = avatar else { return Ok(()) };
        let owned = self.shared.uploads.owned(owner, &[avatar]).await?;
        if owned.iter().any(|upload| upload.purpose == Purpose::Avatar) {
            return Ok(());
        }
        Err(Refusal::UnknownUpload.into())
    }

    /// Adds users to a group.
    ///
    /// # Errors
    /// [`Error`]; [`Code::InvalidMembers`] if one is unknown or blocks the actor; the rules are [`Change::judge`]'s.
    pub async fn add_members(
        &self,
        actor: &UserId,
        id: ConversationId,
        users: &[UserId],
    ) -> Result<Changed, Error> {
        let users = self.known_members(actor, users).await?;
        self.change(actor, id, ChangeKind::Add(users)).await
    }

    /// Removes a member from a group.
    ///
    /// # Errors
    /// [`Error`]; the rules are [`Change::judge`]'s.
    pub async fn remove_member(
        &self,
        actor: &UserId,
        id: ConversationId,
        user: &UserId,
    ) -> Result<Changed, Error> {
        self.change(actor, id, ChangeKind::Remove(user.clone()))
            .await
    }

    /// Leaves a group.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::LastOwner`].
    pub async fn leave(&self, actor: &UserId, id: ConversationId) -> Result<Changed, Error> {
        self.change(actor, id, ChangeKind::Leave).await
    }

    /// Gives a member a role.
    ///
    /// # Errors
    /// [`Error`]; the rules are [`Change::judge`]'s.
    pub async fn set_role(
        &self,
        actor: &UserId,
        id: ConversationId,
        user: &UserId,
        role: Role,
    ) -> Result<Changed, Error> {
        self.change(actor, id, ChangeKind::SetRole(user.clone(), role))
            .await
    }

    async fn change(
        &self,
        actor: &UserId,
        id: ConversationId,
        kind: ChangeKind,
    ) -> Result<Changed, Error> {
        self.ask(actor, Action::Change(id, &kind)).await?;
        let adds = matches!(kind, ChangeKind::Add(_));
        let change = Change {
            conversation: id,
            actor: actor.clone(),
            kind,
            at: Timestamp::now(),
            max_members: self.shared.limits.group_members,
        };
        let changed = self.shared.conversations.change(&change).await??;
        self.shared.hub.publish(id, Event::of_change(&changed));
        if adds && !changed.members.is_empty() {
            self.tell_joined(actor, &changed).await?;
        }
        Ok(changed)
    }

    /// Lets the new members' connections in, with the members that the actor sees.
    async fn tell_joined(&self, actor: &UserId, changed: &Changed) -> Result<(), Error> {
        let joined: Vec<UserId> = changed
            .members
            .iter()
            .map(|member| member.user.clone())
            .collect();
        let id = changed.conversation.id;
        let members = self
            .shared
            .conversations
            .members(id, actor, None, FIRST_MEMBERS)
            .await?;
        let members = members
            .unwrap_or_else(|| changed.members.clone())
            .into_iter()
            .map(Into::into);
        self.shared.hub.join(
            changed.conversation.clone().into(),
            members.collect(),
            joined,
        );
        Ok(())
    }

    /// All conversations that a user is in.
    pub(crate) async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, Error> {
        Ok(self.shared.conversations.memberships(user).await?)
    }

    /// How often a user became a member.
    pub(crate) async fn join_count(&self, user: &UserId) -> Result<u64, Error> {
        let asked = std::slice::from_ref(user);
        let counts = self.shared.conversations.join_counts(asked).await?;
        Ok(counts.first().map_or(0, |(_, count)| *count))
    }

    /// A page of a user's inbox.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: Option<usize>,
    ) -> Result<Inbox, Error> {
        let limit = self.page(limit)?;
        let asked = self.shared.conversations.inbox(user, after, limit + 1);
        let mut entries = asked.await?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let peers = entries
            .iter()
            .filter_map(|entry| Some(&entry.peer.as_ref()?.user));
        let senders = entries
            .iter()
            .filter_map(|entry| Some(&entry.last_message.as_ref()?.sender));
        let users = self.profiles(peers.chain(senders)).await?;
        let next = entries.last().filter(|_| more).map(|entry| InboxCursor {
            active_at: entry.active_at,
            conversation: entry.conversation.id,
        });
        Ok(Inbox {
            entries,
            users,
            epoch: self.epoch().await?,
            next,
        })
    }
}
