//! How members hear of messages that no session brought them, as it is configured.

use std::fmt;

use chat_core::notify::PushHosts;

use super::ConfigError;
use super::sources::Sources;

/// Both ways, each if it is set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notify {
    pub(crate) webhook: Option<WebhookSettings>,
    pub(crate) push: Option<PushSettings>,
}

/// A service of the operator's own.
#[derive(Clone)]
pub(crate) struct WebhookSettings {
    pub(crate) url: String,
    pub(crate) secret: String,
}

/// Browsers.
#[derive(Clone)]
pub(crate) struct PushSettings {
    pub(crate) key: String,
    pub(crate) contact: String,
    pub(crate) hosts: PushHosts,
}

impl Notify {
    pub(super) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            webhook: webhook(sources)?,
            push: push(sources)?,
        })
    }
}

fn webhook(sources: &Sources) -> Result<Option<WebhookSettings>, ConfigError> {
    match pair(sources, "CHAT_WEBHOOK_URL", "CHAT_WEBHOOK_SECRET")? {
        Some([url, secret]) => Ok(Some(WebhookSettings { url, secret })),
        None => Ok(None),
    }
}

fn push(sources: &Sources) -> Result<Option<PushSettings>, ConfigError> {
    let name = "CHAT_PUSH_HOSTS";
    let set = sources.text(name).map(str::parse::<PushHosts>).transpose();
    let set = set.map_err(|error| ConfigError::setting(name, error.to_string()))?;
    match pair(sources, "CHAT_PUSH_KEY", "CHAT_PUSH_CONTACT")? {
        Some([key, contact]) => Ok(Some(PushSettings {
            key,
            contact,
            hosts: set.unwrap_or_default(),
        })),
        None if set.is_some() => Err(ConfigError::setting(
            name,
            "is of no use without CHAT_PUSH_KEY",
        )),
        None => Ok(None),
    }
}

/// Two settings, or neither.
fn pair(
    sources: &Sources,
    one: &'static str,
    two: &'static str,
) -> Result<Option<[String; 2]>, ConfigError> {
    let missing = |name, other: &str| {
        let problem = format!("must be set where {other} is");
        Err(ConfigError::setting(name, problem))
    };
    match (sources.text(one), sources.text(two)) {
        (Some(one), Some(two)) => Ok(Some([one.to_owned(), two.to_owned()])),
        (None, None) => Ok(None),
        (Some(_), None) => missing(two, one),
        (None, Some(_)) => missing(one, two),
    }
}

impl fmt::Debug for WebhookSettings {
    /// Without the secret, nor the address, which may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSettings").finish_non_exhaustive()
    }
}

impl fmt::Debug for PushSettings {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushSettings")
            .field("contact", &self.contact)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Notify, String> {
        Notify::read(&Sources::of_pairs(pairs)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_is_nothing_told() {
        let notify = read(&[]).unwrap();
        assert!(notify.webhook.is_none() && notify.push.is_none());
    }

    #[test]
    fn both_ways_are_read_and_no_secret_shown() {
        let notify = read(&[
            ("CHAT_WEBHOOK_URL", "https://app.example/hook?token=hidden"),
            ("CHAT_WEBHOOK_SECRET", "whsec_hidden"),
            ("CHAT_PUSH_KEY", "hidden"),
            ("CHAT_PUSH_CONTACT", "mailto:ops@app.example"),
            ("CHAT_PUSH_HOSTS", "push.example,*.push.example"),
        ]);
        let notify = notify.unwrap();
        assert_eq!(notify.webhook.as_ref().unwrap().secret, "whsec_hidden");
        assert_eq!(notify.push.as_ref().unwrap().key, "hidden");
        assert!(!format!("{notify:?}").contains("hidden"), "{notify:?}");
    }

    #[test]
    fn half_of_a_way_is_refused_by_name() {
        for (set, missing) in [
            (("CHAT_WEBHOOK_URL", "https://x"), "CHAT_WEBHOOK_SECRET"),
            (("CHAT_WEBHOOK_SECRET", "whsec_x"), "CHAT_WEBHOOK_URL"),
            (("CHAT_PUSH_KEY", "x"), "CHAT_PUSH_CONTACT"),
            (("CHAT_PUSH_CONTACT", "mailto:x"), "CHAT_PUSH_KEY"),
            (("CHAT_PUSH_HOSTS", "push.example"), "CHAT_PUSH_HOSTS"),
            (("CHAT_PUSH_HOSTS", "no host"), "CHAT_PUSH_HOSTS"),
        ] {
            let error = read(&[set]).unwrap_err();
            assert!(error.starts_with(missing), "{error}");
        }
    }
}
