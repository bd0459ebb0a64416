//! What goes over the wire: commands, replies, events, bodies, codes. The one definition that the
//! transport, the clients and the API documents are made from.
//!
//! JSON in snake case. Addresses of media are relative references (RFC 3986, section 4.2) to the
//! API's root, so that they hold wherever the API is mounted.

mod body;
mod call;
mod close;
mod code;
mod command;
mod event;
mod frame;
mod limits;
mod push;
mod reply;
mod view;

pub use body::{
    AddMembers, BlockPage, ConversationPage, ConversationUpdate, EditBody, HistoryPage, InboxPage,
    MarkBody, MemberPage, MessageBody, MessagePage, NewConversationBody, PrivacyUpdate, Problem,
    ReactorPage, RoleBody, UserPage,
};
pub use call::{CallSignal, HangupReason, IceCandidate, IceServer, IceServers, Signal};
pub use close::CloseCode;
pub use code::Code;
pub use command::{
    Authenticate, CallCommand, Command, DeleteMessage, EditMessage, Malformed, MarkCommand, React,
    Request, RequestId, Resume, SendMessage, Typing, Watch,
};
pub use event::Event;
pub use frame::Frame;
pub use limits::Limits;
pub use push::{
    PushEndpoint, PushKeyView, PushSubscriptionBody, PushSubscriptionList, PushSubscriptionView,
};
pub use reply::{Acked, ChangesView, Reply};
pub use view::{
    AttachmentView, BlockView, ConversationView, InboxView, MarkersView, MemberView, MessageView,
    PresenceView, PrivacyView, ProfileView, QuotedView, ReactionView, ReactorView, UploadView,
};
