//! Uploads.

use chat_core::id::{Timestamp, UploadId};
use chat_core::model::{FileName, MediaType, Purpose, Upload};
use chat_core::store::StoreError;
use uuid::Uuid;

use super::columns::{Columns, row};
use super::values::{narrow, unsigned, user};
use crate::error::odd;

row! {
    UploadRow {
        id: Uuid,
        owner: String,
        purpose: String,
        content_type: String,
        size: i64,
        width: Option<i64>,
        height: Option<i64>,
        name: Option<String>,
        has_thumbnail: bool,
        url: Option<String>,
        created_at: i64,
    }
}

impl TryFrom<UploadRow> for Upload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Self, StoreError> {
        let purposes = [Purpose::Attachment, Purpose::Avatar];
        let purpose = purposes
            .into_iter()
            .find(|purpose| purpose.as_str() == row.purpose);
        Ok(Self {
            id: UploadId::from_uuid(row.id),
            owner: user(&row.owner)?,
            purpose: purpose.ok_or_else(|| odd("an unknown purpose"))?,
            content_type: MediaType::parse(&row.content_type)
                .ok_or_else(|| odd("an unknown media type"))?,
            size: unsigned(row.size)?,
            width: row.width.map(narrow).transpose()?,
            height: row.height.map(narrow).transpose()?,
            name: row.name.as_deref().and_then(FileName::clean),
            has_thumbnail: row.has_thumbnail,
            url: row.url,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}
