//! Somebody sends all the time while the store comes and goes: each request is answered in time.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::sleep;

use super::Scene;
use crate::check::Anomaly;
use crate::cluster::Failure;
use crate::report::Row;
use crate::workload::{Probe, Tried};

/// Who sends.
const PROBER: u32 = 3_000_000;

/// Between two requests.
const GAP: Duration = Duration::from_millis(100);

/// The store's own limit is 2 s; what is above is the way there and back on a busy machine.
const ANSWER: Duration = Duration::from_millis(2_750);

/// Asks until it is over.
pub(in crate::scenarios) fn outage(
    scene: Scene,
) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>> {
    Box::pin(run(scene))
}

async fn run(scene: Scene) -> Result<Row, Failure> {
    let mut row = Row::default();
    let group = &scene.cast.groups[0];
    let user = scene.cast.users[group.members[0]].clone();
    let mut probe = Probe::new(PROBER, user, group.id, &scene.history).await;
    for base in scene.bases.iter().cycle() {
        if scene.is_over() {
            break;
        }
        judge(&probe.send(base, Duration::from_secs(10)).await, &mut row);
        sleep(GAP).await;
    }
    Ok(row)
}

fn judge(tried: &Tried, row: &mut Row) {
    row.worst("answer_ms_max", tried.took.as_secs_f64() * 1e3);
    if tried.took > ANSWER {
        row.findings.add(Anomaly::Overdue, || {
            format!("{}: no answer within {:?}", tried.payload, tried.took)
        });
    }
    match tried.status() {
        None if tried.is_acked() => row.add("answered", 1.0),
        Some(503) => row.add("answered_503", 1.0),
        status => row.findings.add(Anomaly::Disturbed, || {
            format!("{}: answered {status:?}: {:?}", tried.payload, tried.answer)
        }),
    }
}
