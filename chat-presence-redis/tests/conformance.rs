//! A single Redis and a Cluster under the conformance suite.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

mod single {
    use std::sync::Arc;

    use chat_core::presence::PresenceBus;

    use super::common::{self, pass};

    async fn fresh() -> (Arc<dyn PresenceBus>, ()) {
        let (url, prefix) = (common::url(), common::prefix());
        common::passes_at(vec![url.clone()], &prefix);
        (Arc::new(common::bus(&url, &prefix).await), ())
    }

    chat_core::bus_conformance!(fresh);
    chat_core::lease_conformance!(fresh, pass);
}

mod cluster {
    use std::sync::Arc;

    use chat_core::presence::PresenceBus;
    use chat_testkit::RedisCluster;

    use super::common::{self, pass};

    async fn fresh() -> (Arc<dyn PresenceBus>, Arc<RedisCluster>) {
        let (cluster, prefix) = (common::cluster().await, common::prefix());
        common::passes_at(cluster.urls(), &prefix);
        let bus = common::bus(&cluster.url(), &prefix).await;
        (Arc::new(bus), cluster)
    }

    chat_core::bus_conformance!(fresh);
    chat_core::lease_conformance!(fresh, pass);
}
