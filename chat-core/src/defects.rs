//! Bugs that are put in on purpose, one at a time, to see that whoever looks for bugs finds them.
//!
//! Without the feature `defects` there are none, and nothing of this is compiled.

#[cfg(feature = "defects")]
use std::sync::atomic::{AtomicU8, Ordering};

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[cfg_attr(
    not(feature = "defects"),
    expect(unreachable_pub, reason = "public with the feature")
)]
pub enum Defect {
    /// Whoever was a member when subscribing goes on hearing.
    MembershipCheckedAtSubscribeOnly = 1,
    /// A resume reads what was missed before it holds live events back.
    ResumeReadsBeforeSubscribing = 2,
    /// A connection's late end takes the user's new one out of the registry.
    RegistryKeyedByUser = 3,
    /// A panic makes a lock useless for all who come after.
    PanicPoisonsLock = 4,
    /// A server that is told to stop is gone at once.
    #[cfg(feature = "defects")]
    DrainWithoutWaiting = 5,
}

#[cfg(feature = "defects")]
impl Defect {
    /// Every bug there is.
    pub const ALL: &[Self] = &[
        Self::MembershipCheckedAtSubscribeOnly,
        Self::ResumeReadsBeforeSubscribing,
        Self::RegistryKeyedByUser,
        Self::PanicPoisonsLock,
        Self::DrainWithoutWaiting,
    ];
}

#[cfg(feature = "defects")]
static ON: AtomicU8 = AtomicU8::new(0);

/// Puts a bug into this process, or takes it out.
#[cfg(feature = "defects")]
pub fn switch(defect: Option<Defect>) {
    ON.store(defect.map_or(0, |defect| defect as u8), Ordering::Release);
}

/// Whether a bug is in this process.
#[cfg(feature = "defects")]
#[must_use]
pub fn is_on(defect: Defect) -> bool {
    ON.load(Ordering::Acquire) == defect as u8
}

#[cfg(not(feature = "defects"))]
pub(crate) const fn is_on(_defect: Defect) -> bool {
    false
}
