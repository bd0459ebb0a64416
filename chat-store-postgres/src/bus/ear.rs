//! Listening, as long as the node is there.

use std::sync::Arc;
use std::time::Duration;

use chat_core::presence::Topic;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::error::Fault;
use super::handover::Handover;
use super::speaker::Speaker;

/// Who heard nothing for so long says something itself; up to half of it more, so that one does and all hear it.
const BEAT: Duration = Duration::from_secs(1);

/// Who heard nothing for so long is deaf.
const DEAF: Duration = Duration::from_secs(3);

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long an attempt to listen, or to say something, may take.
const ATTEMPT: Duration = Duration::from_millis(1_500);

/// How long to wait before the first attempt to listen again, and before any.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// What a node listens with. It ends with this handle, or when the node is gone.
#[derive(Debug)]
pub(super) struct Ear {
    handover: Arc<Handover>,
    task: AbortHandle,
}

impl Ear {
    /// Hands over what `listener` hears; without one, as soon as there is one.
    pub(super) fn start(
        options: PgConnectOptions,
        speaker: Arc<Speaker>,
        handover: Handover,
        listener: Option<PgListener>,
    ) -> Self {
        let handover = Arc::new(handover);
        let (pulsing, talking) = (Arc::clone(&handover), Arc::clone(&speaker));
        let listening = Listening {
            options,
            speaker,
            handover: Arc::clone(&handover),
        };
        let task = tokio::spawn(async move {
            tokio::select! {
                () = listening.run(listener) => {}
                () = pulse(&pulsing, &talking) => {}
            }
        });
        Self {
            handover,
            task: task.abort_handle(),
        }
    }

    pub(super) fn subscribe(&self, topics: &[Topic]) {
        self.handover.subscribe(topics);
    }

    pub(super) fn unsubscribe(&self, topics: &[Topic]) {
        self.handover.unsubscribe(topics);
    }

    /// Whether the node is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.handover.is_gone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that listens. It is in a pool of its own, and not used for anything else: neither does a dead one hold
/// up the next, nor do notifications pile up behind a statement.
pub(super) async fn listen(options: &PgConnectOptions, channel: &str) -> Result<PgListener, Fault> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ATTEMPT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(channel).await?;
    Ok(listener)
}

#[derive(Debug)]
struct Listening {
    options: PgConnectOptions,
    speaker: Arc<Speaker>,
    handover: Arc<Handover>,
}

impl Listening {
    /// Listens until the node is gone, and anew whenever the connection is lost.
    async fn run(&self, mut listener: Option<PgListener>) {
        let (first, longest) = WAITS;
        let mut wait = first;
        loop {
            if let Some(mut listener) = listener.take() {
                self.handover.hear();
                wait = first;
                self.hear_all(&mut listener).await;
            }
            if self.handover.is_gone() {
                return;
            }
            self.handover.deafen();
            sleep(spread(wait, &self.handover)).await;
            wait = (wait * 2).min(longest);
            listener = self.listen().await;
        }
    }

    async fn listen(&self) -> Option<PgListener> {
        let listening = listen(&self.options, self.speaker.channel());
        match timeout(ATTEMPT, listening).await {
            Ok(Ok(listener)) => Some(listener),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the bus cannot be heard");
                None
            }
            Err(_) => None,
        }
    }

    /// Hears all that comes, until the connection is lost or the node gone.
    async fn hear_all(&self, listener: &mut PgListener) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Cancel-safe: a notification stays with the listener until it is whole.
            tokio::select! {
                () = self.handover.gone() => return,
                heard = listener.try_recv() => match heard {
                    Ok(Some(notification)) => self.handover.take(notification.payload()),
                    Ok(None) => return,
                    Err(error) => return tracing::debug!(%error, "the bus is heard no more"),
                },
                _ = looks.tick() => if self.handover.silence() >= DEAF { return },
            }
        }
    }
}

/// Ends a silence by saying something, again and again.
async fn pulse(handover: &Handover, speaker: &Speaker) {
    let limit = BEAT / 2 + spread(BEAT, handover);
    loop {
        handover.flush();
        let silence = handover.silence();
        if let Some(rest) = limit.checked_sub(silence).filter(|rest| !rest.is_zero()) {
            sleep(rest).await;
            continue;
        }
        match timeout(ATTEMPT, speaker.beat(handover.node())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the bus cannot be spoken on"),
            Err(_) => continue,
        }
        sleep(limit / 2).await;
    }
}

/// Between a half of it and all of it, for each node another part: so nodes do not act all at once.
fn spread(time: Duration, handover: &Handover) -> Duration {
    let [.., last] = handover.node().as_uuid().into_bytes();
    time.mul_f64(0.5 + f64::from(last) / 512.0)
}
