//! What carries no text, passed on.

use async_trait::async_trait;
use chat_core::id::{ConversationId, LoginId, Timestamp, UploadId, UserId};
use chat_core::model::{
    Account, AccountPatch, Block, Blocking, Login, NewAccount, Page, Privacy, Profile, Purpose,
    PushSubscription, Rotation, Upload, UploadUsage,
};
use chat_core::store::{
    AccountKey, AccountStore, EndLogins, LastSeenStore, LoginStore, PeopleStore, PushStore,
    SchemaStore, Step, StoreError, Taken, UploadStore, UserQuery, UserStore,
};

use crate::Sealed;

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: UserStore> UserStore for Sealed<S> {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        self.inner.find(ids).await
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        self.inner.search(query).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: AccountStore> AccountStore for Sealed<S> {
    async fn create(&self, account: &NewAccount) -> Result<Result<(), Taken>, StoreError> {
        self.inner.create(account).await
    }

    async fn find(&self, key: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        self.inner.find(key).await
    }

    async fn find_all(&self, users: &[UserId]) -> Result<Vec<Account>, StoreError> {
        self.inner.find_all(users).await
    }

    async fn update(
        &self,
        user: &UserId,
        patch: &AccountPatch,
    ) -> Result<Option<Account>, StoreError> {
        self.inner.update(user, patch).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: LoginStore> LoginStore for Sealed<S> {
    async fn create(&self, login: &Login, max: usize) -> Result<Vec<LoginId>, StoreError> {
        self.inner.create(login, max).await
    }

    async fn find(&self, id: LoginId, now: Timestamp) -> Result<Option<Login>, StoreError> {
        self.inner.find(id, now).await
    }

    async fn live(&self, logins: &[LoginId], now: Timestamp) -> Result<Vec<LoginId>, StoreError> {
        self.inner.live(logins, now).await
    }

    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Login>, StoreError> {
        self.inner.list(user, now).await
    }

    async fn rotate(
        &self,
        id: LoginId,
        generation: i64,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<Rotation, StoreError> {
        self.inner.rotate(id, generation, now, window_ms).await
    }

    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, StoreError> {
        self.inner.end(user, which).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: UploadStore> UploadStore for Sealed<S> {
    async fn create(&self, upload: &Upload) -> Result<(), StoreError> {
        self.inner.create(upload).await
    }

    async fn find(&self, id: UploadId, viewer: &UserId) -> Result<Option<Upload>, StoreError> {
        self.inner.find(id, viewer).await
    }

    async fn owned(&self, owner: &UserId, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
        self.inner.owned(owner, ids).await
    }

    async fn usage(&self, owner: &UserId, since: Timestamp) -> Result<UploadUsage, StoreError> {
        self.inner.usage(owner, since).await
    }

    async fn set_url(&self, id: UploadId, url: &str) -> Result<(), StoreError> {
        self.inner.set_url(id, url).await
    }

    async fn orphans(
        &self,
        purpose: Purpose,
        before: Timestamp,
        after: Option<&Upload>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        self.inner.orphans(purpose, before, after, limit).await
    }

    async fn delete(&self, id: UploadId) -> Result<bool, StoreError> {
        self.inner.delete(id).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: LastSeenStore> LastSeenStore for Sealed<S> {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        self.inner.touch(seen).await
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        self.inner.find(users).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: PeopleStore> PeopleStore for Sealed<S> {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError> {
        self.inner.block(user, other, at, at_most).await
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError> {
        self.inner.unblock(user, other).await
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        self.inner.blocked(user, after, limit).await
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError> {
        self.inner.blocks(viewer, others).await
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        self.inner.barred(conversation).await
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError> {
        self.inner.set_privacy(user, privacy).await
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        self.inner.privacy(users).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: PushStore> PushStore for Sealed<S> {
    async fn subscribe(
        &self,
        subscription: &PushSubscription,
        at_most: usize,
    ) -> Result<(), StoreError> {
        self.inner.subscribe(subscription, at_most).await
    }

    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>, StoreError> {
        self.inner.subscriptions(users).await
    }

    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool, StoreError> {
        self.inner.unsubscribe(user, endpoint).await
    }

    async fn forget(&self, endpoints: &[String]) -> Result<(), StoreError> {
        self.inner.forget(endpoints).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: SchemaStore> SchemaStore for Sealed<S> {
    fn steps(&self) -> &'static [Step] {
        self.inner.steps()
    }

    async fn version(&self) -> Result<i64, StoreError> {
        self.inner.version().await
    }

    async fn goto(&self, version: i64) -> Result<(), StoreError> {
        self.inner.goto(version).await
    }

    async fn force(&self, version: i64) -> Result<(), StoreError> {
        self.inner.force(version).await
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        self.inner.migrate().await
    }
}
