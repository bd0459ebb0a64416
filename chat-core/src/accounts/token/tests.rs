//! What tokens are taken and which are not.

use super::*;
use crate::accounts::ConfigError;

const SECRET: &[u8] = b"0123456789abcdef-0123456789abcdef";

fn tokens_of(secret: &[u8], previous: &[&[u8]]) -> Tokens {
    let previous = previous.iter().map(|key| key.to_vec()).collect();
    Tokens::new(
        &AccountsConfig::default(),
        &Keys::new(secret, previous).unwrap(),
    )
}

fn tokens() -> Tokens {
    tokens_of(SECRET, &[])
}

fn claims() -> serde_json::Value {
    let now = Timestamp::now().as_millis() / 1000;
    serde_json::json!({"iss": "chat", "aud": "chat", "sub": "ada", "sid": LoginId::new(), "jti": "j",
        "iat": now, "nbf": now, "exp": now + 60})
}

/// A token with our key and whatever a forger could wish for.
fn forged(
    header: impl FnOnce(&mut Header),
    claims: &serde_json::Value,
) -> Result<Identity, AuthError> {
    let tokens = tokens();
    let mut wished = tokens.header.clone();
    header(&mut wished);
    let token = jsonwebtoken::encode(&wished, claims, &tokens.encoding).unwrap();
    tokens.read_access(&token)
}

#[test]
fn an_access_token_names_its_user_and_login() {
    let (user, login) = (UserId::new("ada").unwrap(), LoginId::new());
    let identity = tokens()
        .read_access(&tokens().access(&user, login))
        .unwrap();
    assert_eq!((identity.user, identity.login), (user, Some(login)));
    assert!(forged(|_| (), &claims()).is_ok(), "what the others change");
}

#[test]
fn a_token_with_another_header_is_refused() {
    let refused = |header: fn(&mut Header)| assert!(forged(header, &claims()).is_err());
    refused(|header| header.typ = Some("JWT".to_owned()));
    refused(|header| header.typ = None);
    refused(|header| header.kid = None);
    refused(|header| header.kid = Some("../../dev/null".to_owned()));
    refused(|header| header.alg = Algorithm::HS384);
    refused(|header| header.alg = Algorithm::HS512);
    refused(|header| header.crit = Some(vec!["b64".to_owned()]));
    refused(|header| header.jku = Some("http://127.0.0.1:9/keys".to_owned()));
}

#[test]
fn every_claim_is_required_and_checked() {
    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert!(forged(|_| (), &without).is_err(), "without {name}");
    }
    let now = Timestamp::now().as_millis() / 1000;
    for (name, value) in [
        ("iss", serde_json::json!("chat.evil")),
        ("aud", serde_json::json!("cha")),
        ("aud", serde_json::json!(["chat", "other"])),
        ("sub", serde_json::json!("")),
        ("sub", serde_json::json!(7)),
        ("sid", serde_json::json!("1")),
        ("exp", serde_json::json!(now - 31)),
        ("exp", serde_json::json!(now - 30)),
        ("nbf", serde_json::json!(now + 60)),
        ("iat", serde_json::json!(now + 3600)),
    ] {
        let mut wrong = claims();
        wrong[name] = value.clone();
        assert!(forged(|_| (), &wrong).is_err(), "{name} {value}");
    }
    let mut late = claims();
    late["exp"] = serde_json::json!(now - 25);
    assert!(forged(|_| (), &late).is_ok(), "clocks may differ by 30 s");
}

#[test]
fn no_bit_of_a_token_can_be_changed() {
    let token = tokens().access(&UserId::new("ada").unwrap(), LoginId::new());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        // The last sign of a part has bits that say nothing: the same bytes may come of it.
        let same = changed
            .split('.')
            .zip(token.split('.'))
            .all(|(a, b)| URL_SAFE_NO_PAD.decode(a) == URL_SAFE_NO_PAD.decode(b));
        assert!(same || tokens().read_access(&changed).is_err(), "{at}");
    }
    assert!(tokens().read_access(&"x".repeat(5_000)).is_err());
}

#[test]
fn an_old_key_counts_while_it_is_listed() {
    let old = tokens_of(b"another-secret-another-secret-42!", &[]);
    let (user, login) = (UserId::new("ada").unwrap(), LoginId::new());
    let (access, refresh) = (old.access(&user, login), old.refresh(login, 3));
    let both = tokens_of(SECRET, &[b"another-secret-another-secret-42!"]);
    assert!(both.read_access(&access).is_ok());
    assert_eq!(both.read_refresh(&refresh).unwrap(), (login, 3));
    assert!(tokens().read_access(&access).is_err());
    assert!(tokens().read_refresh(&refresh).is_err());
}

#[test]
fn a_refresh_token_is_always_the_same_and_cannot_be_made_up() {
    let login = LoginId::new();
    let token = tokens().refresh(login, 1);
    assert_eq!(token, tokens().refresh(login, 1));
    for bad in [
        "",
        "x",
        &token[1..],
        &format!("{token}AA"),
        &tokens().refresh(login, 1).replace(&token[8..12], "AAAA"),
    ] {
        assert!(
            matches!(tokens().read_refresh(bad), Err(AccountError::TokenInvalid)),
            "{bad}"
        );
    }
    let access = tokens().access(&UserId::new("ada").unwrap(), login);
    assert!(matches!(
        tokens().read_refresh(&access),
        Err(AccountError::WrongTokenType)
    ));
}

#[test]
fn secrets_that_can_be_guessed_are_refused() {
    let refused = |secret: &str| Keys::new(secret, Vec::new()).unwrap_err();
    assert_eq!(refused("short"), ConfigError::ShortSecret);
    assert_eq!(refused(&"a".repeat(40)), ConfigError::KnownSecret);
    assert_eq!(
        refused("change-this-to-a-long-random-string-in-production"),
        ConfigError::KnownSecret
    );
}
