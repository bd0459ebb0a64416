//! Which server serves which slot (Redis Cluster specification, "Key distribution model").

use std::collections::HashSet;

use super::address::Address;

/// How many slots a Cluster has.
const SLOTS: u16 = 16_384;

/// Which server serves which slot. One server that is no Cluster serves them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotMap {
    /// First and last slot of each range, rising.
    ranges: Vec<(u16, u16, Address)>,
    /// Whether it is of a Cluster, whose publications are sharded.
    pub(crate) is_cluster: bool,
}

impl SlotMap {
    /// One server for everything.
    pub(crate) fn single(address: Address) -> Self {
        Self {
            ranges: vec![(0, SLOTS - 1, address)],
            is_cluster: false,
        }
    }

    /// The servers of a Cluster's ranges of slots (first, last, server).
    pub(crate) fn cluster(mut ranges: Vec<(u16, u16, Address)>) -> Self {
        ranges.sort_by_key(|(first, ..)| *first);
        Self {
            ranges,
            is_cluster: true,
        }
    }

    /// The server of a name.
    pub(crate) fn owner(&self, name: &[u8]) -> Option<&Address> {
        let slot = if self.is_cluster { slot(name) } else { 0 };
        let after = self.ranges.partition_point(|(first, ..)| *first <= slot);
        let (_, last, address) = self.ranges.get(after.checked_sub(1)?)?;
        (slot <= *last).then_some(address)
    }

    /// Every server, once.
    pub(crate) fn addresses(&self) -> HashSet<&Address> {
        self.ranges.iter().map(|(.., address)| address).collect()
    }
}

/// The slot of a channel or key: of what is between its first brace and the next closing one, if that is something.
fn slot(name: &[u8]) -> u16 {
    let tag = || {
        let open = name.iter().position(|byte| *byte == b'{')? + 1;
        let length = name[open..].iter().position(|byte| *byte == b'}')?;
        (length > 0).then(|| &name[open..open + length])
    };
    crc16(tag().unwrap_or(name)) % SLOTS
}

/// CRC16-CCITT (XMODEM), as the specification's appendix A has it.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let index = (crc >> 8) ^ u16::from(*byte);
        (crc << 8) ^ TABLE[usize::from(index)]
    })
}

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot(b"{user1000}.following"), slot(b"user1000"));
        assert_eq!(slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
        assert_eq!(slot(b"foo{bar}{zap}"), slot(b"bar"));
        assert_eq!(slot(b"foo{bar"), crc16(b"foo{bar") % SLOTS);
    }

    #[test]
    fn a_single_server_serves_everything() {
        let map = SlotMap::single(Address::new("here", 1));
        for name in ["", "a", "{b}"] {
            assert_eq!(map.owner(name.as_bytes()), Some(&Address::new("here", 1)));
        }
    }
}
