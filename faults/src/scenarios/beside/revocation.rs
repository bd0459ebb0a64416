//! A login session is ended at one node: its socket on another is closed in time.

use std::pin::Pin;
use std::time::{Duration, Instant};

use chat_client::{Client, Delivery, Rest};
use serde::Deserialize;
use tokio::time::timeout;

use super::Scene;
use crate::check::Anomaly;
use crate::cluster::Failure;
use crate::report::Row;
use crate::workload::User;

/// The close code of a session that was ended.
const ENDED: u16 = 4401;

#[derive(Deserialize)]
struct Sessions {
    items: Vec<Session>,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    current: bool,
}

/// How long after its time a socket that is still open is taken for one that stays so.
const NEVER: Duration = Duration::from_secs(30);

const KEPT: &str = "a socket outlives its session";

/// Ends sessions until it is over; each socket must be closed within 5 s.
pub(in crate::scenarios) fn revocation(
    scene: Scene,
) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>> {
    Box::pin(run(scene, Duration::from_secs(5)))
}

/// The same within 60 s, as is promised while the bus is gone.
pub(in crate::scenarios) fn revocation_without_bus(
    scene: Scene,
) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>> {
    Box::pin(run(scene, Duration::from_secs(60)))
}

async fn run(scene: Scene, within: Duration) -> Result<Row, Failure> {
    let mut row = Row::default();
    let name = format!("leaver{}", scene.number);
    let user = User::register(&scene.bases[0], &name).await?;
    let mail = format!("{name}@example.com");
    let elsewhere = scene.bases.last().unwrap_or(&scene.bases[0]);
    while !scene.is_over() {
        // Another login of the same user; its socket is on another node.
        let login = user.rest.login(&mail, "correct horse battery").await?;
        let login = login.at(elsewhere);
        let mut client = Client::connect(&login);
        until(&mut client, |delivery| *delivery == Delivery::Live).await?;
        // One that comes and goes must not take the other with it.
        let mut passer_by = Client::connect(&login);
        until(&mut passer_by, |delivery| *delivery == Delivery::Live).await?;
        drop(passer_by);
        end_others(&user.rest).await?;
        let begun = Instant::now();
        let ended = |delivery: &Delivery| *delivery == Delivery::Ended(ENDED);
        match timeout(within + NEVER, until(&mut client, ended)).await {
            Ok(ended) => ended?,
            Err(_) => row.findings.add(Anomaly::Stuck, || KEPT.to_owned()),
        }
        let took = begun.elapsed();
        if took > within {
            row.findings.add(Anomaly::Overdue, || {
                format!("a socket outlived its session by {took:?}")
            });
        }
        row.worst("closed_ms_max", took.as_secs_f64() * 1e3);
        row.add("revoked", 1.0);
    }
    Ok(row)
}

/// Waits for a delivery.
async fn until(client: &mut Client, is: impl Fn(&Delivery) -> bool + Send) -> Result<(), Failure> {
    while let Some(delivery) = client.next().await {
        if is(&delivery) {
            return Ok(());
        }
    }
    Err("a client ended for another reason".into())
}

async fn end_others(rest: &Rest) -> Result<(), Failure> {
    let sessions: Sessions = rest.get("auth/sessions").await?;
    for session in sessions.items.iter().filter(|session| !session.current) {
        rest.delete(&format!("auth/sessions/{}", session.id))
            .await?;
    }
    Ok(())
}
