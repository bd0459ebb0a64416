//! Users: oneself and others.

use std::collections::HashMap;
use std::sync::Arc;

use chat_core::id::UserId;
use chat_core::model::{Presence, Profile};
use chat_core::protocol::{Code, ProfileView, UserPage};
use serde::Serialize;
use warp::reply::Response;

use super::problem::Problem;
use super::query::Listing;
use super::request::Request;
use super::{App, query, respond};

/// One's own account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Me {
    #[serde(flatten)]
    profile: ProfileView,
    /// Where there are accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<chat_core::id::Timestamp>,
}

#[cfg(feature = "accounts")]
impl From<chat_core::model::Account> for Me {
    fn from(account: chat_core::model::Account) -> Self {
        Self {
            profile: account.profile().into(),
            email: Some(account.email),
            phone: account.phone,
            created_at: Some(account.created_at),
        }
    }
}

pub(super) async fn me(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    #[cfg(feature = "accounts")]
    if let Some(accounts) = &app.config.accounts {
        return respond::ok(&Me::from(accounts.me(user).await?));
    }
    let profile = app.chat.users(std::slice::from_ref(user)).await?.pop();
    let profile = profile.ok_or_else(not_found)?.into();
    respond::ok(&Me {
        profile,
        email: None,
        phone: None,
        created_at: None,
    })
}

/// What to change of one's profile.
#[cfg(feature = "accounts")]
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileBody {
    #[serde(default)]
    display_name: Option<String>,
    /// `null` for none.
    #[serde(default, deserialize_with = "present")]
    phone: Option<Option<String>>,
    /// An upload of one's own made as an avatar; `null` for none.
    #[serde(default, deserialize_with = "present")]
    avatar_id: Option<Option<chat_core::id::UploadId>>,
}

/// Tells `null` from absent.
#[cfg(feature = "accounts")]
fn present<'de, D, T>(input: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(input).map(Some)
}

#[cfg(feature = "accounts")]
pub(super) async fn update_me(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let body: ProfileBody = request.json()?;
    let accounts = super::auth::accounts(&app)?;
    if let Some(avatar) = body.avatar_id {
        app.chat.own_avatar(user, avatar).await?;
    }
    let patch = chat_core::accounts::ProfilePatch {
        display_name: body.display_name,
        phone: body.phone,
        avatar: body.avatar_id,
    };
    respond::ok(&Me::from(accounts.update_profile(user, patch).await?))
}

pub(super) async fn list(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let asker = &request.identity()?.user;
    let query = request.query()?;
    if let Some(ids) = query.get("ids") {
        let ids: Result<Vec<UserId>, _> = ids.split(',').map(str::parse).collect();
        let ids = ids.map_err(|_| Problem::new(Code::InvalidId, "not a valid id").at("ids"))?;
        let profiles = app.chat.users(&ids).await?;
        return respond::ok(&UserPage {
            items: with_presence(&app, asker, profiles).await?,
            next_cursor: None,
        });
    }
    let cursor = query::cursor(&query, Listing::Users)?;
    let limit = query::number(&query, "limit")?;
    let text = query.get("search").map(String::as_str);
    let page = app
        .chat
        .search_users(asker, text, cursor.as_deref(), limit)
        .await?;
    let next_cursor = page.next.map(|place| query::seal(Listing::Users, &place));
    respond::ok(&UserPage {
        items: with_presence(&app, asker, page.items).await?,
        next_cursor,
    })
}

pub(super) async fn find(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let id: UserId = request.param(0)?;
    let asker = &request.identity()?.user;
    let profiles = app.chat.users(&[id]).await?;
    let found = with_presence(&app, asker, profiles).await?.pop();
    respond::ok(&found.ok_or_else(not_found)?)
}

fn not_found() -> Problem {
    Problem::new(Code::NotFound, "no such user")
}

/// Profiles, with whether their users are there if they share a conversation with the asker.
pub(super) async fn with_presence(
    app: &App,
    asker: &UserId,
    profiles: Vec<Profile>,
) -> Result<Vec<ProfileView>, Problem> {
    let ids: Vec<UserId> = profiles.iter().map(|profile| profile.id.clone()).collect();
    let presence = app.chat.presence(asker, &ids).await?.into_iter();
    let presence: HashMap<UserId, Presence> = presence
        .map(|presence| (presence.user.clone(), presence))
        .collect();
    let view = |profile: Profile| ProfileView {
        online: presence.get(&profile.id).map(|presence| presence.online),
        last_seen: presence
            .get(&profile.id)
            .and_then(|presence| presence.last_seen),
        ..profile.into()
    };
    Ok(profiles.into_iter().map(view).collect())
}
