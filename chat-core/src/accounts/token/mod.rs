//! Access tokens (JWT, RFC 7519 and 8725) and refresh tokens.
//!
//! A refresh token is not stored: it names its login and generation under a MAC, and the store keeps
//! the generation. So each token's place in the session is known exactly, the successor of a token
//! is always the same, and a stolen database opens nothing.

mod keys;

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{AccountError, AccountsConfig};
use crate::auth::{AuthError, Identity};
use crate::id::{LoginId, Timestamp, UserId};

use keys::{derive, key_id, mac};

pub use keys::Keys;

/// The header's type of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// Longer tokens are not looked into.
const MAX_TOKEN: usize = 4 << 10;

/// Login id, generation and MAC.
const REFRESH_BYTES: usize = 16 + 8 + 32;

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
mod tests;
