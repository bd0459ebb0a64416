//! What channels and keys are called.

use std::sync::Arc;

use chat_core::id::UserId;
use chat_core::presence::Topic;

use crate::error::Fault;

/// The names of one chat: everything begins with its prefix and a colon.
///
/// A prefix has no colon itself, so that no two chats have a name in common, and no brace, which a Cluster would
/// take for a hash tag.
#[derive(Debug, Clone)]
pub(crate) struct Names(Arc<str>);

impl Names {
    pub(crate) fn new(prefix: &str) -> Result<Self, Fault> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if (1..=64).contains(&prefix.len()) && prefix.bytes().all(plain) {
            Ok(Self(prefix.into()))
        } else {
            Err(Fault::Prefix)
        }
    }

    /// The channel of a topic.
    pub(crate) fn channel(&self, topic: &Topic) -> String {
        format!("{}:{topic}", self.0)
    }

    /// The topic of a channel.
    pub(crate) fn topic(&self, channel: &[u8]) -> Option<Topic> {
        let text = std::str::from_utf8(channel).ok()?;
        let topic = text.strip_prefix(&*self.0)?.strip_prefix(':')?;
        topic.parse().ok()
    }

    /// The key of a user's leases.
    pub(crate) fn lease(&self, user: &UserId) -> String {
        format!("{}:lease:{user}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_read_back_by_its_own_chat_only() {
        let (ours, theirs) = (Names::new("chat").unwrap(), Names::new("cha").unwrap());
        let topic = Topic::User(UserId::new("a:* []?{b}").unwrap());
        let channel = ours.channel(&topic);
        assert_eq!(channel, "chat:u:a:* []?{b}");
        assert_eq!(ours.topic(channel.as_bytes()), Some(topic));
        assert_eq!(theirs.topic(channel.as_bytes()), None);
        assert_eq!(ours.topic(b"chat:\xff"), None);
    }

    #[test]
    fn a_prefix_cannot_run_into_a_name_or_be_a_hash_tag() {
        let long = "x".repeat(65);
        for bad in ["", "a:b", "a b", "{a}", "a*", "\u{e9}", &long] {
            assert!(Names::new(bad).is_err(), "{bad}");
        }
        assert!(Names::new("chat-2.test_A").is_ok());
    }
}
