//! Query strings and cursors.

use std::collections::HashMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chat_core::id::{ConversationId, Timestamp};
use chat_core::protocol::Code;
use chat_core::store::InboxCursor;

use super::problem::Problem;

/// Reads `a=b&c=d` (the URL Standard's `application/x-www-form-urlencoded`).
pub(super) fn parse(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Takes percent-encoding off; what is no UTF-8 afterwards is replaced.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(value)) => {
                plain.push(value);
                at += 3;
            }
            (b'+', _) => {
                plain.push(b' ');
                at += 1;
            }
            (byte, _) => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// A parameter's value, if it is there.
pub(super) fn value<T: FromStr>(
    query: &HashMap<String, String>,
    name: &'static str,
) -> Result<Option<T>, Problem> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(_) => Err(Problem::new(Code::InvalidQuery, "a parameter has a wrong value").at(name)),
    }
}

/// Hides a cursor's make-up from clients: they are to give it back as it is.
pub(super) fn seal(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Opens what [`seal`] made.
pub(super) fn unseal(text: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(invalid_cursor)
}

/// The cursor parameter, opened.
pub(super) fn cursor(query: &HashMap<String, String>) -> Result<Option<String>, Problem> {
    query.get("cursor").map(|text| unseal(text)).transpose()
}

pub(super) fn invalid_cursor() -> Problem {
    Problem::new(Code::InvalidCursor, "not a cursor of this listing").at("cursor")
}

/// An inbox cursor as text.
pub(super) fn write_inbox(cursor: &InboxCursor) -> String {
    seal(&format!(
        "inbox.{}.{}",
        cursor.active_at.as_millis(),
        cursor.conversation
    ))
}

/// Reads what [`write_inbox`] wrote.
pub(super) fn read_inbox(text: &str) -> Result<InboxCursor, Problem> {
    let parse = || {
        let (millis, conversation) = text.strip_prefix("inbox.")?.split_once('.')?;
        let active_at = Timestamp::from_millis(millis.parse().ok()?);
        Some(InboxCursor {
            active_at,
            conversation: conversation.parse::<ConversationId>().ok()?,
        })
    };
    parse().ok_or_else(invalid_cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_strings_are_decoded() {
        let query = parse("search=%25_%5C+x&limit=5&&flag&%zz=1");
        assert_eq!(query["search"], "%_\\ x");
        assert_eq!(query["flag"], "");
        assert_eq!(query["%zz"], "1");
    }

    #[test]
    fn an_inbox_cursor_comes_back_and_nothing_else_is_one() {
        let cursor = InboxCursor {
            active_at: Timestamp::from_millis(7),
            conversation: ConversationId::new(),
        };
        assert_eq!(
            read_inbox(&unseal(&write_inbox(&cursor)).unwrap()).unwrap(),
            cursor
        );
        for bad in ["", "inbox.7", "inbox.x.y", "members.7.8"] {
            assert!(read_inbox(bad).is_err(), "{bad}");
        }
        assert!(unseal("***").is_err());
    }
}
