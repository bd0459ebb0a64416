//! Where a request comes from, also through proxies.

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;

use crate::network::Network;

/// The client's address: the peer's, or where that is a trusted proxy the one that it names.
///
/// `X-Forwarded-For` is read from its end, because each proxy appends whom it was asked by: the
/// first address that is no trusted proxy's is the client's, and whatever stands before it is the
/// client's own claim. From anybody else the header means nothing.
pub(super) fn address(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    proxies: &[Network],
) -> Option<IpAddr> {
    let mut address = peer?.to_canonical();
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        if !proxies.iter().any(|proxy| proxy.contains(address)) {
            break;
        }
        let Ok(named) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        address = named.to_canonical();
    }
    Some(address)
}

/// What counts as one client: an IPv4 address, or a /64 of IPv6.
pub(super) fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "fd00::1".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            let value = http::HeaderValue::from_static(value);
            headers.append("x-forwarded-for", value);
        }
        let found = address(Some(peer.parse().unwrap()), &headers, &proxies);
        found.unwrap().to_string()
    }

    #[test]
    fn a_forwarded_address_counts_from_a_trusted_proxy_alone() {
        assert_eq!(seen("9.9.9.9", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("::ffff:10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_claims_itself_is_passed_over() {
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, unknown"]), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let group = |text: &str| group(text.parse().unwrap());
        assert_eq!(group("2001:db8::1"), group("2001:db8::2:3"));
        assert_ne!(group("2001:db8::1"), group("2001:db8:0:1::1"));
        assert_eq!(group("::ffff:1.2.3.4").to_string(), "1.2.3.4");
    }
}
