//! The rules for what an account is made of.

use super::{AccountsConfig, FieldError};
use crate::protocol::Code;

/// Names that would speak for the service.
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "anonymous",
    "everyone",
    "help",
    "me",
    "moderator",
    "null",
    "root",
    "security",
    "staff",
    "support",
    "system",
    "undefined",
    "webmaster",
];

/// How many guesses, as a power of ten, a password must withstand under strict rules.
const GUESSES_LOG10: f64 = 10.0;

const fn problem(field: &'static str, code: Code, message: &'static str) -> FieldError {
    FieldError {
        field,
        code,
        message,
    }
}

/// A user name, in lower case: ASCII alone, so that no two look the same.
pub(super) fn username(text: &str) -> Result<String, FieldError> {
    let lower = text.trim().to_ascii_lowercase();
    let fits = (2..=32).contains(&lower.len())
        && lower.starts_with(|c: char| c.is_ascii_alphanumeric())
        && lower
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if fits && !RESERVED.contains(&lower.as_str()) {
        return Ok(lower);
    }
    let rule = "a user name is 2 to 32 letters, digits, '_', '.' or '-', beginning with a letter or digit, and not reserved";
    Err(problem("username", Code::InvalidUsername, rule))
}

/// An e-mail address, in lower case: only the plain form of RFC 5321's local part.
pub(super) fn email(text: &str) -> Result<String, FieldError> {
    let lower = text.trim().to_lowercase();
    let plain = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '"' | '<' | '>' | ',' | ';' | '(' | ')' | '\\')
    };
    let fits = lower.split_once('@').is_some_and(|(local, domain)| {
        (1..=64).contains(&local.len())
            && !domain.contains('@')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-'))
    });
    if fits && lower.len() <= 254 && lower.chars().all(plain) {
        return Ok(lower);
    }
    Err(problem(
        "email",
        Code::InvalidEmail,
        "not an e-mail address",
    ))
}

/// A name to show: trimmed, visible, without characters that turn the text around it.
pub(super) fn display_name(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let fits = (1..=64).contains(&text.chars().count())
        && !text.chars().any(|c| c.is_control() || turns(c));
    if fits {
        return Ok(text.to_owned());
    }
    let rule = "a display name is 1 to 64 visible characters";
    Err(problem("display_name", Code::InvalidDisplayName, rule))
}

/// A phone number: a `+` or none, then 5 to 20 digits with spaces or hyphens between.
pub(super) fn phone(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let count = digits.chars().filter(char::is_ascii_digit).count();
    if (5..=20).contains(&count)
        && digits.len() <= 32
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'))
    {
        return Ok(text.to_owned());
    }
    Err(problem(
        "phone",
        Code::InvalidPhone,
        "a phone number is '+' and 5 to 20 digits",
    ))
}

/// A new password: long enough, never cut, and where the rules are strict not easily guessed.
/// `context` is what the user is known by.
pub(super) fn password(
    text: &str,
    config: &AccountsConfig,
    context: &[&str],
) -> Result<(), FieldError> {
    let length = text.chars().count();
    if length > 256 || text.len() > 1_024 {
        return Err(problem(
            "password",
            Code::TooLong,
            "a password is at most 256 characters",
        ));
    }
    if length < config.password_min {
        return Err(problem(
            "password",
            Code::WeakPassword,
            "the password is too short",
        ));
    }
    if config.refuse_common_passwords && is_guessable(text, context) {
        return Err(problem(
            "password",
            Code::WeakPassword,
            "the password is easily guessed",
        ));
    }
    Ok(())
}

/// Whether somebody who knows the lists of common passwords, names and words, the usual stand-ins
/// for letters, keyboards, dates, and what the user is known by, would soon guess it.
fn is_guessable(text: &str, context: &[&str]) -> bool {
    let known: Vec<&str> = context
        .iter()
        .flat_map(|word| std::iter::once(*word).chain(word.split('@')))
        .chain(["chat", "message", "messenger", "conversation"])
        .collect();
    zxcvbn::zxcvbn(text, &known).guesses_log10() < GUESSES_LOG10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_plain_ascii_and_lower_case() {
        assert_eq!(username("John_Doe"), Ok("john_doe".to_owned()));
        for bad in [
            "",
            "a",
            &"x".repeat(33),
            "a\u{202e}b",
            "a\u{200b}b",
            "аdmin",
            "admin",
            "..",
            "a/b",
            "a b",
            "-a",
        ] {
            assert_eq!(
                username(bad).map_err(|e| e.code),
                Err(Code::InvalidUsername),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn addresses_are_one_line_of_plain_text() {
        assert_eq!(
            email("Alice@Example.com"),
            Ok("alice@example.com".to_owned())
        );
        for bad in [
            "",
            "a",
            "a@",
            "@b",
            "a@b@c",
            "a\r\nb@c.d",
            "\"a b\"@c.d",
            &format!("{}@b.c", "a".repeat(255)),
            "a@b..c",
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn phones_and_names_are_what_they_say() {
        assert!(phone("+1234567890").is_ok() && phone("+49 30-123 456").is_ok());
        assert!(phone("call me").is_err() && phone("+12").is_err());
        assert!(display_name("Ada Lovelace").is_ok() && display_name("李雷").is_ok());
        assert!(
            display_name("").is_err()
                && display_name("a\u{202e}b").is_err()
                && display_name("a\r\nb").is_err()
        );
    }

    #[test]
    fn password_length_is_counted_in_code_points_and_bounded() {
        let check =
            |text: &str, config: &AccountsConfig| password(text, config, &[]).map_err(|e| e.code);
        let (development, production) = (AccountsConfig::default(), AccountsConfig::production());
        assert_eq!(check("1234567", &development), Err(Code::WeakPassword));
        assert_eq!(check("password", &development), Ok(()));
        assert_eq!(
            check("vqdzlkwmhtrxbn", &production),
            Err(Code::WeakPassword),
            "14"
        );
        assert_eq!(check("vqdzlkwmhtrxbnf", &production), Ok(()), "15");
        assert_eq!(check(&"é".repeat(256), &development), Ok(()));
        assert_eq!(check(&"x".repeat(257), &development), Err(Code::TooLong));
        assert_eq!(
            check("830174926508317", &production),
            Ok(()),
            "digits alone"
        );
    }

    #[test]
    fn strict_rules_refuse_common_and_personal_words_however_padded() {
        let config = AccountsConfig::production();
        let context = ["alice", "wonderland@example.com"];
        for weak in [
            "conversation2026",
            "Password12345678!",
            "wonderland12345",
            "aaaaaaaaaaaaaaa",
            "123456789012345",
            "alicealicealice",
            "P@ssw0rd-P@ssw0rd",
            "qwertyuiopasdfghjkl",
            "passwordpassword",
            "iloveyouiloveyou",
            "alice wonderland",
            "abcdefghijklmnop",
        ] {
            assert!(password(weak, &config, &context).is_err(), "{weak}");
        }
    }
}
