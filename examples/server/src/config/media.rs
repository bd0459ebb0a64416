//! Where uploads are kept, as it is configured.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::sources::Sources;

/// Where uploads are kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum MediaUrl {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of S3, Google Cloud Storage or Azure.
    Bucket(String),
    /// A Cloudinary account.
    Cloudinary(String),
}

impl MediaUrl {
    pub(super) fn read(sources: &Sources, data_dir: &Path) -> Result<Self, ConfigError> {
        let Some(url) = sources.text("CHAT_MEDIA_URL") else {
            return Ok(Self::Folder(data_dir.join("uploads")));
        };
        match url.split_once(':') {
            Some(("file", path)) if !path.trim_start_matches('/').is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(Self::Folder(path.into()))
            }
            Some(("s3" | "gs" | "az", _)) => Ok(Self::Bucket(url.to_owned())),
            Some(("cloudinary", _)) => Ok(Self::Cloudinary(url.to_owned())),
            _ => Err(ConfigError::setting(
                "CHAT_MEDIA_URL",
                "must begin with file:, s3://, gs://, az:// or cloudinary://",
            )),
        }
    }
}

impl fmt::Display for MediaUrl {
    /// For people: without key and secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket(url) => f.write_str(url),
            Self::Cloudinary(url) => {
                let place = url.rsplit_once('@').map_or("", |(_, place)| place);
                write!(f, "cloudinary://{place}")
            }
        }
    }
}

impl fmt::Debug for MediaUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<String, String> {
        let sources = Sources::of_pairs(&[("CHAT_MEDIA_URL", url)]);
        let read = MediaUrl::read(&sources, Path::new("data"));
        read.map(|url| format!("{url:?}"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_place_is_chosen_by_its_address_and_shown_without_its_secret() {
        for (url, shown) in [
            ("", "data/uploads"),
            ("file:kept", "kept"),
            ("file:///var/kept", "/var/kept"),
            ("s3://bucket/chat", "s3://bucket/chat"),
            ("gs://bucket", "gs://bucket"),
            ("az://container", "az://container"),
            ("cloudinary://12:secret@demo/chat", "cloudinary://demo/chat"),
        ] {
            assert_eq!(read(url).as_deref(), Ok(shown), "{url}");
        }
    }

    #[test]
    fn any_other_address_is_refused_by_name() {
        for url in ["file:", "file://", "ftp://x", "/var/kept", "http://x"] {
            assert!(
                read(url).unwrap_err().starts_with("CHAT_MEDIA_URL"),
                "{url}"
            );
        }
    }
}
