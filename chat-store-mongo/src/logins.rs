//! Login sessions.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::{LoginId, Timestamp, UserId};
use chat_core::model::{Login, Rotation};
use chat_core::store::{EndLogins, LoginStore, StoreError};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;

use crate::error::{self, failed};
use crate::rows::{self, LoginRow, binaries, binary, plain};
use crate::store::{ASKED_AT_ONCE, MongoStore, find_all, within};
use crate::turns::Places;

/// The use of a refresh token.
struct Use {
    id: LoginId,
    generation: i64,
    now: Timestamp,
    window_ms: i64,
}

#[async_trait]
impl LoginStore for MongoStore {
    async fn create(&self, login: &Login, max: usize) -> Result<Vec<LoginId>, StoreError> {
        let asked = (LoginRow::from(login), max.saturating_sub(1));
        self.transact(
            Places::of([&login.user]),
            asked,
            |store, session, (row, keep)| Box::pin(create(store, session, row, *keep)),
        )
        .await
    }

    async fn find(&self, id: LoginId, now: Timestamp) -> Result<Option<Login>, StoreError> {
        within(Box::pin(async move {
            let filter = live(id, now);
            let found = self.logins().find_one(filter).await.map_err(failed)?;
            found.map(Login::try_from).transpose()
        }))
        .await
    }

    async fn live(&self, logins: &[LoginId], now: Timestamp) -> Result<Vec<LoginId>, StoreError> {
        within(Box::pin(async move {
            let asked: BTreeSet<_> = logins.iter().map(|id| id.as_uuid()).collect();
            let (logins, mut live) = (self.logins(), Vec::new());
            for asked in binaries(asked).chunks(ASKED_AT_ONCE) {
                let unexpired = doc! { "$gt": now.as_millis() };
                let find = logins.find(doc! { "_id": { "$in": asked }, "expires_at": unexpired });
                let cursor = find.await.map_err(failed)?;
                let found: Vec<LoginRow> = cursor.try_collect().await.map_err(failed)?;
                live.extend(ids(found.into_iter().map(|row| row.id).collect()));
            }
            Ok(live)
        }))
        .await
    }

    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Login>, StoreError> {
        within(Box::pin(async move {
            let logins = self.logins();
            let filter = doc! { "user": user.as_str(), "expires_at": { "$gt": now.as_millis() } };
            let find = logins
                .find(filter)
                .sort(doc! { "refreshed_at": -1, "_id": -1 });
            let cursor = find.await.map_err(failed)?;
            let found: Vec<LoginRow> = cursor.try_collect().await.map_err(failed)?;
            rows::all(found)
        }))
        .await
    }

    async fn rotate(
        &self,
        id: LoginId,
        generation: i64,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<Rotation, StoreError> {
        let asked = Use {
            id,
            generation,
            now,
            window_ms,
        };
        self.transact(Places::of([id]), asked, |store, session, asked| {
            Box::pin(rotate(store, session, asked))
        })
        .await
    }

    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, StoreError> {
        let places = Places::of([user]);
        let user = user.as_str();
        let filter = match which {
            EndLogins::One(id) => doc! { "_id": binary(id.as_uuid()), "user": user },
            EndLogins::Others(id) => {
                doc! { "_id": { "$ne": binary(id.as_uuid()) }, "user": user }
            }
            EndLogins::All => doc! { "user": user },
        };
        self.transact(places, filter, |store, session, filter| {
            Box::pin(end(store, session, filter))
        })
        .await
    }
}

fn live(id: LoginId, now: Timestamp) -> Document {
    doc! { "_id": binary(id.as_uuid()), "expires_at": { "$gt": now.as_millis() } }
}

async fn create(
    store: &MongoStore,
    session: &mut ClientSession,
    row: &LoginRow,
    keep: usize,
) -> error::Result<Vec<LoginId>> {
    // Two new logins of one user touch no document in common but this one.
    let turn = doc! {
        "q": { "_id": format!("logins:{}", row.user) }, "u": { "$inc": { "turn": 1_i64 } }, "upsert": true,
    };
    store
        .update_all(Some(&mut *session), "turns", vec![turn])
        .await?;
    let mine = doc! { "user": &row.user };
    let mut others = find_all(session, &store.logins(), mine).await?;
    others.sort_by_key(|login| std::cmp::Reverse((login.refreshed_at, login.id.bytes())));
    let gone: Vec<bson::Uuid> = others.iter().skip(keep).map(|login| login.id).collect();
    delete(store, session, &gone).await?;
    let logins = store.logins();
    let insert = logins.insert_one(row).session(session);
    insert.await.map_err(failed)?;
    Ok(ids(gone))
}

async fn rotate(
    store: &MongoStore,
    session: &mut ClientSession,
    asked: &Use,
) -> error::Result<Rotation> {
    let logins = store.logins();
    let found = logins
        .find_one(live(asked.id, asked.now))
        .session(&mut *session);
    let Some(login) = found.await.map_err(failed)? else {
        return Ok(Rotation::Ended);
    };
    let (id, login) = (login.id, Login::try_from(login)?);
    let since = asked.now.as_millis();
    let since = since.saturating_sub(login.refreshed_at.as_millis());
    match login.generation.saturating_sub(asked.generation) {
        0 => {
            let now = asked.now.as_millis();
            let advance = doc! {
                "$inc": { "generation": 1_i64 }, "$set": { "refreshed_at": now },
            };
            let advance = logins.update_one(doc! { "_id": id }, advance);
            advance.session(session).await.map_err(failed)?;
            Ok(Rotation::Advanced(Login {
                generation: asked.generation + 1,
                refreshed_at: asked.now,
                ..login
            }))
        }
        ..0 => Ok(Rotation::Ended),
        1 if since < asked.window_ms => Ok(Rotation::Repeated(login)),
        1.. => {
            delete(store, session, &[id]).await?;
            Ok(Rotation::Reused(login))
        }
    }
}

async fn end(
    store: &MongoStore,
    session: &mut ClientSession,
    filter: &Document,
) -> error::Result<Vec<LoginId>> {
    let found = find_all(session, &store.logins(), filter.clone()).await?;
    let gone: Vec<bson::Uuid> = found.iter().map(|login| login.id).collect();
    delete(store, session, &gone).await?;
    Ok(ids(gone))
}

async fn delete(
    store: &MongoStore,
    session: &mut ClientSession,
    ids: &[bson::Uuid],
) -> error::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let logins = store.logins();
    let delete = logins.delete_many(doc! { "_id": { "$in": ids } });
    delete.session(session).await.map(drop).map_err(failed)
}

fn ids(found: Vec<bson::Uuid>) -> Vec<LoginId> {
    let ids = found.into_iter().map(plain);
    ids.map(LoginId::from_uuid).collect()
}
