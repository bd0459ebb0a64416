//! The ways to notify that this program was built with, and those that are configured.

use std::sync::Arc;
#[cfg(any(feature = "webhook", feature = "web-push"))]
use std::time::Duration;

use chat_core::chat::ChatBuilder;
use chat_core::notify::Notifier;

use crate::config::{Config, PushSettings, WebhookSettings};
use crate::run::Failure;
use crate::store::Store;

/// How long a receiver or a push service may stand still: all attempts are to fit into the chat's limit for a notice.
#[cfg(any(feature = "webhook", feature = "web-push"))]
const PATIENCE: chat_notify::Patience = chat_notify::Patience::new(Duration::from_secs(3));

/// Has the chat notify as it is configured.
pub(crate) fn with_notifiers(
    mut chat: ChatBuilder,
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<ChatBuilder, Failure> {
    let mut notifiers: Vec<Arc<dyn Notifier>> = Vec::new();
    if let Some(settings) = &config.notify.webhook {
        notifiers.push(webhook(settings)?);
    }
    if let Some(settings) = &config.notify.push {
        let notifier;
        (chat, notifier) = push(chat, settings, store)?;
        notifiers.push(notifier);
    }
    let all = notifiers
        .into_iter()
        .reduce(|one, two| Arc::new((one, two)));
    Ok(match all {
        Some(notifier) => chat.notifier(notifier),
        None => chat,
    })
}

#[cfg(feature = "webhook")]
fn webhook(settings: &WebhookSettings) -> Result<Arc<dyn Notifier>, Failure> {
    let webhook = chat_notify::Webhook::new(&settings.url, &settings.secret, PATIENCE);
    Ok(Arc::new(webhook.map_err(Failure::Webhook)?))
}

#[cfg(not(feature = "webhook"))]
fn webhook(_settings: &WebhookSettings) -> Result<Arc<dyn Notifier>, Failure> {
    Err(Failure::Feature { feature: "webhook" })
}

#[cfg(feature = "web-push")]
fn push(
    chat: ChatBuilder,
    settings: &PushSettings,
    store: &Arc<dyn Store>,
) -> Result<(ChatBuilder, Arc<dyn Notifier>), Failure> {
    let hosts = settings.hosts.clone();
    let open = || {
        let key = settings.key.parse()?;
        chat_notify::WebPush::new(Arc::clone(store), key, &settings.contact, hosts, PATIENCE)
    };
    let push = open().map_err(Failure::Push)?.logins(Arc::clone(store));
    Ok((chat.push(Arc::clone(store), push.service()), Arc::new(push)))
}

#[cfg(not(feature = "web-push"))]
fn push(
    _chat: ChatBuilder,
    _settings: &PushSettings,
    _store: &Arc<dyn Store>,
) -> Result<(ChatBuilder, Arc<dyn Notifier>), Failure> {
    Err(Failure::Feature {
        feature: "web-push",
    })
}
