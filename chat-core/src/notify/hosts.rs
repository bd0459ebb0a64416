//! Where pushes may go. Endpoints come from clients: whoever asked any of them would ask whatever a client likes.

use std::str::FromStr;
use std::sync::Arc;

/// The services of the browsers' makers.
const KNOWN: &[&str] = &[
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.apple.com",
];

/// What a chat has to know to take subscriptions to Web Push.
#[derive(Debug, Clone)]
pub struct PushService {
    /// The public key that browsers subscribe to, as base64url without padding.
    pub key: String,
    /// Where endpoints may be.
    pub hosts: PushHosts,
}

/// The hosts of push services that endpoints may be at. Clones share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushHosts(Arc<[Place]>);

/// A host that is none, or no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a push service is a host, *. and a domain, or an origin such as https://push.example:8443"
)]
pub struct InvalidPushHost;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Host(String),
    /// What hosts below a domain end with.
    Below(String),
    Origin(String),
}

impl PushHosts {
    /// The longest endpoint, in bytes.
    pub const MAX_ENDPOINT: usize = 2_048;

    /// The origin of an endpoint, if it is an URL of plain ASCII, of `https` at the usual port of an allowed host, or at
    /// an origin that is allowed as such.
    #[must_use]
    pub fn origin<'e>(&self, endpoint: &'e str) -> Option<&'e str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?%=&+,!@".contains(&byte);
        if endpoint.len() > Self::MAX_ENDPOINT || !endpoint.bytes().all(is_plain) {
            return None;
        }
        let (scheme, rest) = endpoint.split_once("://")?;
        let (authority, _) = rest.split_once('/')?;
        let origin = &endpoint[..scheme.len() + 3 + authority.len()];
        let host = (scheme == "https" && is_host(authority)).then_some(authority);
        let allows = |place: &Place| match place {
            Place::Host(name) => host == Some(name),
            Place::Below(end) => host.is_some_and(|host| host.ends_with(end.as_str())),
            Place::Origin(whole) => origin == whole,
        };
        self.0.iter().any(allows).then_some(origin)
    }
}

impl Default for PushHosts {
    /// Those of Google, Mozilla, Microsoft and Apple.
    fn default() -> Self {
        let known = KNOWN.iter().map(|host| host.parse::<Place>());
        Self(known.filter_map(Result::ok).collect())
    }
}

impl FromStr for PushHosts {
    type Err = InvalidPushHost;

    /// Hosts, `*.` and a domain for all below it, or origins, separated by commas or spaces; at least one.
    fn from_str(text: &str) -> Result<Self, InvalidPushHost> {
        let places = text.split([',', ' ']).filter(|place| !place.is_empty());
        let places: Vec<Place> = places.map(str::parse).collect::<Result<_, _>>()?;
        match places.is_empty() {
            true => Err(InvalidPushHost),
            false => Ok(Self(places.into())),
        }
    }
}

impl FromStr for Place {
    type Err = InvalidPushHost;

    fn from_str(text: &str) -> Result<Self, InvalidPushHost> {
        if let Some((scheme, authority)) = text.split_once("://") {
            let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
            let is_origin = matches!(scheme, "http" | "https") && is_host(host);
            return match is_origin && port.parse::<u16>().is_ok() {
                true => Ok(Self::Origin(text.to_owned())),
                false => Err(InvalidPushHost),
            };
        }
        match text.strip_prefix("*.") {
            Some(domain) if is_host(domain) => Ok(Self::Below(format!(".{domain}"))),
            None if is_host(text) => Ok(Self::Host(text.to_owned())),
            Some(_) | None => Err(InvalidPushHost),
        }
    }
}

/// Lower case, without a port: whoever spells a host otherwise means to be taken for another.
fn is_host(text: &str) -> bool {
    let sign =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    !text.is_empty() && text.bytes().all(sign) && !text.split('.').any(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_the_known_services_are_allowed() {
        let hosts = PushHosts::default();
        for endpoint in [
            "https://fcm.googleapis.com/fcm/send/abc:APA91-x_y",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%3d%3d",
            "https://web.push.apple.com/QGuQyavXutnMH",
        ] {
            assert!(hosts.origin(endpoint).is_some(), "{endpoint}");
        }
        let origin = hosts.origin("https://web.push.apple.com/QGuQyavXutnMH");
        assert_eq!(origin, Some("https://web.push.apple.com"));
    }

    #[test]
    fn everything_else_is_refused() {
        let hosts = PushHosts::default();
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(2_048));
        for endpoint in [
            "",
            "fcm.googleapis.com/x",
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com",
            "https://fcm.googleapis.com:8443/x",
            "https://FCM.googleapis.com/x",
            "https://fcm.googleapis.com./x",
            "https://evil.example/fcm.googleapis.com/x",
            "https://evil.example?fcm.googleapis.com/x",
            "https://evilfcm.googleapis.com/x",
            "https://fcm.googleapis.com.evil.example/x",
            "https://fcm.googleapis.com@evil.example/x",
            "https://user:pass@fcm.googleapis.com/x",
            "https://evil.example#.push.apple.com/x",
            "https://evil.example\\.push.apple.com/x",
            "https://push.apple.com/x",
            "https://.push.apple.com/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://web.push.apple.com/x y",
            "https://web.push.apple.com/\r\nx: y",
            "https://web.push.apple.com/ü",
            "file:///etc/passwd",
            &long,
        ] {
            assert_eq!(hosts.origin(endpoint), None, "{endpoint}");
        }
    }

    #[test]
    fn a_setting_replaces_them() {
        let hosts: PushHosts = "push.example, *.wide.example http://127.0.0.1:8080"
            .parse()
            .unwrap();
        for (endpoint, is_allowed) in [
            ("https://push.example/x", true),
            ("https://a.b.wide.example/x", true),
            ("https://wide.example/x", false),
            ("http://127.0.0.1:8080/x", true),
            ("http://127.0.0.1:8081/x", false),
            ("https://127.0.0.1:8080/x", false),
            ("https://fcm.googleapis.com/x", false),
        ] {
            assert_eq!(hosts.origin(endpoint).is_some(), is_allowed, "{endpoint}");
        }
        for bad in [
            "",
            " ,",
            "*",
            "*.",
            "a..b",
            "Push.example",
            "ftp://x",
            "http://",
            "http://x:y",
            "a/b",
        ] {
            assert_eq!(bad.parse::<PushHosts>(), Err(InvalidPushHost), "{bad}");
        }
    }
}
