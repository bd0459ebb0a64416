//! The stable codes of refusals and failures, on REST and WebSocket alike.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// Why a request was refused or failed. The text never changes; clients decide by it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    InvalidJson = "invalid_json", 400;
    /// A frame is not a command.
    InvalidFrame = "invalid_frame", 400;
    /// A field has the wrong JSON type, is missing, or has a value outside its range.
    InvalidType = "invalid_type", 400;
    /// A field that the request does not have.
    UnknownField = "unknown_field", 400;
    /// An id that cannot be one.
    InvalidId = "invalid_id", 400;
    /// A cursor that was not given out, or for another listing.
    InvalidCursor = "invalid_cursor", 400;
    /// A query parameter with a wrong value.
    InvalidQuery = "invalid_query", 400;
    /// Text that is empty, too long or holds a character that it may not.
    InvalidContent = "invalid_content", 400;
    /// A message replied to, or an upload, that is not there.
    InvalidReference = "invalid_reference", 400;
    /// A reaction that is none: 1 to 64 bytes, without white space.
    InvalidReaction = "invalid_reaction", 400;
    /// A marker past the last message.
    InvalidSeq = "invalid_seq", 400;
    /// A name for a group that is empty or too long.
    InvalidName = "invalid_name", 400;
    /// Members that cannot be: unknown users, oneself, or too many.
    InvalidMembers = "invalid_members", 400;
    /// A user name that breaks the rules.
    InvalidUsername = "invalid_username", 400;
    /// An e-mail address that breaks the rules.
    InvalidEmail = "invalid_email", 400;
    /// A phone number that breaks the rules.
    InvalidPhone = "invalid_phone", 400;
    /// A display name that breaks the rules.
    InvalidDisplayName = "invalid_display_name", 400;
    /// An endpoint of Web Push that is none, or not at a push service that is allowed.
    InvalidEndpoint = "invalid_endpoint", 400;
    /// A browser's key or secret that cannot be one.
    InvalidKey = "invalid_key", 400;
    /// A password that is too short or too common.
    WeakPassword = "weak_password", 400;
    /// A password that is too long.
    TooLong = "too_long", 400;
    /// More of something than one request may carry.
    LimitExceeded = "limit_exceeded", 400;
    /// Two credentials of different users.
    AmbiguousCredentials = "ambiguous_credentials", 400;
    /// A malformed request, for instance of an upgrade or an upload.
    BadRequest = "bad_request", 400;
    /// No credential.
    Unauthenticated = "unauthenticated", 401;
    /// A credential that is not valid.
    InvalidToken = "invalid_token", 401;
    /// A credential that was valid and has expired.
    TokenExpired = "token_expired", 401;
    /// Wrong user or password.
    InvalidCredentials = "invalid_credentials", 401;
    /// A refresh token that was used before: its session has been ended.
    TokenReused = "token_reused", 401;
    /// A token of another kind.
    WrongTokenType = "wrong_token_type", 401;
    /// The role or the kind of conversation does not allow it.
    Forbidden = "forbidden", 403;
    /// The host's policy does not allow it.
    Denied = "denied", 403;
    /// A block stands between the two of a direct conversation. Both are told alike.
    Blocked = "blocked", 403;
    /// A request from another site with this site's cookie.
    Csrf = "csrf", 403;
    /// The Origin is not allowed.
    OriginNotAllowed = "origin_not_allowed", 403;
    /// The current password is needed and was wrong.
    ReauthRequired = "reauth_required", 403;
    /// It does not exist, or not for this user.
    NotFound = "not_found", 404;
    /// The resource has no such method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The body did not come in time.
    Timeout = "timeout", 408;
    /// The user name or e-mail address cannot be had.
    Unavailable = "unavailable", 409;
    /// The client id was used for another message.
    IdempotencyConflict = "idempotency_conflict", 409;
    /// The last owner of a group with members.
    LastOwner = "last_owner", 409;
    /// The group has as many members as it may.
    GroupFull = "group_full", 409;
    /// The message was deleted: nothing can be done to it any more.
    MessageDeleted = "message_deleted", 409;
    /// The message has as many kinds of reactions as it may.
    TooManyReactions = "too_many_reactions", 409;
    /// The body is larger than allowed.
    TooLarge = "too_large", 413;
    /// The address is longer than allowed.
    UriTooLong = "uri_too_long", 414;
    /// A content type that the route does not take.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// An upload of a format that is not taken.
    UnsupportedMedia = "unsupported_media", 415;
    /// A byte range outside the object.
    RangeNotSatisfiable = "range_not_satisfiable", 416;
    /// An upload that is damaged or has too many pixels.
    DamagedMedia = "damaged_media", 422;
    /// Another WebSocket version.
    UpgradeRequired = "upgrade_required", 426;
    /// Too many requests.
    RateLimited = "rate_limited", 429;
    /// Too many failed logins.
    TooManyAttempts = "too_many_attempts", 429;
    /// The user's uploads are used up.
    QuotaExceeded = "quota_exceeded", 429;
    /// A defect on the server.
    Internal = "internal", 500;
    /// The store cannot be reached. Whether a send was stored is known by repeating it under its
    /// client id.
    StorageUnavailable = "storage_unavailable", 503;
    /// Too much of this is under way.
    Busy = "busy", 503;
    /// The server is going away.
    Draining = "draining", 503;
    /// No room left for uploads.
    StorageFull = "storage_full", 507;
}

impl Code {
    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::RateLimited
                | Self::TooManyAttempts
                | Self::StorageUnavailable
                | Self::Busy
                | Self::Draining
        )
    }
}

/// By hand: utoipa's macro cannot read the names that a macro gave the variants.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let told =
            "Why a request was refused or failed. The text never changes; clients decide by it.";
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some(told))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
