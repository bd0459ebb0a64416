//! Query strings and cursors.

use std::collections::HashMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chat_core::id::{ConversationId, Timestamp};
use chat_core::protocol::Code;
use chat_core::store::InboxCursor;

use super::problem::Problem;

/// A query's parameters.
pub(crate) type Query = HashMap<String, String>;

/// Reads `a=b&c=d` (the URL Standard's `application/x-www-form-urlencoded`).
///
/// A parameter that comes twice is refused: which of two would count is anybody's guess.
pub(super) fn parse(query: &str) -> Result<Query, Problem> {
    let mut parsed = Query::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return Err(Problem::new(
                Code::InvalidQuery,
                "a parameter is not UTF-8 in percent-encoding",
            ));
        };
        if parsed.insert(name, value).is_some() {
            return Err(Problem::new(
                Code::InvalidQuery,
                "a parameter came several times",
            ));
        }
    }
    Ok(parsed)
}

/// Takes a parameter's encoding off, in which `+` is a space.
fn decode(text: &str) -> Option<String> {
    percent_decode(&text.replace('+', " "))
}

/// Takes percent-encoding off (RFC 3986, section 2.1); none for what is no UTF-8 in it.
pub(super) fn percent_decode(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut plain = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (hex, rest) = piece.split_at_checked(2)?;
        if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        plain.push(u8::from_str_radix(hex, 16).ok()?);
        plain.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(plain).ok()
}

/// A parameter that is a number in plain digits, if it is there.
pub(super) fn number<T: FromStr>(query: &Query, name: &'static str) -> Result<Option<T>, Problem> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    let wrong = || Problem::new(Code::InvalidQuery, "not a number in range").at(name);
    number.map(Some).ok_or_else(wrong)
}

/// Which listing a cursor goes on with; one of another is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    Blocks,
    Inbox,
    Members,
    Messages,
    Reactors,
    Users,
}

impl Listing {
    const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks.",
            Self::Inbox => "inbox.",
            Self::Members => "members.",
            Self::Messages => "messages.",
            Self::Reactors => "reactors.",
            Self::Users => "users.",
        }
    }
}

/// A cursor for clients, who are to give it back as it is: where the next page of a listing starts.
pub(super) fn seal(listing: Listing, place: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{place}", listing.name()))
}

/// The place in what [`seal`] made for the same listing.
fn unseal(listing: Listing, cursor: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix(listing.name()).map(str::to_owned)
}

/// The place that the cursor parameter names, if it is there.
pub(super) fn cursor(query: &Query, listing: Listing) -> Result<Option<String>, Problem> {
    let Some(cursor) = query.get("cursor") else {
        return Ok(None);
    };
    let place = unseal(listing, cursor).filter(|place| !place.chars().any(char::is_control));
    place.map(Some).ok_or_else(invalid_cursor)
}

pub(super) fn invalid_cursor() -> Problem {
    Problem::new(Code::InvalidCursor, "not a cursor of this listing").at("cursor")
}

/// A place in the inbox as text.
pub(super) fn write_inbox(cursor: &InboxCursor) -> String {
    let place = format!("{}.{}", cursor.active_at.as_millis(), cursor.conversation);
    seal(Listing::Inbox, &place)
}

/// Reads the place that [`write_inbox`] wrote.
pub(super) fn read_inbox(place: &str) -> Result<InboxCursor, Problem> {
    let parse = || {
        let (millis, conversation) = place.split_once('.')?;
        let millis = millis.parse().ok()?;
        let active_at = Timestamp::from_millis(millis);
        (active_at.as_millis() == millis).then_some(())?;
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
        let query = parse("search=%25_%5C+x&limit=5&&flag&%C3%A9=%2B").unwrap();
        assert_eq!(query["search"], "%_\\ x");
        assert_eq!(query["flag"], "");
        assert_eq!(query["é"], "+");
        assert_eq!(number(&query, "limit").unwrap(), Some(5));
        assert_eq!(number::<u32>(&query, "absent").unwrap(), None);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for bad in [
            "a=%zz", "a=%+1", "a=%f", "a=%", "a=%ff", "%é=1", "a=1&a=2", "a&%61",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for bad in ["n=", "n=%2B1", "n=-1", "n=1.0", "n=1e2", "n=256", "n=x"] {
            let query = parse(bad).unwrap();
            assert!(number::<u8>(&query, "n").is_err(), "{bad}");
        }
    }

    #[test]
    fn an_inbox_cursor_comes_back_and_nothing_else_is_one() {
        let cursor = InboxCursor {
            active_at: Timestamp::from_millis(7),
            conversation: ConversationId::new(),
        };
        let sealed = write_inbox(&cursor);
        let place = unseal(Listing::Inbox, &sealed).unwrap();
        assert_eq!(read_inbox(&place).unwrap(), cursor);
        assert_eq!(unseal(Listing::Users, &sealed), None);
        assert_eq!(unseal(Listing::Inbox, "***"), None);
        for bad in ["", "7", "x.y", "7.8", "9223372036854775808.", "."] {
            assert!(read_inbox(bad).is_err(), "{bad}");
        }
    }
}
