//! Whether text may be what it is meant to be.

use crate::chat::Error;
use crate::model::SEALED;
use crate::protocol::{CallSignal, Code, IceCandidate, Limits, Signal};

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

/// A signal of a call, to somebody else.
pub(super) fn call_signal(call: &CallSignal, limits: &Limits) -> Result<(), Error> {
    if call.from == call.to {
        let problem = "nobody calls themselves";
        return Err(Error::invalid(Code::InvalidId, "to", problem));
    }
    match &call.signal {
        Signal::Offer { sdp } | Signal::Answer { sdp } => description(sdp, limits),
        Signal::Candidates { candidates } => self::candidates(candidates, limits),
        Signal::Ringing {} | Signal::Hangup { .. } => Ok(()),
    }
}

/// A session description: lines of text.
fn description(sdp: &str, limits: &Limits) -> Result<(), Error> {
    let problem = if sdp.is_empty() || sdp.len() > limits.call_signal_bytes {
        "a session description is empty or too long"
    } else if sdp.contains(|c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t')) {
        "a session description holds a control character"
    } else {
        return Ok(());
    };
    Err(Error::invalid(Code::InvalidContent, "sdp", problem))
}

fn candidates(candidates: &[IceCandidate], limits: &Limits) -> Result<(), Error> {
    if !(1..=limits.call_candidates).contains(&candidates.len()) {
        let problem = "no candidates, or too many";
        return Err(Error::invalid(Code::LimitExceeded, "candidates", problem));
    }
    let texts = || {
        let mids = candidates.iter().filter_map(|one| one.sdp_mid.as_deref());
        mids.chain(candidates.iter().map(|one| one.candidate.as_str()))
    };
    let problem = if texts().map(str::len).sum::<usize>() > limits.call_signal_bytes {
        "the candidates are too long"
    } else if texts().any(|text| text.contains(char::is_control)) {
        "a candidate holds a control character"
    } else {
        return Ok(());
    };
    Err(Error::invalid(Code::InvalidContent, "candidates", problem))
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
