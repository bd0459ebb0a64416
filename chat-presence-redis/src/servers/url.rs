//! Reading the URL.

use redis::{ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo};

use super::address::Address;
use crate::error::Fault;

/// What a URL says.
pub(crate) struct Target {
    /// The servers it names; at least one.
    pub(crate) seeds: Vec<Address>,
    /// The login and the database.
    pub(crate) settings: RedisConnectionInfo,
}

impl Target {
    /// Reads `redis://[user:password@]host[:port][,host[:port]...][/db]`; `redis-cluster://` is the same.
    pub(crate) fn parse(url: &str) -> Result<Self, Fault> {
        let (scheme, rest) = url.split_once("://").ok_or(Fault::Url(None))?;
        match scheme {
            "redis" | "redis-cluster" => {}
            "rediss" => return Err(Fault::Tls),
            _ => return Err(Fault::Url(None)),
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (format!("{login}@"), hosts),
            None => (String::new(), authority),
        };
        let mut seeds = Vec::new();
        let mut settings = RedisConnectionInfo::default();
        for host in hosts.split(',') {
            let one = format!("redis://{login}{host}{path}");
            let info = one.into_connection_info();
            let info = info.map_err(|error| Fault::Url(Some(error)))?;
            let ConnectionAddr::Tcp(host, port) = info.addr() else {
                return Err(Fault::Url(None));
            };
            seeds.push(Address::new(host, *port));
            settings = info.redis_settings().clone();
        }
        // Only RESP3 carries publications beside answers on one connection.
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        Ok(Self { seeds, settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_login_and_database_are_read() {
        let target = Target::parse("redis://ada:p%40ss@one:1,two,[::1]:3/4").unwrap();
        let expected = [("one", 1), ("two", 6379), ("::1", 3)];
        assert_eq!(
            target.seeds,
            expected.map(|(host, port)| Address::new(host, port))
        );
        assert_eq!(target.settings.username(), Some("ada"));
        assert_eq!(target.settings.password(), Some("p@ss"));
        assert_eq!(target.settings.db(), 4);
        assert!(Target::parse("redis-cluster://one:1,two:2").is_ok());
    }

    #[test]
    fn what_is_no_url_of_ours_is_refused() {
        let tls = Target::parse("rediss://one").err();
        assert!(matches!(tls, Some(Fault::Tls)), "{tls:?}");
        for bad in [
            "",
            "one:1",
            "http://one",
            "redis+unix:///run/redis",
            "redis://one,",
            "redis://one:x",
        ] {
            let refused = Target::parse(bad).err();
            assert!(matches!(refused, Some(Fault::Url(_))), "{bad}: {refused:?}");
        }
    }
}
