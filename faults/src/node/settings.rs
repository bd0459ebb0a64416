//! What a node is told.

/// No limit that a workload would run into, and one secret, so that a login counts on every node.
const GENEROUS: &[(&str, &str)] = &[
    (
        "CHAT_JWT_SECRET",
        "a secret of all nodes of this run, 32 bytes or more",
    ),
    ("CHAT_SEND_BURST", "1000000"),
    ("CHAT_SENDS_PER_SECOND", "1000000"),
    ("CHAT_FRAME_BURST", "1000000"),
    ("CHAT_FRAMES_PER_SECOND", "1000000"),
    ("CHAT_REQUESTS_PER_SECOND", "100000"),
    ("CHAT_LOGINS_PER_MINUTE", "100000"),
    ("CHAT_REGISTRATIONS", "100000"),
    ("CHAT_CONNECTIONS_PER_ADDRESS", "100000"),
    ("CHAT_CONNECTIONS_PER_USER", "100000"),
    ("CHAT_ACCESS_SECONDS", "86400"),
    ("CHAT_LOG", "warn"),
];

/// A node's environment: settings of the server and, for `LD_PRELOAD` and the like, of its process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pairs: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            pairs: GENEROUS.iter().map(own).collect(),
        }
    }
}

impl Settings {
    /// The same with one more; the last of a name counts.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.pairs.push((name.to_owned(), value.into()));
        self
    }

    /// All of them.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.pairs.iter();
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
