//! Who is in which room.

use serde::{Deserialize, Serialize};

/// The number of a user, and of its one connection: both count from 0.
pub(crate) type Seat = usize;

/// Rooms of as many members each: user `n` is in room `n / members`, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layout {
    /// How many rooms there are.
    pub(crate) rooms: usize,
    /// How many users each of them has.
    pub(crate) members: usize,
    /// What a room is to a server that tells the two apart.
    pub(crate) kind: RoomKind,
}

/// What a room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RoomKind {
    /// A group.
    Group,
    /// The direct conversation of two users.
    Direct,
}

impl Layout {
    /// Groups.
    pub(crate) const fn groups(rooms: usize, members: usize) -> Self {
        Self {
            rooms,
            members,
            kind: RoomKind::Group,
        }
    }

    /// Direct conversations.
    pub(crate) const fn pairs(rooms: usize) -> Self {
        Self {
            rooms,
            members: 2,
            kind: RoomKind::Direct,
        }
    }

    /// How many users there are.
    pub(crate) const fn seats(&self) -> usize {
        self.rooms * self.members
    }

    /// The room that a user is in.
    pub(crate) const fn room(&self, seat: Seat) -> usize {
        seat / self.members
    }

    /// The users of a room.
    pub(crate) const fn of(&self, room: usize) -> std::ops::Range<Seat> {
        room * self.members..(room + 1) * self.members
    }
}
