//! The two numbers of a conversation's log.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! log_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0))]
        pub struct $name(i64);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// The number `value`, if it is not negative.
            #[must_use]
            pub const fn new(value: i64) -> Option<Self> {
                if value < 0 { None } else { Some(Self(value)) }
            }

            /// The number as stores keep it: 64 bits, signed, never negative.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The number after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// How many numbers lie in `(earlier, self]`; 0 if `earlier` is later.
            #[must_use]
            pub fn since(self, earlier: Self) -> u64 {
                self.0.saturating_sub(earlier.0).max(0).unsigned_abs()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let value = i64::deserialize(input)?;
                Self::new(value).ok_or_else(|| serde::de::Error::custom("must not be negative"))
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

log_number! {
    /// Number of a message in its conversation: 1, 2, 3, ... without gaps, given by the store in
    /// the transaction that stores the message.
    Seq
}
log_number! {
    /// Number of a change of a conversation: every new message, membership or settings change
    /// takes the next; each row keeps the rev that last changed it.
    Rev
}
