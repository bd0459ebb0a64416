//! Ids that come from outside: opaque text, checked for length and control characters.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::read::read_text;

/// A text or UUID that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1))]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest id, in bytes.
            pub const MAX_BYTES: usize = $max;

            /// Takes `text` as an id, verbatim.
            ///
            /// # Errors
            /// [`InvalidId`] if it is empty, longer than [`Self::MAX_BYTES`] or has a control character.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                let text = text.as_ref();
                let fits = (1..=Self::MAX_BYTES).contains(&text.len());
                if fits && !text.chars().any(char::is_control) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId)
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
                output.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                read_text(input, |text| Self::new(text))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }
    };
}

text_id! {
    /// Whoever the host says it is: the host's own id as text, opaque to us. Cheap to clone.
    UserId, 128
}
text_id! {
    /// The sender's own id of a message: the key of exactly-once send.
    ///
    /// Unique per conversation and sender, kept for ever.
    ClientId, 64
}
text_id! {
    /// The caller's own id of a call: all that is signalled of the call carries it.
    CallId, 64
}
text_id! {
    /// A client's own name for one of its user's devices, the same for as long as a call lasts.
    DeviceId, 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ids_refuse_the_empty_the_long_and_control_characters() {
        assert!(UserId::new("42").is_ok());
        assert!(UserId::new("é".repeat(64)).is_ok());
        for bad in ["", "a\0b", "a\nb", &"x".repeat(129)] {
            assert_eq!(UserId::new(bad), Err(InvalidId), "{bad:?}");
        }
    }

    #[test]
    fn client_ids_end_at_64_bytes() {
        assert!(ClientId::new("x".repeat(64)).is_ok());
        assert_eq!(ClientId::new("x".repeat(65)), Err(InvalidId));
    }
}
