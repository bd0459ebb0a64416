//! All of one person: to give, and to take away.

use std::io::{self, Write};
use std::sync::Arc;

use chat_core::id::{Timestamp, UserId};
use chat_core::media::{MediaUploader, ObjectKey};
use chat_core::model::{Account, Reacted, Upload};
use chat_core::protocol::{
    BlockView, MemberView, MessageView, PrivacyView, PushSubscriptionView, UploadView,
};
use chat_core::store::{
    AccountKey, AccountStore, AdminStore as _, LastSeenStore, LoginStore, PeopleStore as _,
    PushStore as _,
};
use serde_json::{Value, json};

use super::{CtlError, print, users};
use crate::config::Config;
use crate::media;
use crate::store::Store;

/// How many rows are read at once.
const PAGE: usize = 500;

/// Writes all of a user as one JSON object, page by page.
pub(super) async fn export(store: &Arc<dyn Store>, user: &str) -> Result<(), CtlError> {
    let id = users::find(store, user).await?;
    let mut out = io::BufWriter::new(io::stdout());
    writeln!(out, "{{\n\"user_id\": {},", json!(id))?;
    let account = AccountStore::find(store, AccountKey::Id(&id)).await?;
    writeln!(
        out,
        "\"account\": {},",
        account.as_ref().map_or(Value::Null, account_value)
    )?;
    let logins = LoginStore::list(store, &id, Timestamp::now()).await?;
    let login = |login: &chat_core::model::Login| json!({"id": login.id, "created_at": login.created_at, "refreshed_at": login.refreshed_at, "device": login.device});
    writeln!(
        out,
        "\"sessions\": {},",
        logins.iter().map(login).collect::<Value>()
    )?;
    let seen = LastSeenStore::find(store, std::slice::from_ref(&id)).await?;
    writeln!(
        out,
        "\"last_seen\": {},",
        json!(seen.first().map(|(_, at)| at))
    )?;
    write_decisions(&mut out, store, &id).await?;
    let pushes = store.subscriptions(std::slice::from_ref(&id)).await?;
    let pushes = pushes.into_iter().map(PushSubscriptionView::from);
    let pushes: Vec<_> = pushes.collect();
    writeln!(out, "\"push_subscriptions\": {},", json!(pushes))?;
    let standings = store.standings(&id).await?.into_iter();
    let standing = |(conversation, member)| json!({"conversation_id": conversation, "member": MemberView::from(member)});
    writeln!(
        out,
        "\"conversations\": {},",
        standings.map(standing).collect::<Value>()
    )?;
    write_uploads(&mut out, store, &id).await?;
    write_reactions(&mut out, store, &id).await?;
    write_messages(&mut out, store, &id).await?;
    writeln!(out, "}}")?;
    out.flush()?;
    Ok(())
}

/// Without the hash of the password: it is no use to the user, and to others too much.
fn account_value(account: &Account) -> Value {
    json!({
        "username": account.username, "email": account.email, "phone": account.phone,
        "display_name": account.display_name, "avatar_id": account.avatar, "disabled": account.disabled,
        "created_at": account.created_at,
    })
}

/// Whom the user blocks, and what they let others see; not who blocks them, which is the others' to tell.
async fn write_decisions(
    out: &mut (impl Write + Send),
    store: &Arc<dyn Store>,
    user: &UserId,
) -> Result<(), CtlError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.blocked(user, after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        let view = |(user_id, blocked_at)| BlockView {
            user_id,
            blocked_at,
        };
        all.extend(page.into_iter().map(view));
    }
    writeln!(out, "\"blocks\": {},", json!(all))?;
    let privacy = store.privacy(std::slice::from_ref(user)).await?;
    let privacy = privacy.first().map(|(_, it)| PrivacyView::from(*it));
    writeln!(out, "\"privacy\": {},", json!(privacy))?;
    Ok(())
}

async fn write_uploads(
    out: &mut (impl Write + Send),
    store: &Arc<dyn Store>,
    user: &UserId,
) -> Result<(), CtlError> {
    let uploads = all_uploads(store, user).await?.into_iter();
    let uploads: Vec<UploadView> = uploads.map(Into::into).collect();
    writeln!(out, "\"uploads\": {},", json!(uploads))?;
    Ok(())
}

async fn all_uploads(store: &Arc<dyn Store>, user: &UserId) -> Result<Vec<Upload>, CtlError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.uploads_of(user, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = Some(last.id);
        all.extend(page);
    }
}

async fn write_reactions(
    out: &mut (impl Write + Send),
    store: &Arc<dyn Store>,
    user: &UserId,
) -> Result<(), CtlError> {
    write!(out, "\"reactions\": [")?;
    let (mut after, mut comma) = (None, "");
    loop {
        let page = store.reactions_of(user, after.as_ref(), PAGE).await?;
        for one in &page {
            let Reacted {
                conversation,
                seq,
                reaction,
                at,
            } = one;
            let one = json!({"conversation_id": conversation, "seq": seq, "reaction": reaction, "reacted_at": at});
            write!(out, "{comma}\n{one}")?;
            comma = ",";
        }
        after = page.last().cloned();
        if after.is_none() {
            break;
        }
    }
    writeln!(out, "\n],")?;
    Ok(())
}

async fn write_messages(
    out: &mut (impl Write + Send),
    store: &Arc<dyn Store>,
    user: &UserId,
) -> Result<(), CtlError> {
    write!(out, "\"messages\": [")?;
    let (mut after, mut comma) = (None, "");
    loop {
        let page = store.sent(user, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.conversation, last.seq));
        for message in page {
            write!(out, "{comma}\n{}", json!(MessageView::from(message)))?;
            comma = ",";
        }
    }
    writeln!(out, "\n]")?;
    Ok(())
}

/// Deletes the objects of the uploads first: if it ends in between, the records still tell of them, and
/// the command can be repeated.
pub(super) async fn erase(
    config: &Config,
    store: &Arc<dyn Store>,
    user: &str,
) -> Result<(), CtlError> {
    let id = users::find(store, user).await?;
    let uploader = media::open(config).await?;
    delete_objects(&uploader, &all_uploads(store, &id).await?).await?;
    let erased = store.erase(&id, Timestamp::now()).await?;
    // And those that came in between.
    delete_objects(&uploader, &erased.uploads).await?;
    print(&format!(
        "{id}: {} messages, {} reactions, {} conversations, {} uploads",
        erased.messages,
        erased.reactions,
        erased.conversations,
        erased.uploads.len()
    ));
    Ok(())
}

async fn delete_objects(uploader: &dyn MediaUploader, uploads: &[Upload]) -> Result<(), CtlError> {
    for upload in uploads {
        for key in ObjectKey::all_of(upload) {
            uploader.delete(key).await?;
        }
    }
    Ok(())
}
