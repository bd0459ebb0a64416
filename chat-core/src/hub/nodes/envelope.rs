//! What nodes tell each other, as bytes: a version, then JSON.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, LoginId, Rev, UserId};
use crate::presence::MAX_PAYLOAD;
use crate::protocol::Event;

/// The version of this format. A node of another one is not understood; the store heals what it tells.
const VERSION: u8 = b'1';

/// What one node tells another. `E` is an event, borrowed to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub(in crate::hub) enum Told<E> {
    /// Something happened.
    Event {
        /// How far the conversation's log had gone out where a momentary event happened: it comes behind that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Rev>,
        /// What.
        event: E,
    },
    /// The log has an entry at this rev that is too large to be carried.
    Reached {
        /// Which.
        rev: Rev,
    },
    /// The topic's user became a member.
    Joined {
        /// Where.
        conversation: ConversationId,
    },
    /// What may be known of presence is another now: on a user's topic what that user may know of `other`, or of
    /// everybody; on that of a presence what its watchers may know of its user.
    Review {
        /// Of whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other: Option<UserId>,
    },
    /// A user's profile is another now.
    ProfileChanged {
        /// Whose.
        user: UserId,
    },
    /// Login sessions of the topic's user were ended.
    SessionsEnded {
        /// Which.
        logins: Vec<LoginId>,
    },
    /// The node is there, and has so often lost something that it meant to tell.
    Beat {
        /// How often.
        lost: u64,
    },
}

/// The bytes of `told`; of a notice in its place, if they are too many.
pub(super) fn write(told: &Told<&Event>) -> Bytes {
    let bytes = encode(told);
    match told {
        Told::Event { event, .. } if bytes.len() > MAX_PAYLOAD => {
            let rev = event.rev().map_or(Rev::ZERO, |(_, rev)| rev);
            encode(&Told::Reached { rev })
        }
        _ => bytes,
    }
}

fn encode(told: &Told<&Event>) -> Bytes {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, told).expect("strings and numbers are written to memory");
    bytes.into()
}

/// What these bytes say, if they can be understood.
pub(super) fn read(bytes: &[u8]) -> Option<Told<Event>> {
    let (&VERSION, json) = bytes.split_first()? else {
        return None;
    };
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing() -> Event {
        Event::Typing {
            conversation_id: ConversationId::new(),
            user_id: UserId::new("ada").unwrap(),
            active: true,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let event = typing();
        let after = Rev::new(7);
        let written = write(&Told::Event {
            after,
            event: &event,
        });
        assert_eq!(read(&written), Some(Told::Event { after, event }));
        let logins = vec![LoginId::new()];
        let told = Told::SessionsEnded {
            logins: logins.clone(),
        };
        assert_eq!(read(&write(&told)), Some(Told::SessionsEnded { logins }));
        assert_eq!(
            read(&write(&Told::Beat { lost: 3 })),
            Some(Told::Beat { lost: 3 })
        );
    }

    #[test]
    fn what_cannot_be_understood_is_nothing() {
        let good = write(&Told::Beat { lost: 3 });
        let mut newer = good.to_vec();
        newer[0] = b'2';
        for bytes in [
            &newer[..],
            b"",
            b"1",
            b"1{}",
            b"1[]",
            &good[1..],
            b"1{\"told\":\"dance\"}",
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
