//! How a batch of drafts becomes messages: the rules, once, for every store.
//!
//! A store loads what the batch touches under the conversations' locks, asks [`Ledger::decide`]
//! for one draft after the other, and writes what was new.

use std::collections::{HashMap, HashSet};

use crate::id::{ClientId, ConversationId, MessageId, Rev, Seq, UploadId, UserId};
use crate::model::{Appended, Draft, Fingerprint, Message, Quoted, Refusal};

/// Whose client id, and where.
type Key = (ConversationId, UserId, ClientId);

/// What a store knows of a batch's drafts, and what comes to be known as they are decided.
#[derive(Debug, Default)]
pub struct Ledger {
    heads: HashMap<ConversationId, (Seq, Rev)>,
    senders: HashMap<(ConversationId, UserId), Seq>,
    barred: HashSet<ConversationId>,
    earlier: HashMap<Key, (Fingerprint, Message)>,
    places: HashMap<MessageId, (ConversationId, Seq)>,
    owners: HashMap<UploadId, UserId>,
}

impl Ledger {
    /// Notes the last seq and rev of a conversation.
    pub fn head(&mut self, conversation: ConversationId, seq: Seq, rev: Rev) {
        self.heads.insert(conversation, (seq, rev));
    }

    /// Notes an active member, and from where on it sees.
    pub fn member(&mut self, conversation: ConversationId, user: UserId, visible_from: Seq) {
        self.senders.insert((conversation, user), visible_from);
    }

    /// Notes a direct conversation between whose two a block stands.
    pub fn bar(&mut self, conversation: ConversationId) {
        self.barred.insert(conversation);
    }

    /// Notes a message that was stored under a client id which the batch uses again.
    pub fn earlier(&mut self, fingerprint: Fingerprint, message: Message) {
        if let Some(client_id) = message.client_id.clone() {
            let key = (message.conversation, message.sender.clone(), client_id);
            self.earlier.insert(key, (fingerprint, message));
        }
    }

    /// Notes where a message is that the batch replies to.
    pub fn place(&mut self, message: MessageId, conversation: ConversationId, seq: Seq) {
        self.places.insert(message, (conversation, seq));
    }

    /// Notes whose upload it is that the batch attaches.
    pub fn owner(&mut self, upload: UploadId, owner: UserId) {
        self.owners.insert(upload, owner);
    }

    /// Decides the batch's next draft, with everything decided before it.
    ///
    /// # Errors
    /// The [`Refusal`] that the contract of [`MessageStore`](crate::store::MessageStore) asks for.
    pub fn decide(&mut self, draft: &Draft) -> Result<Appended, Refusal> {
        let sender = (draft.conversation, draft.sender.clone());
        let (Some(&(seq, rev)), Some(&visible_from)) = (
            self.heads.get(&draft.conversation),
            self.senders.get(&sender),
        ) else {
            return Err(Refusal::NotMember);
        };
        let key = draft.client_id.clone().map(|id| (sender.0, sender.1, id));
        if let Some((first, message)) = key.as_ref().and_then(|key| self.earlier.get(key)) {
            let message = message.clone();
            return match *first == draft.fingerprint() {
                true => Ok(Appended {
                    message,
                    is_new: false,
                }),
                false => Err(Refusal::ClientIdReused),
            };
        }
        if self.barred.contains(&draft.conversation) {
            return Err(Refusal::Blocked);
        }
        let reply_to = self.quoted(draft, visible_from)?;
        let mut uploads = draft
            .attachments
            .iter()
            .map(|attachment| &attachment.upload);
        if !uploads.all(|upload| self.owners.get(upload) == Some(&draft.sender)) {
            return Err(Refusal::UnknownUpload);
        }
        let message = draft.stored(seq.next(), rev.next(), reply_to);
        self.head(draft.conversation, message.seq, message.rev);
        self.place(draft.id, draft.conversation, message.seq);
        if message.client_id.is_some() {
            self.earlier(draft.fingerprint(), message.clone());
        }
        Ok(Appended {
            message,
            is_new: true,
        })
    }

    fn quoted(&self, draft: &Draft, visible_from: Seq) -> Result<Option<Quoted>, Refusal> {
        let Some(id) = draft.reply_to else {
            return Ok(None);
        };
        match self.places.get(&id) {
            Some(&(conversation, seq))
                if conversation == draft.conversation && seq > visible_from =>
            {
                Ok(Some(Quoted { id, seq }))
            }
            _ => Err(Refusal::UnknownReply),
        }
    }
}
