//! The bus that is configured.

use std::sync::Arc;

use chat_core::presence::PresenceBus;

use crate::config::{BusUrl, Config};
use crate::run::Failure;

/// Connects to the bus between nodes, if there is to be one.
pub(crate) fn connect(config: &Config) -> Result<Option<Arc<dyn PresenceBus>>, Failure> {
    match &config.bus {
        None => Ok(None),
        Some(BusUrl::Redis(_)) => Err(Failure::Feature { feature: "redis" }),
        Some(BusUrl::Postgres(_)) => Err(Failure::Feature {
            feature: "postgres",
        }),
    }
}
