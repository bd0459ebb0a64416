//! What the domain is made of: plain values that ports, use cases and the wire share.

mod account;
mod conversation;
mod draft;
mod file_name;
mod ledger;
mod login;
mod media_type;
mod member;
mod membership;
mod message;
mod people;
mod presence;
mod reaction;
mod refusal;
mod revision;
mod upload;
mod user;
mod words;

pub use account::{Account, AccountPatch, NewAccount};
pub use conversation::{Conversation, ConversationKind, Created, InboxEntry, NewConversation};
pub use draft::{Appended, Draft, Fingerprint};
pub use file_name::{FileName, InvalidFileName};
pub use ledger::Ledger;
pub use login::{Login, Rotation};
pub use media_type::{MediaKind, MediaType};
pub use member::{Mark, MarkKind, Marked, Markers, Member, Role};
pub use membership::{Change, ChangeKind, Changed, Changes, Membership, Standing, Verdict};
pub use message::{Attachment, Message, MessageKind, MessageStatus, Quoted};
pub use people::{Audience, Block, Blocking, Privacy};
pub use presence::Presence;
pub use reaction::{InvalidReaction, Reacted, Reaction, ReactionSummary, Reactor};
pub use refusal::Refusal;
pub use revision::{Revisable, Revised, Revision, RevisionKind};
pub use upload::{Purpose, Upload, UploadUsage};
pub use user::{Page, Profile};
pub use words::words;
