//! Keeping a Cluster's map fresh.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::time::{sleep, timeout};

use super::line::{Dial, Line};
use super::{Address, Servers, SlotMap, slots, text};
use crate::error::Fault;

/// How old a map becomes before it is asked for again, should nothing have told that it changed.
const FRESH: Duration = Duration::from_secs(5);

/// How soon after one question the next may come.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks for the map whenever it may have changed, and now and then.
pub(super) async fn run(servers: Arc<Servers>) {
    loop {
        // Either way it is asked for.
        let _told = timeout(FRESH, servers.stale.notified()).await;
        match servers.ask_for_map().await {
            Ok(map) => servers.adopt(map),
            Err(fault) => tracing::debug!(%fault, "no server tells the Cluster's map"),
        }
        sleep(PAUSE).await;
    }
}

impl Servers {
    /// The map as the first server tells it that answers: those of the last map, then the URL's.
    async fn ask_for_map(&self) -> Result<SlotMap, Fault> {
        let map = self.map();
        let mut fault = Fault::Unserved;
        for address in map.addresses() {
            let asked = async { map_on(&self.link(address).line().await?, address).await };
            match asked.await {
                Ok(map) => return Ok(map),
                Err(other) => fault = other,
            }
        }
        for seed in &self.seeds {
            match map_of(&self.dial, seed).await {
                Ok(map) => return Ok(map),
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }
}

/// The map as the first of these tells it that answers.
pub(super) async fn first_map(dial: &Dial, seeds: &[Address]) -> Result<SlotMap, Fault> {
    let mut fault = Fault::Down(None);
    for seed in seeds {
        match map_of(dial, seed).await {
            Ok(map) if !map.is_cluster && seeds.len() > 1 => return Err(Fault::NoCluster),
            Ok(map) => return Ok(map),
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

/// The map as a server tells it, on a connection of its own.
async fn map_of(dial: &Dial, address: &Address) -> Result<SlotMap, Fault> {
    let line = dial.open(address, |_| ControlFlow::Continue(())).await?;
    let hello = line.ask(redis::cmd("HELLO").arg(3)).await?;
    match mode(&hello) {
        Some(b"cluster") => map_on(&line, address).await,
        _ => Ok(SlotMap::single(address.clone())),
    }
}

/// The map as a node of a Cluster tells it. One that knows no slots is of no use.
async fn map_on(line: &Line, address: &Address) -> Result<SlotMap, Fault> {
    let answer = line.ask(redis::cmd("CLUSTER").arg("SLOTS")).await?;
    let map = slots::read(&answer, address)?;
    match map.addresses().is_empty() {
        true => Err(Fault::Unserved),
        false => Ok(map),
    }
}

/// The `mode` in the answer to HELLO: `standalone`, `sentinel` or `cluster`.
fn mode(hello: &Value) -> Option<&[u8]> {
    let mut entries = hello.as_map_iter()?;
    let (_, mode) = entries.find(|(key, _)| text(key) == Some(b"mode"))?;
    text(mode)
}
