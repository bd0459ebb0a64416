//! What users decide about others, and when they were seen.

use serde::{Deserialize, Serialize};

/// The key of a block: the order of the fields counts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockKey {
    pub(crate) u: String,
    pub(crate) o: String,
}

/// One user's block of another, with the key of their pair, which a direct conversation has too.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockRow {
    #[serde(rename = "_id")]
    pub(crate) id: BlockKey,
    pub(crate) user: String,
    pub(crate) other: String,
    pub(crate) pair: String,
    pub(crate) at: i64,
}

/// What a user lets others see.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PrivacyRow {
    #[serde(rename = "_id")]
    pub(crate) user: String,
    pub(crate) last_seen: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SeenRow {
    #[serde(rename = "_id")]
    pub(crate) user: String,
    pub(crate) at: i64,
}
