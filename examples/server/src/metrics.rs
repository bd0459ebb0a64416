//! What is measured, for Prometheus: on an address of its own, since it is nobody else's business.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use chat_core::chat::{Chat, Vitals};
use chat_transport_warp::{ListenerConfig, serve};
use metrics::gauge;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use warp::Filter;

use crate::config::Config;
use crate::run::Failure;

/// How often what was measured is put in order though nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds by which durations are counted.
const SECONDS: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
];

/// Upper bounds by which the drafts of a batch are counted.
const DRAFTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Where measurements are collected, if they are.
pub(crate) struct Metrics {
    listener: TcpListener,
    handle: PrometheusHandle,
}

impl Metrics {
    /// Measures from now on, if there is an address to show it at. Comes before anything that measures.
    pub(crate) async fn install(config: &Config) -> Result<Option<Self>, Failure> {
        let Some(address) = config.metrics_listen else {
            return Ok(None);
        };
        let name = address.to_string();
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| Failure::io(Path::new(&name), error))?;
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| Failure::Measured)?;
        Ok(Some(Self { listener, handle }))
    }

    /// Answers `GET /metrics` until `chat` goes away.
    pub(crate) async fn serve(self, chat: Chat) {
        let Self { listener, handle } = self;
        let upkept = handle.clone();
        let page = warp::path!("metrics").and(warp::get()).map(move || {
            note(&chat.vitals());
            handle.render()
        });
        let upkeep = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkept.run_upkeep();
            }
        };
        let page = page.or_else(|rejection| async move { Err::<(String,), _>(rejection) });
        tokio::select! {
            _ = serve(listener, page, ListenerConfig::default(), std::future::pending()) => {}
            never = upkeep => { let _: Infallible = never; }
        }
    }
}

/// Durations and sizes of batches are counted by size, so that those of several nodes can be summed.
fn builder() -> Result<PrometheusBuilder, Failure> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_drafts".to_owned()), DRAFTS)
        })
        .map_err(|_| Failure::Measured)
}

fn note(vitals: &Vitals) {
    gauge!("chat_connections").set(vitals.connections as f64);
    gauge!("chat_topics").set(vitals.topics as f64);
    gauge!("chat_sends_waiting").set(vitals.waiting_sends as f64);
    gauge!("chat_marks_waiting").set(vitals.waiting_marks as f64);
    gauge!("chat_notices_waiting").set(vitals.waiting_notices as f64);
    gauge!("chat_nodes_heard").set(vitals.nodes_heard as f64);
    gauge!("chat_bus_good").set(f64::from(u8::from(vitals.bus_is_good)));
    gauge!("chat_draining").set(f64::from(u8::from(vitals.draining)));
}
