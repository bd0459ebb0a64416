//! The deterministic layer: nodes, bus and store in one process, on a clock that stands still unless everybody waits.
//!
//! A seed decides what happens: who sends, joins, leaves, reads, reconnects and on which node, what the bus does
//! to publications, when it is away, when the store fails and whether it had stored before it failed. Every
//! schedule is judged by the same [`check`](chat_faults::check) as the real servers. Thousands run in a minute.

mod act;
mod device;
mod store;
mod world;

use std::time::Duration;

use chat_core::defects::{self, Defect};

use chat_faults::check::Findings;

/// A bug that a schedule is played with, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seeded {
    /// A send is acknowledged though the store failed.
    AckBeforeCommit,
    /// A message is told that is then rolled back.
    PublishBeforeCommit,
    /// What the bus loses is never looked for.
    NoPositionCheck,
    /// Numbers come from a counter that nobody locks.
    SeqWithoutLock,
    /// Whoever was a member when subscribing goes on hearing.
    MembershipCheckedAtSubscribeOnly,
    /// A resume reads what was missed before it holds live events back.
    ResumeReadsBeforeSubscribing,
    /// A connection's late end takes the user's new one out of the registry.
    RegistryKeyedByUser,
    /// A client that does not read is waited for without end.
    UnboundedQueue,
    /// Whether a client id was used is asked outside the transaction.
    IdempotencyOutsideTransaction,
    /// An ended login is refused by requests, and keeps its socket.
    RevocationInRequestsOnly,
    /// A marker is where the last mark put it.
    MarkWithoutMax,
    /// The log is in the order of the senders' clocks.
    WallClockForOrder,
    /// A node that is to stop is gone at once.
    DrainWithoutWaiting,
    /// After a panic what was locked stays as it was, and is of no use to anybody.
    PanicPoisonsLock,
    /// A place in the store's pool is never given back after an error.
    LeakedPlace,
}

impl Seeded {
    /// Every bug there is.
    pub(crate) const ALL: &[Self] = &[
        Self::AckBeforeCommit,
        Self::PublishBeforeCommit,
        Self::NoPositionCheck,
        Self::SeqWithoutLock,
        Self::MembershipCheckedAtSubscribeOnly,
        Self::ResumeReadsBeforeSubscribing,
        Self::RegistryKeyedByUser,
        Self::UnboundedQueue,
        Self::IdempotencyOutsideTransaction,
        Self::RevocationInRequestsOnly,
        Self::MarkWithoutMax,
        Self::WallClockForOrder,
        Self::DrainWithoutWaiting,
        Self::PanicPoisonsLock,
        Self::LeakedPlace,
    ];

    /// The part of it that is in the core.
    const fn in_core(self) -> Option<Defect> {
        match self {
            Self::MembershipCheckedAtSubscribeOnly => {
                Some(Defect::MembershipCheckedAtSubscribeOnly)
            }
            Self::ResumeReadsBeforeSubscribing => Some(Defect::ResumeReadsBeforeSubscribing),
            Self::RegistryKeyedByUser => Some(Defect::RegistryKeyedByUser),
            Self::PanicPoisonsLock => Some(Defect::PanicPoisonsLock),
            _ => None,
        }
    }
}

/// What a schedule came to.
#[derive(Debug)]
pub(crate) struct Played {
    /// What was wrong; nothing, in a system that keeps its word.
    pub(crate) findings: Findings,
    /// How many messages were acknowledged.
    pub(crate) acked: usize,
}

/// A delivery that takes longer is an anomaly: the bus may lose what then waits for the next look into the store,
/// and the store may fail when it is looked into.
const LATE: Duration = Duration::from_secs(20);

/// Plays the schedule of a seed, with a bug or without. One at a time: a bug is in the whole process.
///
/// # Panics
/// If no runtime can be made.
#[must_use]
pub(crate) fn play(seed: u64, bug: Option<Seeded>) -> Played {
    defects::switch(bug.and_then(Seeded::in_core));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime without input and output needs nothing");
    let (evidence, mut findings) = runtime.block_on(world::play(seed, bug));
    drop(runtime);
    defects::switch(None);
    let verdict = chat_faults::check::check(&evidence, LATE);
    findings.merge(verdict.findings);
    Played {
        findings,
        acked: verdict.acked,
    }
}
