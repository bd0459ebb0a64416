//! Reading CLUSTER SLOTS.

use std::sync::Arc;

use redis::Value;

use super::address::Address;
use super::map::SlotMap;
use super::text;
use crate::error::Fault;

/// The map in an answer to CLUSTER SLOTS, which came from the server `asked`: ranges of first slot, last slot, the
/// master (its host, port, and more), and its replicas. A host that is empty or null is the one asked.
pub(super) fn read(answer: &Value, asked: &Address) -> Result<SlotMap, Fault> {
    let Value::Array(ranges) = answer else {
        return Err(Fault::Answer);
    };
    let ranges = ranges.iter().map(|range| read_range(range, asked));
    let ranges: Option<Vec<_>> = ranges.collect();
    Ok(SlotMap::cluster(ranges.ok_or(Fault::Answer)?))
}

fn read_range(range: &Value, asked: &Address) -> Option<(u16, u16, Address)> {
    let Value::Array(range) = range else {
        return None;
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = &**range
    else {
        return None;
    };
    let [host, Value::Int(port), ..] = &**master else {
        return None;
    };
    let host = match host {
        Value::Nil => "",
        host => std::str::from_utf8(text(host)?).ok()?,
    };
    let address = address(host, u16::try_from(*port).ok()?, asked);
    Some((
        u16::try_from(*first).ok()?,
        u16::try_from(*last).ok()?,
        address,
    ))
}

/// The address that a server gave; one without a host is on its own.
fn address(host: &str, port: u16, asked: &Address) -> Address {
    match host {
        "" => Address {
            host: Arc::clone(&asked.host),
            port,
        },
        host => Address::new(host, port),
    }
}

/// Where a command belongs that a server refused with MOVED or ASK.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Redirection {
    pub(super) address: Address,
    /// Whether only this command does (ASK), which then says so (ASKING).
    pub(super) is_asking: bool,
}

impl Redirection {
    /// Reads `MOVED slot host:port` and `ASK slot host:port`.
    pub(super) fn read(answer: &Value, asked: &Address) -> Option<Self> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        let is_asking = match error.code() {
            "MOVED" => false,
            "ASK" => true,
            _ => return None,
        };
        let (_, place) = error.details()?.split_once(' ')?;
        let (host, port) = place.trim_end().rsplit_once(':')?;
        let address = address(host, port.parse().ok()?, asked);
        Some(Self { address, is_asking })
    }
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn asked() -> Address {
        Address::new("asked", 1)
    }

    #[test]
    fn ranges_are_read_with_their_masters() {
        let answer = b"*2\r\n\
            *4\r\n:0\r\n:5460\r\n*3\r\n$3\r\none\r\n:7000\r\n$2\r\nid\r\n*3\r\n$3\r\ntwo\r\n:7001\r\n$2\r\nid\r\n\
            *3\r\n:5461\r\n:5461\r\n*3\r\n$0\r\n\r\n:7002\r\n$2\r\nid\r\n";
        let map = read(&parse_redis_value(answer).unwrap(), &asked()).unwrap();
        let expected = SlotMap::cluster(vec![
            (5461, 5461, Address::new("asked", 7002)),
            (0, 5460, Address::new("one", 7000)),
        ]);
        assert_eq!(map, expected);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for answer in ["+OK\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n:1\r\n:2\r\n"] {
            let answer = parse_redis_value(answer.as_bytes()).unwrap();
            assert!(read(&answer, &asked()).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn redirections_are_read() {
        let read = |text: &str| {
            let answer = parse_redis_value(format!("-{text}\r\n").as_bytes());
            Redirection::read(&answer.unwrap(), &asked())
        };
        let to = |host, is_asking| {
            let address = Address::new(host, 7001);
            Some(Redirection { address, is_asking })
        };
        assert_eq!(read("MOVED 1 there:7001"), to("there", false));
        assert_eq!(read("MOVED 1 :7001"), to("asked", false));
        assert_eq!(read("ASK 1 ::1:7001"), to("::1", true));
        for other in ["MOVED", "MOVED 1", "MOVED 1 there", "ERR 1 there:7001"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
