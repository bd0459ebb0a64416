//! Appending messages.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use super::state::{Beside, Room, State};
use crate::id::{ConversationId, Epoch, MessageId, Rev, Seq, UploadId, UserId};
use crate::model::{
    Appended, Changes, Draft, Markers, Message, Quoted, Reactor, Refusal, Revised, Revision,
};
use crate::store::{MessageStore, ReactorQuery, SearchQuery, Since, StoreError, Window};

#[async_trait]
impl MessageStore for MemoryStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        Ok(self.epoch)
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        let mut state = self.lock();
        Ok(drafts.iter().map(|draft| state.append(draft)).collect())
    }

    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError> {
        Ok(self.lock().revise(revision))
    }

    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let state = self.lock();
        let room = state.conversations.get(&conversation);
        Ok(room.and_then(|room| room.visible(viewer, message).cloned()))
    }

    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError> {
        let state = self.lock();
        let room = state.conversations.get(&query.conversation);
        Ok(room.and_then(|room| room.reactors(viewer, query)))
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        let state = self.lock();
        let room = state.conversations.get(&conversation);
        let found = room.and_then(|room| Some((room, room.active(viewer)?)));
        Ok(found.map(|(room, me)| room.history(me.visible_from, window, limit)))
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        let state = self.lock();
        let found = since.iter().filter_map(|place| {
            let room = state.conversations.get(&place.conversation)?;
            Some(room.changes(place.rev, limit))
        });
        Ok(found.collect())
    }

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        let state = self.lock();
        let asked: BTreeSet<&ConversationId> = conversations.iter().collect();
        let rooms = asked
            .into_iter()
            .filter_map(|id| state.conversations.get(id));
        Ok(rooms
            .map(|room| (room.conversation.id, room.conversation.rev))
            .collect())
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        if query.words.is_empty() {
            return Ok(Vec::new());
        }
        let state = self.lock();
        let asked: BTreeSet<&ConversationId> = query.conversations.iter().collect();
        let rooms = asked
            .into_iter()
            .filter_map(|id| state.conversations.get(id));
        let mut hits: Vec<&Message> = rooms
            .filter_map(|room| Some((room, room.active(viewer)?)))
            .flat_map(|(room, me)| {
                let seen = room.messages.iter();
                seen.filter(|message| message.seq > me.visible_from)
                    .filter(|message| query.before.is_none_or(|before| message.id < before))
                    .filter(|message| room.has_words(message, query.words))
            })
            .collect();
        hits.sort_by_key(|message| Reverse(message.id));
        Ok(hits.into_iter().take(query.limit).cloned().collect())
    }
}

impl State {
    fn append(&mut self, draft: &Draft) -> Result<Appended, Refusal> {
        let room = self.conversations.get(&draft.conversation);
        let barred = !self.blocks.is_empty() && room.is_some_and(|room| self.is_barred(room));
        let room = self
            .conversations
            .get_mut(&draft.conversation)
            .ok_or(Refusal::NotMember)?;
        let visible_from = room
            .active(&draft.sender)
            .ok_or(Refusal::NotMember)?
            .visible_from;
        if let Some(message) = room.earlier(draft)? {
            return Ok(Appended {
                message,
                is_new: false,
            });
        }
        if barred {
            return Err(Refusal::Blocked);
        }
        let reply_to = room.quoted(draft, visible_from)?;
        let uploads: Vec<UploadId> = draft
            .attachments
            .iter()
            .map(|attachment| attachment.upload)
            .collect();
        let owns = |id: &UploadId| {
            self.uploads
                .get(id)
                .is_some_and(|upload| upload.owner == draft.sender)
        };
        if !uploads.iter().all(owns) {
            return Err(Refusal::UnknownUpload);
        }
        let message = room.push(draft, reply_to);
        for upload in uploads {
            self.links
                .entry(upload)
                .or_default()
                .insert((message.conversation, message.seq));
        }
        Ok(Appended {
            message,
            is_new: true,
        })
    }
}

impl Room {
    /// The message that was sent under the draft's client id before.
    fn earlier(&self, draft: &Draft) -> Result<Option<Message>, Refusal> {
        let Some(client_id) = &draft.client_id else {
            return Ok(None);
        };
        let key = (draft.sender.clone(), client_id.clone());
        let Some(&seq) = self.by_client_id.get(&key) else {
            return Ok(None);
        };
        match self.message(seq) {
            Some(message) if self.fingerprint(message) == draft.fingerprint() => {
                Ok(Some(message.clone()))
            }
            _ => Err(Refusal::ClientIdReused),
        }
    }

    fn quoted(&self, draft: &Draft, visible_from: Seq) -> Result<Option<Quoted>, Refusal> {
        let Some(id) = draft.reply_to else {
            return Ok(None);
        };
        match self.by_id.get(&id) {
            Some(seq) if *seq > visible_from => Ok(Some(Quoted { id, seq: *seq })),
            _ => Err(Refusal::UnknownReply),
        }
    }

    fn push(&mut self, draft: &Draft, reply_to: Option<Quoted>) -> Message {
        let seq = self.conversation.last_seq.next();
        let rev = self.advance();
        self.conversation.last_seq = seq;
        self.active_at = self.active_at.max(draft.at);
        let message = draft.stored(seq, rev, reply_to);
        self.messages.push(message.clone());
        if let Some(blind) = &draft.blind {
            let beside = Beside {
                words: Some(blind.words.clone()),
                fingerprint: blind.fingerprint,
            };
            self.beside.insert(seq, beside);
        }
        self.by_id.insert(draft.id, seq);
        if let Some(client_id) = &draft.client_id {
            let key = (draft.sender.clone(), client_id.clone());
            self.by_client_id.insert(key, seq);
        }
        if let Some(sender) = self.members.get_mut(&draft.sender) {
            sender.markers = Markers {
                delivered: seq,
                read: seq,
            };
        }
        message
    }
}
