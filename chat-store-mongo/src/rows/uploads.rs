//! Uploads.

use chat_core::id::{Timestamp, UploadId};
use chat_core::model::{FileName, Purpose, Upload};
use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};

use super::values::{binary, media_type, narrow, plain, signed, unsigned, user};
use crate::error::odd;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UploadRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) owner: String,
    pub(crate) purpose: String,
    content_type: String,
    size: i64,
    width: Option<i64>,
    height: Option<i64>,
    name: Option<String>,
    has_thumbnail: bool,
    url: Option<String>,
    created_at: i64,
}

impl From<&Upload> for UploadRow {
    fn from(upload: &Upload) -> Self {
        Self {
            id: binary(upload.id.as_uuid()),
            owner: upload.owner.as_str().to_owned(),
            purpose: upload.purpose.as_str().to_owned(),
            content_type: upload.content_type.as_str().to_owned(),
            size: signed(upload.size),
            width: upload.width.map(i64::from),
            height: upload.height.map(i64::from),
            name: upload.name.as_ref().map(ToString::to_string),
            has_thumbnail: upload.has_thumbnail,
            url: upload.url.clone(),
            created_at: upload.created_at.as_millis(),
        }
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
            id: UploadId::from_uuid(plain(row.id)),
            owner: user(&row.owner)?,
            purpose: purpose.ok_or_else(|| odd("an unknown purpose"))?,
            content_type: media_type(&row.content_type)?,
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
