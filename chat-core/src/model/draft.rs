//! A message on its way into the store.

use sha2::{Digest, Sha256};

use crate::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UserId};
use crate::model::{Attachment, Blind, Message, MessageKind, Quoted, words};

/// A message to append, checked by the use case: all of it but the numbers that the store gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The id to give it, if it is new.
    pub id: MessageId,
    /// Where it goes.
    pub conversation: ConversationId,
    /// Who sends it.
    pub sender: UserId,
    /// The sender's own id for it; without one there is no exactly-once.
    pub client_id: Option<ClientId>,
    /// What it mainly is.
    pub kind: MessageKind,
    /// The text.
    pub text: String,
    /// What is attached: uploads of the sender.
    pub attachments: Vec<Attachment>,
    /// A message of the same conversation that the sender can see.
    pub reply_to: Option<MessageId>,
    /// When the server took it.
    pub at: Timestamp,
    /// What is kept beside the text if it is sealed; none of a plain text.
    pub blind: Option<Blind>,
}

/// Digest of what a sender said under a client id: tells a retry from another message.
pub type Fingerprint = [u8; 16];

impl Draft {
    /// A text of the host's own, as its shop or its robot says it: nothing of it is checked, and
    /// neither a rate nor the policy is asked. For what a user says,
    /// [`Chat::draft`](crate::chat::Chat::draft) asks them.
    #[must_use]
    pub fn text(conversation: ConversationId, sender: UserId, text: impl Into<String>) -> Self {
        Self {
            id: MessageId::new(),
            conversation,
            sender,
            client_id: None,
            kind: MessageKind::Text,
            text: text.into(),
            attachments: Vec::new(),
            reply_to: None,
            at: Timestamp::now(),
            blind: None,
        }
    }

    /// What the message is found by: the [`words`] of its text, or what is given in their place.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        match &self.blind {
            Some(blind) => blind.words.clone(),
            None => words(&self.text),
        }
    }

    /// The digest of everything the sender chose. Stores keep it beside the client id.
    ///
    /// Of a plain text the first 128 bits of SHA-256 over the fields, each behind its length; of a sealed one what
    /// is given. It is kept for ever, so it must never change.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match &self.blind {
            Some(blind) => blind.fingerprint,
            None => fingerprint(&self.text, self.kind, &self.attachments, self.reply_to),
        }
    }

    /// The message that it becomes with the numbers that the store gives.
    #[must_use]
    pub fn stored(&self, seq: Seq, rev: Rev, reply_to: Option<Quoted>) -> Message {
        Message {
            id: self.id,
            conversation: self.conversation,
            seq,
            rev,
            sender: self.sender.clone(),
            client_id: self.client_id.clone(),
            kind: self.kind,
            text: self.text.clone(),
            attachments: self.attachments.clone(),
            reply_to,
            created_at: self.at,
            first_rev: rev,
            edited_at: None,
            reactions: Vec::new(),
        }
    }
}

impl Message {
    /// The digest of the draft that it was, if it was not sealed and nobody revised it.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let reply_to = self.reply_to.map(|quoted| quoted.id);
        fingerprint(&self.text, self.kind, &self.attachments, reply_to)
    }
}

fn fingerprint(
    text: &str,
    kind: MessageKind,
    attachments: &[Attachment],
    reply_to: Option<MessageId>,
) -> Fingerprint {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    let kind: &[u8] = match kind {
        MessageKind::Text => b"text",
        MessageKind::Image => b"image",
        MessageKind::Video => b"video",
        MessageKind::Audio => b"audio",
        MessageKind::File => b"file",
        MessageKind::Deleted => b"deleted",
    };
    field(kind);
    field(text.as_bytes());
    for attachment in attachments {
        field(attachment.upload.as_uuid().as_bytes());
    }
    if let Some(reply_to) = reply_to {
        field(b"reply");
        field(reply_to.as_uuid().as_bytes());
    }
    let digest = hash.finalize();
    std::array::from_fn(|i| digest[i])
}

/// What an append gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The stored message: of the first send, if this one repeats it.
    pub message: Message,
    /// Whether this call stored it; false for a repetition.
    pub is_new: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> Draft {
        Draft::text(ConversationId::new(), UserId::new("a").unwrap(), text)
    }

    #[test]
    fn a_fingerprint_depends_on_what_was_said_and_on_nothing_else() {
        assert_eq!(draft("hello").fingerprint(), draft("hello").fingerprint());
        assert_ne!(draft("hello").fingerprint(), draft("hello!").fingerprint());
        let reply = Draft {
            reply_to: Some(MessageId::new()),
            ..draft("hello")
        };
        assert_ne!(draft("hello").fingerprint(), reply.fingerprint());
    }

    #[test]
    fn a_fingerprint_stays_what_it_was_in_earlier_releases() {
        let hex: String = draft("hello")
            .fingerprint()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();

        assert_eq!(hex, "d246870a27c7c0ff7762ea4364aee067");
    }
}
