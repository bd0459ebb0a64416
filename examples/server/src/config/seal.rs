//! The keys that messages are sealed with.

use std::sync::Arc;

use chat_seal::{KeyError, KeyRing};

use super::ConfigError;
use super::sources::Sources;

const KEYS: &str = "CHAT_SEAL_KEYS";
const INDEX_KEY: &str = "CHAT_SEAL_INDEX_KEY";

/// The keys, if messages are to be sealed.
pub(super) fn keys(sources: &Sources) -> Result<Option<Arc<KeyRing>>, ConfigError> {
    let (keys, index) = match (sources.text(KEYS), sources.text(INDEX_KEY)) {
        (None, None) => return Ok(None),
        (Some(keys), Some(index)) => (keys, index),
        (Some(_), None) => {
            let problem = "must be set beside CHAT_SEAL_KEYS";
            return Err(ConfigError::setting(INDEX_KEY, problem));
        }
        (None, Some(_)) => {
            let problem = "must be set beside CHAT_SEAL_INDEX_KEY";
            return Err(ConfigError::setting(KEYS, problem));
        }
    };
    let ring = KeyRing::parse(keys, index).map_err(|error| {
        let is_index = matches!(&error, KeyError::Key { name } if name == "index");
        let setting = if is_index { INDEX_KEY } else { KEYS };
        ConfigError::setting(setting, error.to_string())
    })?;
    Ok(Some(Arc::new(ring)))
}
