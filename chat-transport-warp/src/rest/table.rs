//! Every route there is.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chat_core::chat::Chat;
use http::Method;
use warp::reply::Response;

use super::problem::Problem;
use super::rate::Rate;
use super::request::Request;
use super::{
    App, calls, conversations, messages, openapi, people, push, revisions, socket, uploads, users,
};
use crate::config::TransportConfig;

/// What a handler gives.
pub(super) type Handled = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody.
    Public,
    /// Somebody known.
    User,
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing that is looked at.
    None,
    /// JSON of this type's name, at most 64 KiB.
    Json(&'static str),
    /// JSON of this type's name, or nothing.
    #[cfg_attr(
        not(feature = "accounts"),
        expect(dead_code, reason = "only the accounts' routes take it")
    )]
    MaybeJson(&'static str),
    /// A multipart upload.
    Multipart,
}

/// A route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    /// Below `/api/v1`; `{name}` stands for one segment.
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) body: Body,
    pub(super) rate: Rate,
    pub(super) summary: &'static str,
    /// The answer's type, where it is JSON.
    pub(super) answer: Option<&'static str>,
    pub(super) status: u16,
    pub(super) handler: fn(Arc<App>, Request) -> Handled,
}

macro_rules! route {
    ($method:ident $path:literal, $access:ident, $body:expr, $rate:ident, $status:literal $answer:expr, $handler:path, $summary:literal) => {
        Route {
            method: Method::$method,
            path: $path,
            access: Access::$access,
            body: $body,
            rate: Rate::$rate,
            summary: $summary,
            answer: $answer,
            status: $status,
            handler: |app, request| Box::pin($handler(app, request)),
        }
    };
}

/// The routes that an app with this chat and configuration has.
pub(super) fn routes(chat: &Chat, config: &TransportConfig) -> Vec<Route> {
    let mut routes = self::chat();
    if chat.takes_pushes() {
        routes.extend(pushes());
    }
    if has_accounts(config) {
        routes.extend(accounts());
    }
    routes
}

#[rustfmt::skip]
fn chat() -> Vec<Route> {
    use Body::{Json, Multipart, None as Nothing};
    vec![
        route!(GET "/openapi.json", Public, Nothing, None, 200 None, openapi::answer, "This document"),
        route!(GET "/ws", User, Nothing, User, 101 None, socket::open, "Open a WebSocket"),
        route!(GET "/users/me", User, Nothing, User, 200 Some("Me"), users::me, "One's own account"),
        route!(GET "/users/me/blocks", User, Nothing, User, 200 Some("BlockPage"), people::blocked, "List those whom one blocks"),
        route!(PUT "/users/me/blocks/{user_id}", User, Nothing, User, 204 None, people::block, "Block a user"),
        route!(DELETE "/users/me/blocks/{user_id}", User, Nothing, User, 204 None, people::unblock, "End a block"),
        route!(GET "/users/me/privacy", User, Nothing, User, 200 Some("PrivacyView"), people::privacy, "What one lets others see"),
        route!(PATCH "/users/me/privacy", User, Json("PrivacyUpdate"), User, 200 Some("PrivacyView"), people::set_privacy, "Let others see something else"),
        route!(GET "/users", User, Nothing, User, 200 Some("UserPage"), users::list, "List or search users"),
        route!(GET "/users/{user_id}", User, Nothing, User, 200 Some("ProfileView"), users::find, "A user's profile and presence"),
        route!(POST "/conversations", User, Json("NewConversationBody"), User, 201 Some("ConversationPage"), conversations::create, "Make a conversation, or open the direct one of two users"),
        route!(GET "/conversations", User, Nothing, User, 200 Some("InboxPage"), conversations::inbox, "The inbox, newest activity first"),
        route!(GET "/conversations/{id}", User, Nothing, User, 200 Some("ConversationPage"), conversations::find, "A conversation and its first members"),
        route!(PATCH "/conversations/{id}", User, Json("ConversationUpdate"), User, 200 Some("ConversationPage"), conversations::update, "Rename a group or change its picture"),
        route!(GET "/conversations/{id}/members", User, Nothing, User, 200 Some("MemberPage"), conversations::members, "List members"),
        route!(POST "/conversations/{id}/members", User, Json("AddMembers"), User, 200 Some("ConversationPage"), conversations::add, "Add members"),
        route!(PATCH "/conversations/{id}/members/{user_id}", User, Json("RoleBody"), User, 200 Some("ConversationPage"), conversations::set_role, "Give a member a role"),
        route!(DELETE "/conversations/{id}/members/{user_id}", User, Nothing, User, 204 None, conversations::remove, "Remove a member"),
        route!(POST "/conversations/{id}/leave", User, Nothing, User, 204 None, conversations::leave, "Leave a group"),
        route!(GET "/conversations/{id}/messages", User, Nothing, User, 200 Some("HistoryPage"), messages::history, "A page of history"),
        route!(POST "/conversations/{id}/messages", User, Json("MessageBody"), User, 201 Some("MessageView"), messages::send, "Send a message"),
        route!(GET "/conversations/{id}/messages/{message_id}", User, Nothing, User, 200 Some("MessageView"), revisions::find, "A message"),
        route!(PATCH "/conversations/{id}/messages/{message_id}", User, Json("EditBody"), User, 200 Some("MessageView"), revisions::edit, "Give a message of one's own another text"),
        route!(DELETE "/conversations/{id}/messages/{message_id}", User, Nothing, User, 200 Some("MessageView"), revisions::delete, "Take a message's content away"),
        route!(GET "/conversations/{id}/messages/{message_id}/reactions", User, Nothing, User, 200 Some("ReactorPage"), revisions::reactors, "List those who gave a message some reaction"),
        route!(PUT "/conversations/{id}/messages/{message_id}/reactions/{reaction}", User, Nothing, User, 200 Some("MessageView"), revisions::react, "Give a message a reaction"),
        route!(DELETE "/conversations/{id}/messages/{message_id}/reactions/{reaction}", User, Nothing, User, 200 Some("MessageView"), revisions::unreact, "Take a reaction back"),
        route!(POST "/conversations/{id}/delivered", User, Json("MarkBody"), User, 200 Some("MarkersView"), messages::delivered, "Say how far messages have arrived"),
        route!(POST "/conversations/{id}/read", User, Json("MarkBody"), User, 200 Some("MarkersView"), messages::read, "Say how far messages have been read"),
        route!(GET "/calls/ice-servers", User, Nothing, User, 200 Some("IceServers"), calls::ice_servers, "The servers that help devices to connect for a call"),
        route!(GET "/messages", User, Nothing, User, 200 Some("MessagePage"), messages::search, "Search messages by their words"),
        route!(POST "/uploads", User, Multipart, User, 201 Some("UploadView"), uploads::create, "Upload a file"),
        route!(GET "/uploads/{id}", User, Nothing, User, 200 None, uploads::original, "The file: as bytes, or where it is served"),
        route!(GET "/uploads/{id}/thumbnail", User, Nothing, User, 200 None, uploads::thumbnail, "A smaller picture"),
    ]
}

#[rustfmt::skip]
fn pushes() -> Vec<Route> {
    use Body::{Json, None as Nothing};
    vec![
        route!(GET "/push/key", User, Nothing, User, 200 Some("PushKeyView"), push::key, "The key that browsers subscribe to"),
        route!(GET "/push/subscriptions", User, Nothing, User, 200 Some("PushSubscriptionList"), push::list, "One's browsers that are pushed to"),
        route!(POST "/push/subscriptions", User, Json("PushSubscriptionBody"), User, 201 Some("PushSubscriptionView"), push::subscribe, "Have messages pushed to a browser"),
        route!(DELETE "/push/subscriptions", User, Json("PushEndpoint"), User, 204 None, push::unsubscribe, "Push to a browser no more"),
    ]
}

#[cfg(feature = "accounts")]
const fn has_accounts(config: &TransportConfig) -> bool {
    config.accounts.is_some()
}

#[cfg(not(feature = "accounts"))]
const fn has_accounts(_config: &TransportConfig) -> bool {
    false
}

#[cfg(not(feature = "accounts"))]
const fn accounts() -> Vec<Route> {
    Vec::new()
}

#[cfg(feature = "accounts")]
#[rustfmt::skip]
fn accounts() -> Vec<Route> {
    use super::auth;
    use Body::{Json, MaybeJson, None as Nothing};
    vec![
        route!(POST "/auth/register", Public, Json("RegisterBody"), Register, 201 Some("SessionView"), auth::register, "Make an account and log in"),
        route!(POST "/auth/login", Public, Json("LoginBody"), Login, 200 Some("SessionView"), auth::login, "Log in"),
        route!(POST "/auth/refresh", Public, MaybeJson("RefreshBody"), Address, 200 Some("SessionView"), auth::refresh, "Exchange a refresh token"),
        route!(POST "/auth/logout", Public, MaybeJson("RefreshBody"), Address, 204 None, auth::logout, "End the session"),
        route!(POST "/auth/password", User, Json("PasswordBody"), User, 200 Some("SessionView"), auth::password, "Change one's password"),
        route!(GET "/auth/sessions", User, Nothing, User, 200 Some("SessionList"), auth::sessions, "One's sessions"),
        route!(DELETE "/auth/sessions/{id}", User, Nothing, User, 204 None, auth::end_session, "End one of one's sessions"),
        route!(POST "/auth/ticket", User, Nothing, User, 201 Some("TicketView"), auth::ticket, "A ticket for the WebSocket"),
        route!(PATCH "/users/me", User, Json("ProfileBody"), User, 200 Some("Me"), users::update_me, "Change one's own profile"),
    ]
}
