//! The in-memory backend under the conformance suite.

use std::sync::Arc;

use chat_core::conformance::Ports;
use chat_core::media::MediaUploader;
use chat_core::memory::{MemoryBus, MemoryMedia, MemoryStore};
use chat_core::presence::PresenceBus;

async fn fresh() -> (Ports, ()) {
    std::future::ready((Ports::of(&MemoryStore::new()), ())).await
}

async fn fresh_bus() -> (Arc<dyn PresenceBus>, ()) {
    std::future::ready((Arc::new(MemoryBus::default()) as _, ())).await
}

async fn fresh_media() -> (Arc<dyn MediaUploader>, ()) {
    std::future::ready((Arc::new(MemoryMedia::default()) as _, ())).await
}

chat_core::store_conformance!(fresh);
chat_core::bus_conformance!(fresh_bus);
chat_core::media_conformance!(fresh_media);
