//! The names and numbers of the domain, each its own type.
//!
//! Text ids are checked once, when they are made; everything behind that can
//! trust them. Numbers of a log ([`Seq`], [`Rev`]) start at 1; 0 stands for
//! "before the first".

mod epoch;
mod number;
mod read;
mod text;
mod timestamp;
mod uuid;

pub use epoch::Epoch;
pub use number::{Rev, Seq};
pub(crate) use read::read_text;
pub use text::{CallId, ClientId, DeviceId, InvalidId, UserId};
pub use timestamp::Timestamp;
pub use uuid::{ConversationId, LoginId, MessageId, NodeId, UploadId};
