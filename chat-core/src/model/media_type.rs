//! What the bytes of an upload are.

use serde::{Deserialize, Serialize};

use crate::model::MessageKind;

/// What an upload is to people: it decides how large it may be and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
    /// Anything else: to be saved, never shown in place.
    File,
}

impl From<MediaKind> for MessageKind {
    fn from(kind: MediaKind) -> Self {
        match kind {
            MediaKind::Image => Self::Image,
            MediaKind::Video => Self::Video,
            MediaKind::Audio => Self::Audio,
            MediaKind::File => Self::File,
        }
    }
}

macro_rules! media_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kind:ident;)*) => {
        /// The format of an upload, by our own look at its bytes, never by its name or what its
        /// sender said. Nothing is ever served as any other type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[non_exhaustive]
        pub enum MediaType {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl MediaType {
            /// Every type there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The media type's name: what `Content-Type` says, and what stores keep.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it is to people.
            #[must_use]
            pub const fn kind(self) -> MediaKind {
                match self { $(Self::$name => MediaKind::$kind,)* }
            }
        }
    };
}

media_types! {
    /// JPEG.
    Jpeg = "image/jpeg", Image;
    /// PNG.
    Png = "image/png", Image;
    /// GIF, also animated.
    Gif = "image/gif", Image;
    /// WebP.
    WebP = "image/webp", Image;
    /// MPEG-4.
    Mp4 = "video/mp4", Video;
    /// WebM with pictures, or of which that cannot be told.
    WebM = "video/webm", Video;
    /// QuickTime.
    QuickTime = "video/quicktime", Video;
    /// MPEG layer III.
    Mp3 = "audio/mpeg", Audio;
    /// Ogg: Vorbis, Opus and their like.
    Ogg = "audio/ogg", Audio;
    /// RIFF WAVE.
    Wav = "audio/wav", Audio;
    /// MPEG-4 with sound alone.
    M4a = "audio/mp4", Audio;
    /// AAC in ADTS frames.
    Aac = "audio/aac", Audio;
    /// FLAC.
    Flac = "audio/flac", Audio;
    /// WebM with sound alone.
    WebMAudio = "audio/webm", Audio;
    /// PDF.
    Pdf = "application/pdf", File;
    /// ZIP, and what is made of it.
    Zip = "application/zip", File;
    /// Text in UTF-8.
    Text = "text/plain", File;
    /// Anything else.
    Binary = "application/octet-stream", File;
}

impl MediaType {
    /// The type that [`Self::as_str`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|known| known.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_name_here_and_in_json() {
        for known in MediaType::ALL {
            assert_eq!(MediaType::parse(known.as_str()), Some(*known));
            let json = serde_json::to_value(known).unwrap();
            assert_eq!(json, known.as_str());
        }
        assert_eq!(MediaType::parse("text/html"), None);
    }
}
