//! How the transport is set up.

use std::sync::Arc;

use chat_core::auth::Authenticator;
use chat_core::hub::{JsonFormat, WireFormat};

use crate::ice::IceConfig;
use crate::network::Network;
use crate::ws::SocketConfig;

/// Settings of the routes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TransportConfig {
    /// Tells who asks.
    pub authenticator: Arc<dyn Authenticator>,
    /// The built-in accounts; none for hosts with their own login: then there are no routes for them.
    #[cfg(feature = "accounts")]
    pub accounts: Option<chat_core::accounts::Accounts>,
    /// Origins of front ends on other sites, exactly as browsers say them. They may send cookies.
    pub origins: Vec<String>,
    /// Proxies in front: what they say in `X-Forwarded-For` is believed, from anybody else it is
    /// not. Behind a proxy that is not listed all clients count as one address.
    pub trusted_proxies: Vec<Network>,
    /// Whether cookies are for HTTPS alone, with the `__Host-` prefix (RFC 6265bis, section 4.1.3).
    pub secure_cookies: bool,
    /// The cookie in which the host keeps its own session, by its whole name. None: the access
    /// cookie of the built-in accounts, `__Host-chat_at`, or `chat_at` without `secure_cookies`.
    pub session_cookie: Option<String>,
    /// Whether `?token=` opens a WebSocket: a token in a URL ends up in other people's logs.
    pub query_token: bool,
    /// Whether the routes and the WebSocket say HTTPS alone is to be used from now on.
    pub strict_transport: bool,
    /// Requests a minute of one address (of IPv6, one /64) for logging in: 30.
    pub logins_per_minute: u32,
    /// Registrations of one address at once, all refilled within 3 min: 6.
    pub registrations: u32,
    /// Requests of one user at once, refilled by `requests_per_second`: 100. As many of one address
    /// for refreshing and logging out.
    pub request_burst: u32,
    /// Requests of one user a second in the long run: 20.
    pub requests_per_second: f64,
    /// The servers that help devices to connect for a call; none.
    pub ice: IceConfig,
    /// How WebSockets are kept.
    pub socket: SocketConfig,
    /// How events are written.
    pub format: Arc<dyn WireFormat>,
}

impl TransportConfig {
    /// The defaults: no other origins, cookies for HTTPS alone, no token in a URL.
    #[must_use]
    pub fn new(authenticator: impl Authenticator) -> Self {
        Self {
            authenticator: Arc::new(authenticator),
            #[cfg(feature = "accounts")]
            accounts: None,
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            secure_cookies: true,
            session_cookie: None,
            query_token: false,
            strict_transport: false,
            logins_per_minute: 30,
            registrations: 6,
            request_burst: 100,
            requests_per_second: 20.0,
            ice: IceConfig::default(),
            socket: SocketConfig::default(),
            format: Arc::new(JsonFormat),
        }
    }

    /// With the built-in accounts, which also tell who asks.
    #[cfg(feature = "accounts")]
    #[must_use]
    pub fn with_accounts(accounts: chat_core::accounts::Accounts) -> Self {
        Self {
            accounts: Some(accounts.clone()),
            ..Self::new(accounts)
        }
    }
}
