//! What users put to a message beside an answer: an emoji, or a short name for one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::id::{ConversationId, Rev, Seq, Timestamp, UserId, read_text};

/// A text that is no reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid reaction")]
pub struct InvalidReaction;

/// An emoji or a short name: 1 to 64 bytes in Unicode's form NFC, without white space and characters
/// that cannot be seen. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1))]
pub struct Reaction(Arc<str>);

impl Reaction {
    /// The longest reaction, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Takes `text` as a reaction, composed: what looks alike to a keyboard is one reaction.
    ///
    /// # Errors
    /// [`InvalidReaction`] if it is empty, too long, shows nothing, or has a character that it may not have.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidReaction> {
        let text = text.as_ref();
        // Composing makes no text shorter than a third.
        if text.len() > 3 * Self::MAX_BYTES {
            return Err(InvalidReaction);
        }
        let text: String = text.nfc().collect();
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        let shows = text.chars().any(|sign| !is_joint(sign));
        match fits && shows && !text.chars().any(is_unfit) {
            true => Ok(Self(text.into())),
            false => Err(InvalidReaction),
        }
    }

    /// The reaction as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// White space, control characters, and those without width or that turn the direction of writing. What emoji
/// are joined with is none of them.
fn is_unfit(sign: char) -> bool {
    sign.is_whitespace()
        || sign.is_control()
        || matches!(sign, '\u{00ad}' | '\u{115f}' | '\u{1160}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

/// The joiner of emoji, and what tells how the sign before is drawn: nothing by themselves.
const fn is_joint(sign: char) -> bool {
    matches!(sign, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

impl FromStr for Reaction {
    type Err = InvalidReaction;

    fn from_str(text: &str) -> Result<Self, InvalidReaction> {
        Self::new(text)
    }
}

impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reaction({:?})", self.0)
    }
}

impl Serialize for Reaction {
    fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reaction {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read_text(input, |text| Self::new(text))
    }
}

/// How often a message has one reaction, and of whom: kept inside the message, so that a page of
/// history needs no further query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionSummary {
    /// Which.
    pub reaction: Reaction,
    /// How many users gave it; at least one.
    pub count: u64,
    /// The first of them, at most [`Self::USERS`], in the order in which they gave it.
    pub users: Vec<UserId>,
}

impl ReactionSummary {
    /// How many users a summary names.
    pub const USERS: usize = 20;

    /// The summary of a reaction that these users gave, in this order; none if nobody did.
    #[must_use]
    pub fn of<'a>(reaction: Reaction, users: impl IntoIterator<Item = &'a UserId>) -> Option<Self> {
        let mut users = users.into_iter();
        let first: Vec<UserId> = users.by_ref().take(Self::USERS).cloned().collect();
        let count = (first.len() + users.count()) as u64;
        (count > 0).then_some(Self {
            reaction,
            count,
            users: first,
        })
    }
}

/// A user who gave a message some reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reactor {
    /// Who.
    pub user: UserId,
    /// The conversation's rev at which it was given: its place in the order of those who did.
    pub rev: Rev,
    /// When.
    pub at: Timestamp,
}

/// A reaction that some user gave, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reacted {
    /// Where the message is.
    pub conversation: ConversationId,
    /// The message's number.
    pub seq: Seq,
    /// What was given.
    pub reaction: Reaction,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_or_a_short_name_is_a_reaction() {
        for good in ["👍", "❤\u{fe0f}", "👩\u{200d}🚀", "+1", "party_parrot", "é"] {
            assert!(Reaction::new(good).is_ok(), "{good}");
        }
        let long = "x".repeat(65);
        let unseen = ["\u{200b}", "👍\u{200c}", "\u{200d}", "\u{fe0f}", "\u{3164}"];
        let bad = ["", " ", "a b", "a\n", "a\0", "\u{202e}x", &long];
        for bad in bad.into_iter().chain(unseen) {
            assert_eq!(Reaction::new(bad), Err(InvalidReaction), "{bad:?}");
        }
        assert!(Reaction::new("🏴\u{e0067}\u{e0062}\u{e007f}").is_ok());
        assert!(Reaction::new("👩\u{200d}🚀").is_ok() && Reaction::new("❤\u{fe0f}").is_ok());
        assert!(Reaction::new("x".repeat(64)).is_ok());
        assert!(
            Reaction::new("e\u{301}".repeat(32)).is_ok(),
            "composed, 64 bytes"
        );
    }

    #[test]
    fn what_is_spelt_in_two_ways_is_one_reaction() {
        assert_eq!(Reaction::new("e\u{301}"), Reaction::new("é"));
    }

    #[test]
    fn a_summary_names_the_first_and_counts_all() {
        let users: Vec<UserId> = (0..25)
            .map(|n| UserId::new(format!("u{n}")).unwrap())
            .collect();
        let reaction = Reaction::new("👍").unwrap();

        let summary = ReactionSummary::of(reaction.clone(), &users).unwrap();

        assert_eq!((summary.count, &summary.users[..]), (25, &users[..20]));
        assert_eq!(ReactionSummary::of(reaction, []), None);
    }
}
