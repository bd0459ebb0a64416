//! The same message sent several times at once, by any nodes: it is stored once, and all answers are the same.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chat_client::RestError;
use chat_core::id::ClientId;
use chat_core::protocol::{MessageBody, MessageView};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Scene;
use crate::check::Anomaly;
use crate::cluster::Failure;
use crate::history::Payload;
use crate::report::Row;
use crate::workload::{Probe, chance};

/// Tries at once.
const AT_ONCE: usize = 8;

/// Who sends them, as far from other clients' numbers as there are users.
const TWINS: u32 = 2_000_000;

/// An answer comes within, or never.
const ANSWER: Duration = Duration::from_secs(10);

/// Sends twins until it is over.
pub(in crate::scenarios) fn twins(
    scene: Scene,
) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>> {
    Box::pin(run(scene))
}

async fn run(scene: Scene) -> Result<Row, Failure> {
    let mut row = Row::default();
    let mut random = chance(scene.seed, 30_000);
    let mut sending = Vec::new();
    for (number, group) in (TWINS..).zip(&scene.cast.groups) {
        let user = scene.cast.users[group.members[0]].clone();
        let probe = Probe::new(number, user, group.id, &scene.history).await;
        sending.push(Twins {
            probe: Arc::new(probe),
            bases: scene.bases.clone(),
            counter: 0,
        });
    }
    while !scene.is_over() {
        let place = random.usize(..sending.len());
        let twins = &mut sending[place];
        let payload = twins.send(&mut random).await;
        row.add("twins", 1.0);
        if payload.counter.is_multiple_of(10) {
            twins.differ(payload, &mut random, &mut row).await;
        }
    }
    Ok(row)
}

struct Twins {
    probe: Arc<Probe>,
    bases: Vec<String>,
    counter: u32,
}

impl Twins {
    fn somewhere(&self, random: &mut fastrand::Rng) -> String {
        self.bases[random.usize(..self.bases.len())].clone()
    }

    /// Sends the next message several times at once, then one by one until it is acknowledged.
    async fn send(&mut self, random: &mut fastrand::Rng) -> Payload {
        self.counter += 1;
        let payload = Payload {
            client: self.probe.client,
            counter: self.counter,
        };
        let mut tries = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (probe, base) = (Arc::clone(&self.probe), self.somewhere(random));
            tries.spawn(async move { probe.try_one(payload, &base, ANSWER).await });
        }
        let mut acked = tries.join_all().await.iter().any(|tried| tried.is_acked());
        while !acked {
            sleep(Duration::from_millis(100)).await;
            let base = self.somewhere(random);
            acked = self.probe.try_one(payload, &base, ANSWER).await.is_acked();
        }
        payload
    }

    /// Another text under the same client id is a conflict, wherever it is sent.
    async fn differ(&self, payload: Payload, random: &mut fastrand::Rng, row: &mut Row) {
        let mut body = MessageBody::text("something else");
        body.client_id = ClientId::new(payload.to_string()).ok();
        let rest = self.probe.user.rest.at(self.somewhere(random));
        let path = format!("conversations/{}/messages", self.probe.place);
        match rest.post::<MessageView>(&path, &body).await {
            Err(RestError::Refused { status: 409, .. }) => row.add("conflicts", 1.0),
            Err(error) if error.is_retryable() => {}
            other => row.findings.add(Anomaly::UnequalAnswers, || {
                format!("{payload} with another text: {other:?}")
            }),
        }
    }
}
