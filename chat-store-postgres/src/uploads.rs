//! Records of uploads.

use async_trait::async_trait;
use chat_core::id::{Timestamp, UploadId, UserId};
use chat_core::model::{FileName, Purpose, Upload, UploadUsage};
use chat_core::store::{StoreError, UploadStore};
use uuid::Uuid;

use crate::error::{failed, is_held};
use crate::pool::PostgresStore;
use crate::rows::{self, UploadRow, signed};

const INSERT: &str = r"
insert into chat.uploads (id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

const FIND: &str = r"
select id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at
from chat.uploads where id = $1 and (
    owner = $2 or purpose = 'avatar' or exists (
        select 1 from chat.upload_links as link
        join chat.members as member on member.conversation = link.conversation
        where link.upload = $1 and member.user_id = $2 and member.active and link.seq > member.visible_from
    )
)";

const OWNED: &str = r"
select u.id, u.owner, u.purpose, u.content_type, u.size, u.width, u.height, u.name, u.has_thumbnail, u.url, u.created_at
from unnest($1::uuid[]) with ordinality as asked (id, place) join chat.uploads as u on u.id = asked.id
where u.owner = $2 order by asked.place";

const USAGE: &str = r"
select coalesce(sum(size), 0)::bigint, count(*) filter (where created_at >= $2) from chat.uploads where owner = $1";

const SET_URL: &str = "update chat.uploads set url = $2 where id = $1";

/// A picture is shown by its owner alone: so what an owner shows tells what is shown of the owner's.
const ORPHANS: &str = r"
select id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at
from chat.uploads as upload
where purpose = $1 and created_at < $2 and (created_at, id) > ($3, $4)
  and not exists (select 1 from chat.upload_links as link where link.upload = upload.id)
  and not exists (select 1 from chat.accounts as account where account.id = upload.owner and account.avatar = upload.id)
  and not exists (
    select 1 from chat.members as me join chat.conversations as c on c.id = me.conversation
    where me.user_id = upload.owner and c.avatar = upload.id
  )
order by created_at, id limit $5";

const DELETE: &str = r"
delete from chat.uploads as upload
where id = $1
  and not exists (select 1 from chat.upload_links as link where link.upload = $1)
  and not exists (select 1 from chat.accounts as account where account.id = upload.owner and account.avatar = $1)
  and not exists (
    select 1 from chat.members as me join chat.conversations as c on c.id = me.conversation
    where me.user_id = upload.owner and c.avatar = $1
  )";

#[async_trait]
impl UploadStore for PostgresStore {
    async fn create(&self, upload: &Upload) -> Result<(), StoreError> {
        let insert = sqlx::query(self.sql(INSERT))
            .bind(upload.id.as_uuid())
            .bind(upload.owner.as_str())
            .bind(upload.purpose.as_str())
            .bind(upload.content_type.as_str())
            .bind(signed(upload.size))
            .bind(upload.width.map(i64::from))
            .bind(upload.height.map(i64::from))
            .bind(upload.name.as_ref().map(FileName::as_str))
            .bind(upload.has_thumbnail)
            .bind(&upload.url)
            .bind(upload.created_at.as_millis());
        let mut connection = self.connection().await?;
        insert
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn set_url(&self, id: UploadId, url: &str) -> Result<(), StoreError> {
        let update = sqlx::query(self.sql(SET_URL)).bind(id.as_uuid()).bind(url);
        let mut connection = self.connection().await?;
        update
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn find(&self, id: UploadId, viewer: &UserId) -> Result<Option<Upload>, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(FIND))
            .bind(id.as_uuid())
            .bind(viewer.as_str());
        let found: Option<UploadRow> = query
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        found.map(Upload::try_from).transpose()
    }

    async fn owned(&self, owner: &UserId, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
        let mut connection = self.connection().await?;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let query = sqlx::query_as(self.sql(OWNED))
            .bind(ids)
            .bind(owner.as_str());
        let found: Vec<UploadRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        rows::all(found)
    }

    async fn usage(&self, owner: &UserId, since: Timestamp) -> Result<UploadUsage, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(USAGE))
            .bind(owner.as_str())
            .bind(since.as_millis());
        let (bytes, recent): (i64, i64) =
            query.fetch_one(&mut *connection).await.map_err(failed)?;
        Ok(UploadUsage {
            bytes: bytes.unsigned_abs(),
            recent: recent.unsigned_abs(),
        })
    }

    async fn orphans(
        &self,
        purpose: Purpose,
        before: Timestamp,
        after: Option<&Upload>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        let mut connection = self.connection().await?;
        let last = after.map(|after| (after.created_at.as_millis(), after.id.as_uuid()));
        let (at, id) = last.unwrap_or((i64::MIN, Uuid::nil()));
        let query = sqlx::query_as(self.sql(ORPHANS))
            .bind(purpose.as_str())
            .bind(before.as_millis())
            .bind(at)
            .bind(id)
            .bind(signed(limit as u64));
        let found: Vec<UploadRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        rows::all(found)
    }

    async fn delete(&self, id: UploadId) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let delete = sqlx::query(self.sql(DELETE)).bind(id.as_uuid());
        match delete.execute(&mut *connection).await {
            Ok(done) => Ok(done.rows_affected() == 1),
            // A message that attached it was committed while we waited for its lock.
            Err(error) if is_held(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }
}
