//! Calls: what two members tell each other to set one up, and the servers that help their devices to connect.
//!
//! The server hands signals on and keeps nothing of them: sound and pictures go from device to device (WebRTC),
//! or through a TURN server.

use serde::{Deserialize, Serialize};

use crate::id::{CallId, ConversationId, DeviceId, UserId};

/// What one side of a call tells the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum Signal {
    /// Calls the other, or gives a call another make-up.
    Offer {
        /// The session description (RFC 8866), opaque to the server.
        sdp: String,
    },
    /// Takes the call.
    Answer {
        /// The session description, opaque to the server.
        sdp: String,
    },
    /// Addresses at which the device may be reached, as they are found.
    Candidates {
        /// 1 to 32 of them.
        candidates: Vec<IceCandidate>,
    },
    /// A device of the other rings. Handed on only to who may know the other's presence.
    Ringing {},
    /// Ends the call, or declines it.
    Hangup {
        /// Why.
        reason: HangupReason,
    },
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum HangupReason {
    /// One of the two ended it.
    Ended,
    /// The called user does not take it.
    Declined,
    /// The called user is in another call. Handed on only to who may know the user's presence.
    Busy,
    /// Nobody took it in time.
    Unanswered,
    /// The devices could not connect, or one has no microphone.
    Failed,
}

/// An address at which a device may be reached (RFC 8839), opaque to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IceCandidate {
    /// The candidate's line; empty for "no more of this medium".
    pub candidate: String,
    /// The medium that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The same as a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
}

/// A signal, with who says it to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallSignal {
    /// The conversation that both are in.
    pub conversation_id: ConversationId,
    /// Which call.
    pub call_id: CallId,
    /// Who says it.
    pub from: UserId,
    /// The device that says it, by a name that its client chose; only together with `from` it means something.
    pub from_device: DeviceId,
    /// To whom.
    pub to: UserId,
    /// The one device that it is meant for; the others pass it over. All of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_device: Option<DeviceId>,
    /// What is said.
    pub signal: Signal,
}

impl Signal {
    /// Whether the other devices of who says it need not ring any more.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::Hangup { .. })
    }

    /// Whether a device says it by itself, so that it tells of its user's presence.
    #[must_use]
    pub const fn tells_presence(&self) -> bool {
        matches!(
            self,
            Self::Ringing {}
                | Self::Hangup {
                    reason: HangupReason::Busy
                }
        )
    }
}

/// Servers that help two devices to connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IceServers {
    /// As `RTCConfiguration.iceServers` takes them; may be empty.
    pub ice_servers: Vec<IceServer>,
    /// For how many seconds the credentials are good; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// A STUN or TURN server, or several with the same credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IceServer {
    /// Where: `stun:`, `stuns:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// For TURN: the user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN: the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}
