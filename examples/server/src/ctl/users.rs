//! Accounts.

use std::io::Read as _;
use std::sync::Arc;

use chat_core::accounts::Registration;
use chat_core::id::UserId;
use chat_core::store::{AccountKey, AccountStore, UserQuery, UserStore};

use super::{CtlError, print};
use crate::assemble;
use crate::config::Config;
use crate::store::Store;

/// How many users are read at once.
const PAGE: usize = 200;

pub(super) async fn run(
    config: &Config,
    store: &Arc<dyn Store>,
    words: &[&str],
) -> Result<(), CtlError> {
    match words {
        ["create", name, email] => create(config, store, name, email).await,
        ["disable", user] => set_disabled(config, store, user, true).await,
        ["enable", user] => set_disabled(config, store, user, false).await,
        ["list"] => list(store, None).await,
        ["list", text] => list(store, Some(text)).await,
        _ => Err(CtlError::Usage(format!("user {}", words.join(" ")))),
    }
}

/// The user of this name or id.
pub(super) async fn find(store: &Arc<dyn Store>, user: &str) -> Result<UserId, CtlError> {
    let by_name =
        AccountStore::find(store, AccountKey::Username(&user.to_ascii_lowercase())).await?;
    if let Some(account) = by_name {
        return Ok(account.id);
    }
    UserId::new(user).map_err(|_| CtlError::NoUser(user.to_owned()))
}

async fn create(
    config: &Config,
    store: &Arc<dyn Store>,
    name: &str,
    email: &str,
) -> Result<(), CtlError> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let registration = Registration {
        username: name.to_owned(),
        email: email.to_owned(),
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
        phone: None,
        display_name: None,
    };
    let accounts = assemble::offline_accounts(config, store)?;
    let made = accounts.create(registration).await;
    let made = made.map_err(|error| CtlError::Account(error.detail()))?;
    print(&format!("{} {}", made.id, made.username));
    Ok(())
}

async fn set_disabled(
    config: &Config,
    store: &Arc<dyn Store>,
    user: &str,
    disabled: bool,
) -> Result<(), CtlError> {
    let id = find(store, user).await?;
    let accounts = assemble::offline_accounts(config, store)?;
    let set = accounts.set_disabled(&id, disabled).await;
    set.map_err(|_| CtlError::NoUser(user.to_owned()))
}

async fn list(store: &Arc<dyn Store>, text: Option<&str>) -> Result<(), CtlError> {
    let mut cursor: Option<String> = None;
    loop {
        let query = UserQuery {
            text,
            cursor: cursor.as_deref(),
            limit: PAGE,
        };
        let page = UserStore::search(store, &query).await?;
        for user in &page.items {
            let name = user.username.as_deref().unwrap_or_default();
            print(&format!("{} {name} {}", user.id, user.display_name));
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}
