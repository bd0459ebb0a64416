//! Many devices in quiet conversations, which all come back when their connections are cut.

use std::pin::Pin;
use std::time::Duration;

use chat_client::{Client, Delivery};
use chat_core::id::UserId;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Scene;
use crate::check::{Anomaly, Latency};
use crate::cluster::Failure;
use crate::report::Row;
use crate::workload::Cast;

/// Users of the crowd.
const USERS: usize = 25;

/// Devices of each.
const DEVICES: usize = 40;

/// Groups that all of them are in.
const GROUPS: usize = 20;

/// Everybody must be back within.
const BACK: Duration = Duration::from_secs(30);

/// Keeps the crowd connected until it is over.
pub(in crate::scenarios) fn crowd(
    scene: Scene,
) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>> {
    Box::pin(run(scene))
}

async fn run(scene: Scene) -> Result<Row, Failure> {
    let cast = Cast::register(&scene.bases, 1_000 + scene.number, USERS).await?;
    let others: Vec<&UserId> = cast.users[1..].iter().map(|user| &user.id).collect();
    for _ in 0..GROUPS {
        cast.users[0].group(&others).await?;
    }
    let mut devices = JoinSet::new();
    for number in 0..USERS * DEVICES {
        let mut bases = scene.entrances.clone();
        let first = number % bases.len();
        bases.rotate_left(first);
        let client = Client::connect_any(&cast.users[number % USERS].rest, bases);
        devices.spawn(times(client, scene.stop.clone()));
    }
    let mut all = Vec::new();
    while let Some(times) = devices.join_next().await {
        all.extend(times?);
    }
    Ok(judge(all))
}

/// How long each return of a client took, in nanoseconds, until it is over.
async fn times(mut client: Client, mut stop: watch::Receiver<bool>) -> Vec<u64> {
    let mut times = Vec::new();
    let mut lost = None;
    loop {
        let delivery = tokio::select! {
            delivery = client.next() => delivery,
            _ = stop.wait_for(|stop| *stop) => return times,
        };
        match delivery {
            Some(Delivery::Lost { .. }) => lost = lost.or(Some(std::time::Instant::now())),
            Some(Delivery::Live) => {
                let took = lost.take().map(|since| since.elapsed().as_nanos());
                times.extend(took.and_then(|took| u64::try_from(took).ok()));
            }
            Some(_) => {}
            None => return times,
        }
    }
}

fn judge(times: Vec<u64>) -> Row {
    let mut row = Row::default();
    row.add("crowd", (USERS * DEVICES) as f64);
    row.add("returns", times.len() as f64);
    let latency = Latency::of(times);
    row.worst("return_ms_p99", latency.p99_us as f64 / 1e3);
    row.worst("return_ms_max", latency.max_us as f64 / 1e3);
    if Duration::from_micros(latency.max_us) > BACK {
        row.findings.add(Anomaly::Overdue, || {
            format!("somebody was back after {} ms", latency.max_us / 1_000)
        });
    }
    row
}
