//! Whether text may be what it is meant to be.

use crate::chat::Error;
use crate::model::SEALED;
use crate::protocol::{Code, Limits};

/// A message's text: stored verbatim, so it is only counted and looked through.
pub(super) fn message_text(text: &str, limits: &Limits, may_be_blank: bool) -> Result<(), Error> {
    let problem = if text.len() > limits.text_bytes || text.chars().count() > limits.text_chars {
        "the text is too long"
    } else if text.contains('\0') {
        "the text holds a NUL"
    } else if text.starts_with(SEALED) {
        "the text begins with a control character that sealed texts begin with"
    } else if !may_be_blank && is_blank(text) {
        "the text is empty"
    } else {
        return Ok(());
    };
    Err(Error::invalid(Code::InvalidContent, "content", problem))
}

/// A group's name: trimmed, then at least one visible character.
pub(super) fn group_name(name: &str, limits: &Limits) -> Result<String, Error> {
    let name = name.trim();
    if is_blank(name)
        || name.chars().count() > limits.name_chars
        || name.chars().any(char::is_control)
    {
        return Err(Error::invalid(
            Code::InvalidName,
            "name",
            "a name is 1 to 100 visible characters",
        ));
    }
    Ok(name.to_owned())
}

/// The text of a user search.
pub(super) fn search_text(text: &str, limits: &Limits) -> Result<(), Error> {
    if (2..=limits.search_chars).contains(&text.chars().count()) && !text.contains('\0') {
        Ok(())
    } else {
        Err(Error::invalid(
            Code::InvalidQuery,
            "search",
            "a search is 2 to 100 characters",
        ))
    }
}

/// Nothing that anyone would see: white space and characters without width.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
                | '\u{feff}' | '\u{00ad}' | '\u{180e}' | '\u{3164}' | '\u{2800}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> bool {
        message_text(text, &Limits::default(), false).is_ok()
    }

    #[test]
    fn a_message_holds_1_to_4000_code_points_that_can_be_seen() {
        assert!(message(&"é".repeat(4_000)));
        assert!(!message(&"é".repeat(4_001)));
        assert!(message(&"😀".repeat(4_000)));
        assert!(message("\u{202e}abc"), "stored verbatim");
        for blank in ["", "  \n\t", "\u{200b}\u{feff}", "a\0b"] {
            assert!(!message(blank), "{blank:?}");
        }
    }

    #[test]
    fn a_message_does_not_pass_for_a_sealed_one() {
        assert!(!message("\u{1}hello"));
        assert!(message("hello\u{1}"), "stored verbatim");
    }

    #[test]
    fn combining_marks_count_like_everything_else() {
        assert!(!message(&format!("a{}", "\u{0301}".repeat(32 << 10))));
    }

    #[test]
    fn a_group_name_is_trimmed_and_visible() {
        let limits = Limits::default();
        assert_eq!(group_name("  My Group ", &limits).unwrap(), "My Group");
        assert!(group_name(" \u{200b} ", &limits).is_err());
        assert!(group_name(&"x".repeat(101), &limits).is_err());
        assert!(group_name("a\nb", &limits).is_err());
    }
}
