//! Whose Cloudinary it is, and where.

use std::fmt;

use chat_core::media::ObjectKey;
use chat_core::model::MediaKind;

use crate::http::InvalidPlace;

/// Where the service takes requests.
const API: &str = "https://api.cloudinary.com";

/// Where it serves what it keeps.
const DELIVERY: &str = "https://res.cloudinary.com";

/// An account of the service, and a folder in it.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) key: String,
    pub(super) secret: String,
    cloud: String,
    folder: String,
    pub(super) api: String,
    pub(super) delivery: String,
}

impl Account {
    /// Reads `cloudinary://key:secret@cloud/folder`.
    pub(super) fn parse(url: &str) -> Result<Self, InvalidPlace> {
        let wrong = InvalidPlace::new("an address is cloudinary://key:secret@cloud/folder");
        let parts = || {
            let (login, place) = url.strip_prefix("cloudinary://")?.split_once('@')?;
            let (key, secret) = login.split_once(':')?;
            let (cloud, folder) = place.split_once('/').unwrap_or((place, ""));
            Some((key, secret, cloud, folder.trim_matches('/')))
        };
        let Some((key, secret, cloud, folder)) = parts() else {
            return Err(wrong);
        };
        let is_plain = |text: &str| {
            let sign = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
            !text.is_empty() && text.chars().all(sign)
        };
        let is_folder = folder.is_empty() || folder.split('/').all(is_plain);
        if ![key, secret, cloud].into_iter().all(is_plain) || !is_folder {
            return Err(wrong);
        }
        Ok(Self {
            key: key.to_owned(),
            secret: secret.to_owned(),
            cloud: cloud.to_owned(),
            folder: folder.to_owned(),
            api: API.to_owned(),
            delivery: DELIVERY.to_owned(),
        })
    }

    /// What the service calls an object.
    pub(super) fn public_id(&self, key: ObjectKey) -> String {
        match self.folder.as_str() {
            "" => key.to_string(),
            folder => format!("{folder}/{key}"),
        }
    }

    /// Where something is done with objects of a kind.
    pub(super) fn action(&self, kind: MediaKind, action: &str) -> String {
        let (api, cloud, resource) = (&self.api, &self.cloud, resource_type(kind));
        format!("{api}/v1_1/{cloud}/{resource}/{action}")
    }

    /// Where an object is read.
    pub(super) fn address(&self, key: ObjectKey) -> String {
        let (delivery, cloud) = (&self.delivery, &self.cloud);
        let (resource, id) = (resource_type(key.kind()), self.public_id(key));
        format!("{delivery}/{cloud}/{resource}/upload/{id}")
    }
}

/// What the service calls a kind: sounds are videos there.
const fn resource_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video | MediaKind::Audio => "video",
        MediaKind::File => "raw",
    }
}

impl fmt::Debug for Account {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("cloud", &self.cloud)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chat_core::id::UploadId;

    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let id = UploadId::new();
        let account = Account::parse("cloudinary://12:s-e_c@demo/chat/media/").unwrap();
        assert_eq!((&*account.key, &*account.secret), ("12", "s-e_c"));
        let of = |kind| account.address(ObjectKey::Original(id, kind));
        for (kind, resource) in [
            (MediaKind::Image, "image"),
            (MediaKind::Video, "video"),
            (MediaKind::Audio, "video"),
            (MediaKind::File, "raw"),
        ] {
            let address = format!("{DELIVERY}/demo/{resource}/upload/chat/media/original/{id}");
            assert_eq!(of(kind), address);
        }
        assert!(!format!("{account:?}").contains("s-e_c"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "cloudinary://",
            "cloudinary://key@cloud",
            "cloudinary://key:secret",
            "cloudinary://key:@cloud",
            "cloudinary://key:secret@cloud/a//b",
            "cloudinary://key:secret@cloud/a&b=c",
            "cloudinary://key:secret@evil.example#",
            "https://key:secret@cloud",
        ] {
            assert!(Account::parse(url).is_err(), "{url}");
        }
    }
}
