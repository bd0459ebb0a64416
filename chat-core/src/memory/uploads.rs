//! Records of uploads.

use async_trait::async_trait;

use super::MemoryStore;
use super::state::{Room, State};
use crate::id::{Timestamp, UploadId, UserId};
use crate::model::{Purpose, Upload, UploadUsage};
use crate::store::{StoreError, UploadStore};

impl State {
    fn may_read(&self, upload: &Upload, viewer: &UserId) -> bool {
        let held_for_viewer = || {
            let places = self.links.get(&upload.id).into_iter().flatten();
            places.into_iter().any(|(conversation, seq)| {
                let room = self.conversations.get(conversation);
                room.and_then(|room| room.active(viewer))
                    .is_some_and(|member| *seq > member.visible_from)
            })
        };
        upload.owner == *viewer || upload.purpose == Purpose::Avatar || held_for_viewer()
    }

    /// Whether a message holds it, or an account or a conversation shows it.
    fn is_held(&self, upload: &Upload) -> bool {
        let id = Some(upload.id);
        let sent = self.links.get(&upload.id);
        let account = self.accounts.get(&upload.owner);
        let shows = |room: &Room| room.conversation.avatar == id;
        sent.is_some_and(|places| !places.is_empty())
            || account.is_some_and(|account| account.avatar == id)
            || self.conversations.values().any(shows)
    }
}

#[async_trait]
impl UploadStore for MemoryStore {
    async fn create(&self, upload: &Upload) -> Result<(), StoreError> {
        self.lock().uploads.insert(upload.id, upload.clone());
        Ok(())
    }

    async fn set_url(&self, id: UploadId, url: &str) -> Result<(), StoreError> {
        if let Some(upload) = self.lock().uploads.get_mut(&id) {
            upload.url = Some(url.to_owned());
        }
        Ok(())
    }

    async fn find(&self, id: UploadId, viewer: &UserId) -> Result<Option<Upload>, StoreError> {
        let state = self.lock();
        Ok(state
            .uploads
            .get(&id)
            .filter(|upload| state.may_read(upload, viewer))
            .cloned())
    }

    async fn owned(&self, owner: &UserId, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
        let state = self.lock();
        let owned = ids
            .iter()
            .filter_map(|id| state.uploads.get(id))
            .filter(|upload| upload.owner == *owner);
        Ok(owned.cloned().collect())
    }

    async fn usage(&self, owner: &UserId, since: Timestamp) -> Result<UploadUsage, StoreError> {
        let state = self.lock();
        let mut usage = UploadUsage::default();
        for upload in state
            .uploads
            .values()
            .filter(|upload| upload.owner == *owner)
        {
            usage.bytes += upload.size;
            usage.recent += u64::from(upload.created_at >= since);
        }
        Ok(usage)
    }

    async fn orphans(
        &self,
        purpose: Purpose,
        before: Timestamp,
        after: Option<&Upload>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        let state = self.lock();
        let place = |upload: &Upload| (upload.created_at, upload.id);
        let orphan = |upload: &&Upload| {
            upload.purpose == purpose
                && upload.created_at < before
                && after.is_none_or(|after| place(upload) > place(after))
                && !state.is_held(upload)
        };
        let mut orphans: Vec<Upload> = state.uploads.values().filter(orphan).cloned().collect();
        orphans.sort_by_key(place);
        orphans.truncate(limit);
        Ok(orphans)
    }

    async fn delete(&self, id: UploadId) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let found = state.uploads.get(&id);
        let is_free = found.is_some_and(|upload| !state.is_held(upload));
        Ok(is_free && state.uploads.remove(&id).is_some())
    }
}
