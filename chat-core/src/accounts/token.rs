//! Access tokens (JWT, RFC 7519 and 8725) and refresh tokens.
//!
//! A refresh token is not stored: it names its login and generation under a MAC, and the store keeps
//! the generation. So each token's place in the session is known exactly, the successor of a token
//! is always the same, and a stolen database opens nothing.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{AccountError, AccountsConfig, ConfigError};
use crate::auth::{AuthError, Identity};
use crate::id::{LoginId, Timestamp, UserId};

/// The header's type of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// Longer tokens are not looked into.
const MAX_TOKEN: usize = 4 << 10;

/// Login id, generation and MAC.
const REFRESH_BYTES: usize = 16 + 8 + 32;

/// The secrets that tokens are made with; others derive from them.
#[derive(Clone)]
pub struct Keys {
    current: Vec<u8>,
    previous: Vec<Vec<u8>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// Tokens are made with `current`; those made with `previous` ones still count, so that a key
    /// can be changed without logging everybody out.
    ///
    /// # Errors
    /// [`ConfigError::ShortSecret`] under 32 bytes; [`ConfigError::KnownSecret`] for examples.
    pub fn new(current: impl Into<Vec<u8>>, previous: Vec<Vec<u8>>) -> Result<Self, ConfigError> {
        let keys = Self {
            current: current.into(),
            previous,
        };
        for key in std::iter::once(&keys.current).chain(&keys.previous) {
            check_secret(key)?;
        }
        Ok(keys)
    }
}

fn check_secret(secret: &[u8]) -> Result<(), ConfigError> {
    let text = String::from_utf8_lossy(secret).to_lowercase();
    let example = [
        "change-this",
        "changeme",
        "change-me",
        "change_me",
        "your-secret",
        "placeholder",
        "example",
    ];
    let varied = secret
        .iter()
        .collect::<std::collections::HashSet<_>>()
        .len();
    match () {
        () if example.iter().any(|example| text.contains(example)) => Err(ConfigError::KnownSecret),
        () if secret.len() < 32 => Err(ConfigError::ShortSecret),
        () if varied < 8 => Err(ConfigError::KnownSecret),
        () => Ok(()),
    }
}

/// What an access token says; all of it is required.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: LoginId,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Makes and reads tokens.
pub(super) struct Tokens {
    header: Header,
    encoding: EncodingKey,
    /// By key id.
    decoding: HashMap<String, DecodingKey>,
    validation: Validation,
    refresh_keys: Vec<[u8; 32]>,
    issuer: String,
    audience: String,
    life: i64,
    skew: i64,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    pub(super) fn new(config: &AccountsConfig, keys: &Keys) -> Self {
        // Somebody else may have chosen a provider: theirs signs as well.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        let all = || std::iter::once(&keys.current).chain(&keys.previous);
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key_id(&keys.current));
        let signing = |key: &[u8]| derive(key, b"access");
        Self {
            header,
            encoding: EncodingKey::from_secret(&signing(&keys.current)),
            decoding: all()
                .map(|key| (key_id(key), DecodingKey::from_secret(&signing(key))))
                .collect(),
            validation: validation(config),
            refresh_keys: all().map(|key| derive(key, b"refresh")).collect(),
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            life: seconds(config.access_life),
            skew: seconds(config.skew),
        }
    }

    /// An access token.
    pub(super) fn access(&self, user: &UserId, login: LoginId) -> String {
        let now = Timestamp::now().as_millis() / 1000;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.clone(),
            sid: login,
            jti: uuid::Uuid::now_v7().to_string(),
            iat: now,
            nbf: now,
            exp: now + self.life,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.encoding).expect(
            "claims of plain text and numbers are always written, with a key of the right kind",
        )
    }

    /// Who an access token is of.
    pub(super) fn read_access(&self, token: &str) -> Result<Identity, AuthError> {
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Invalid)?;
        let plain = header.alg == Algorithm::HS256
            && header.typ.as_deref() == Some(TYPE)
            && header.crit.is_none()
            && header.zip.is_none()
            && header.jwk.is_none()
            && header.jku.is_none();
        let key = header.kid.as_ref().and_then(|kid| self.decoding.get(kid));
        let (Some(key), true) = (key, plain) else {
            return Err(AuthError::Invalid);
        };
        let read = jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        let claims = read.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => AuthError::Expired,
            _ => AuthError::Invalid,
        })?;
        let claims = claims.claims;
        let now = Timestamp::now().as_millis();
        if claims.iat > now / 1000 + self.skew {
            return Err(AuthError::Invalid);
        }
        // The library takes a token for a second longer; but what opens a socket must be good for it.
        let expires_at = claims.exp.saturating_add(self.skew).saturating_mul(1000);
        if expires_at <= now {
            return Err(AuthError::Expired);
        }
        Ok(Identity {
            user: claims.sub,
            login: Some(claims.sid),
            expires_at: Some(Timestamp::from_millis(expires_at)),
        })
    }

    /// The refresh token of a login's generation: always the same.
    pub(super) fn refresh(&self, login: LoginId, generation: i64) -> String {
        let mut token = [0; REFRESH_BYTES];
        token[..16].copy_from_slice(login.as_uuid().as_bytes());
        token[16..24].copy_from_slice(&generation.to_be_bytes());
        let tag = mac(&self.refresh_keys[0], &token[..24])
            .finalize()
            .into_bytes();
        token[24..].copy_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The login and generation of a refresh token.
    pub(super) fn read_refresh(&self, token: &str) -> Result<(LoginId, i64), AccountError> {
        if token.starts_with("eyJ") && token.contains('.') {
            return Err(AccountError::WrongTokenType);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| AccountError::TokenInvalid)?;
        let bytes: &[u8; REFRESH_BYTES] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| AccountError::TokenInvalid)?;
        let genuine = |key: &[u8; 32]| mac(key, &bytes[..24]).verify_slice(&bytes[24..]).is_ok();
        let (Some(login), Some(generation), true) = (
            bytes.first_chunk::<16>(),
            bytes[16..].first_chunk::<8>(),
            self.refresh_keys.iter().any(genuine),
        ) else {
            return Err(AccountError::TokenInvalid);
        };
        Ok((
            LoginId::from_uuid(uuid::Uuid::from_bytes(*login)),
            i64::from_be_bytes(*generation),
        ))
    }
}

fn validation(config: &AccountsConfig) -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = config.skew.as_secs();
    validation.validate_nbf = true;
    validation.set_audience(&[&config.audience]);
    validation.set_issuer(&[&config.issuer]);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation
}

fn seconds(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX / 4)
}

fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac
}

/// A key for one purpose, so that what is made for one is worth nothing for another.
fn derive(secret: &[u8], purpose: &[u8]) -> [u8; 32] {
    mac(secret, purpose).finalize().into_bytes().into()
}

/// Tells keys apart without telling anything of them.
fn key_id(secret: &[u8]) -> String {
    let digest = Sha256::digest(derive(secret, b"key id"));
    URL_SAFE_NO_PAD.encode(&digest[..6])
}

/// 256 random bits as text.
pub(super) fn random_text() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system's random source works");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An id for a new account.
pub(super) fn new_user_id() -> UserId {
    UserId::new(uuid::Uuid::now_v7().to_string()).expect("a UUID's text is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
