//! An uploaded object.

use serde::{Deserialize, Serialize};

use crate::id::{Timestamp, UploadId, UserId};
use crate::model::{Attachment, FileName, MediaType};

/// What an upload is for: it decides who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Purpose {
    /// For messages, of any kind: its owner reads it, and the members of conversations it was sent to.
    Attachment,
    /// A picture of a user or a group: every user reads it.
    Avatar,
}

impl Purpose {
    /// The name that stores keep.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Avatar => "avatar",
        }
    }
}

/// An upload as kept. Its object's key is the id; the bytes are the uploader's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who uploaded it.
    pub owner: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// What its bytes are.
    pub content_type: MediaType,
    /// Size of the object in bytes.
    pub size: u64,
    /// Width of a picture in pixels.
    pub width: Option<u32>,
    /// Height of a picture in pixels.
    pub height: Option<u32>,
    /// What the file was called where it came from.
    pub name: Option<FileName>,
    /// Whether a smaller picture is kept beside it.
    pub has_thumbnail: bool,
    /// Where the uploader serves it itself; none if the transport serves it.
    pub url: Option<String>,
    /// When it came.
    pub created_at: Timestamp,
}

impl Upload {
    /// The upload as a message carries it.
    #[must_use]
    pub fn attachment(&self) -> Attachment {
        Attachment {
            upload: self.id,
            content_type: self.content_type,
            size: self.size,
            width: self.width,
            height: self.height,
            name: self.name.clone(),
            has_thumbnail: self.has_thumbnail,
            url: self.url.clone(),
        }
    }
}

/// How much a user has uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UploadUsage {
    /// All bytes kept for the user.
    pub bytes: u64,
    /// Uploads since the moment that was asked about.
    pub recent: u64,
}
