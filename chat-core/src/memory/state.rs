//! What is stored, and how it hangs together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::id::{
    ClientId, ConversationId, LoginId, MessageId, Rev, Seq, Timestamp, UploadId, UserId,
};
use crate::model::{
    Account, Conversation, Fingerprint, Login, Member, Message, Privacy, Profile, PushSubscription,
    Reaction, Reactor, Upload, has_words,
};

#[derive(Debug, Default)]
pub(super) struct State {
    /// Users without an account here.
    pub(super) profiles: BTreeMap<UserId, Profile>,
    pub(super) accounts: HashMap<UserId, Account>,
    /// By user name, which is also the order of listings.
    pub(super) usernames: BTreeMap<String, UserId>,
    pub(super) emails: HashMap<String, UserId>,
    pub(super) logins: HashMap<LoginId, Login>,
    pub(super) conversations: HashMap<ConversationId, Room>,
    /// Direct conversations by their two users, the lower first.
    pub(super) pairs: HashMap<(UserId, UserId), ConversationId>,
    /// Where each user is a member now.
    pub(super) rooms_of: HashMap<UserId, BTreeSet<ConversationId>>,
    /// How often each user became a member.
    pub(super) joins: HashMap<UserId, u64>,
    pub(super) uploads: BTreeMap<UploadId, Upload>,
    /// The places of the messages that hold an upload.
    pub(super) links: HashMap<UploadId, BTreeSet<(ConversationId, Seq)>>,
    pub(super) last_seen: HashMap<UserId, Timestamp>,
    /// Whom each user blocks, and since when.
    pub(super) blocks: HashMap<UserId, BTreeMap<UserId, Timestamp>>,
    pub(super) privacy: HashMap<UserId, Privacy>,
    /// By endpoint.
    pub(super) pushes: BTreeMap<String, PushSubscription>,
}

/// A conversation with everything in it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) conversation: Conversation,
    pub(super) active_at: Timestamp,
    /// Tombstones included.
    pub(super) members: BTreeMap<UserId, Member>,
    /// Message `seq` is at `seq - 1`.
    pub(super) messages: Vec<Message>,
    /// Ids rise, nearly: the place of the next one is where the last one went.
    pub(super) by_id: BTreeMap<MessageId, Seq>,
    /// What is kept beside messages, where it is something.
    pub(super) beside: BTreeMap<Seq, Beside>,
    pub(super) by_client_id: HashMap<(UserId, ClientId), Seq>,
    /// Who gave which message which reaction, in the order in which they did; none of them is empty.
    pub(super) reactions: BTreeMap<(Seq, Reaction), Vec<Reactor>>,
    /// The messages that were changed since they were stored, by the rev of the last change.
    pub(super) revised: BTreeMap<Rev, Seq>,
}

/// What is kept beside a message that is not as its sender sent it, or is found by other words than its text's.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    /// What the message is found by, where it is something else than the words of its text.
    pub(super) words: Option<Vec<String>>,
    /// Of the draft that it was.
    pub(super) fingerprint: Fingerprint,
}

impl Room {
    pub(super) fn new(conversation: Conversation, members: Vec<Member>) -> Self {
        Self {
            active_at: conversation.created_at,
            members: members
                .into_iter()
                .map(|member| (member.user.clone(), member))
                .collect(),
            messages: Vec::new(),
            by_id: BTreeMap::new(),
            beside: BTreeMap::new(),
            by_client_id: HashMap::new(),
            reactions: BTreeMap::new(),
            revised: BTreeMap::new(),
            conversation,
        }
    }

    /// The membership of `user`, if there is one now.
    pub(super) fn active(&self, user: &UserId) -> Option<&Member> {
        self.members.get(user).filter(|member| member.active)
    }

    pub(super) fn active_members(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.active)
    }

    /// Takes the next rev.
    pub(super) fn advance(&mut self) -> Rev {
        self.conversation.rev = self.conversation.rev.next();
        self.conversation.rev
    }

    pub(super) fn message(&self, seq: Seq) -> Option<&Message> {
        let place = usize::try_from(seq.get()).ok()?.checked_sub(1)?;
        self.messages.get(place)
    }

    /// The digest of the draft that a message was.
    pub(super) fn fingerprint(&self, message: &Message) -> Fingerprint {
        match self.beside.get(&message.seq) {
            Some(beside) => beside.fingerprint,
            None => message.fingerprint(),
        }
    }

    /// Whether a message is found by all of these.
    pub(super) fn has_words(&self, message: &Message, asked: &[String]) -> bool {
        let beside = self.beside.get(&message.seq);
        match beside.and_then(|beside| beside.words.as_ref()) {
            Some(words) => asked.iter().all(|word| words.contains(word)),
            None => has_words(&message.text, asked),
        }
    }

    pub(super) fn message_mut(&mut self, seq: Seq) -> Option<&mut Message> {
        let place = usize::try_from(seq.get()).ok()?.checked_sub(1)?;
        self.messages.get_mut(place)
    }

    /// The other side of a direct conversation.
    pub(super) fn peer_of(&self, user: &UserId) -> Option<&Member> {
        match self.conversation.kind {
            crate::model::ConversationKind::Direct => {
                self.members.values().find(|member| member.user != *user)
            }
            crate::model::ConversationKind::Group => None,
        }
    }
}
