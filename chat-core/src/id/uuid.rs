//! Ids that we mint: UUIDv7 (RFC 9562, section 5.7), so that they sort by age.

use std::fmt;
use std::str::FromStr;

use ::uuid::Uuid;
use serde::{Deserialize, Serialize};

use super::InvalidId;
use super::read::read_text;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid"))]
        pub struct $name(Uuid);

        impl $name {
            /// Mints an id; ids of one process rise in the order they were made.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default id would hide that it is unique")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Takes an id that a store kept.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id as a store keeps it.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Only the 36-character form with hyphens is an id: two spellings of one id would be two
            /// keys to whoever compares text. Upper case is read, as RFC 9562 asks.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                match Uuid::try_parse(text) {
                    Ok(uuid) if !uuid.is_nil() => Ok(Self(uuid)),
                    _ => Err(InvalidId),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                read_text(input, str::parse)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

uuid_id! {
    /// A conversation.
    ConversationId
}
uuid_id! {
    /// A message, in any conversation.
    MessageId
}
uuid_id! {
    /// An uploaded object.
    UploadId
}
uuid_id! {
    /// A login session of the built-in accounts: made by a login, ended by a logout.
    LoginId
}
uuid_id! {
    /// A process that runs a hub; new at each start.
    NodeId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_that_is_not_nil_is_an_id() {
        let id = ConversationId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "",
            "1",
            "00000000-0000-0000-0000-000000000000",
            "{0193a1c0-0000-7000-8000-000000000000}",
            "0193a1c0000070008000000000000000",
            "urn:uuid:0193a1c0-0000-7000-8000-000000000000",
        ] {
            assert_eq!(bad.parse::<ConversationId>(), Err(InvalidId), "{bad}");
        }
    }
}
