//! A node that publishes and listens.

use std::time::Duration;

use bytes::Bytes;
use chat_core::id::NodeId;
use chat_core::presence::{BusEvent, PresenceBus as _, Publication, Topic};
use chat_presence_redis::RedisBus;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// How long what should come soon may take.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A node on a bus.
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) bus: RedisBus,
    events: mpsc::Receiver<BusEvent>,
}

impl Node {
    pub(crate) async fn attach(bus: &RedisBus) -> Self {
        Self::attach_as(bus, NodeId::new()).await
    }

    pub(crate) async fn attach_as(bus: &RedisBus, id: NodeId) -> Self {
        let (sender, events) = mpsc::channel(1_024);
        bus.attach(id, sender).await.unwrap();
        let bus = bus.clone();
        Self { id, bus, events }
    }

    pub(crate) async fn subscribe(&self, topics: &[Topic]) {
        self.bus.subscribe(self.id, topics).await.unwrap();
    }

    pub(crate) fn publication(&self, topic: &Topic, text: &str) -> Publication {
        Publication {
            topic: topic.clone(),
            node: self.id,
            payload: Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    /// Publishes again and again until it succeeds, and tells how long it took.
    pub(crate) async fn publish_at_last(&self, publication: &Publication) -> Duration {
        let begun = Instant::now();
        let one = std::slice::from_ref(publication);
        while let Err(error) = self.bus.publish(one).await {
            assert!(begun.elapsed() < SOON, "{error:?}");
            sleep(Duration::from_millis(10)).await;
        }
        begun.elapsed()
    }

    /// Publishes, which must fail, and tells how long that took.
    pub(crate) async fn publish_in_vain(&self, publication: &Publication) -> Duration {
        let begun = Instant::now();
        let one = std::slice::from_ref(publication);
        self.bus.publish(one).await.unwrap_err();
        begun.elapsed()
    }

    pub(crate) async fn event(&mut self) -> BusEvent {
        let event = timeout(SOON, self.events.recv()).await;
        event.expect("an event comes soon").unwrap()
    }

    /// The next event, which is a publication.
    pub(crate) async fn publication_heard(&mut self) -> Publication {
        match self.event().await {
            BusEvent::Published(publication) => publication,
            other => panic!("expected a publication, got {other:?}"),
        }
    }

    /// Waits for the news of an outage and of its end, with nothing but publications before and between.
    pub(crate) async fn outage_heard(&mut self) {
        self.told(BusEvent::Disconnected).await;
        self.told(BusEvent::Lagged).await;
    }

    /// Waits for this news, with nothing but publications before.
    pub(crate) async fn told(&mut self, news: BusEvent) {
        loop {
            match self.event().await {
                BusEvent::Published(_) => {}
                event => return assert_eq!(event, news),
            }
        }
    }

    /// Whether nothing waits to be read.
    pub(crate) fn is_quiet(&self) -> bool {
        self.events.is_empty()
    }
}
