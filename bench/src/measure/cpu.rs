//! The CPU time of a process, to the nanosecond: the scheduler's own account, not the ticks of `/proc/PID/stat`.

use std::collections::HashMap;
use std::fs;
use std::io;

/// What each thread of a process had used at one moment, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cpu(HashMap<String, u64>);

impl Cpu {
    /// Asks the kernel.
    ///
    /// # Errors
    /// [`io::Error`] if the process is gone, or the kernel keeps no such account (`CONFIG_SCHED_INFO`).
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        let mut threads = HashMap::new();
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = entry?.file_name().to_string_lossy().into_owned();
            let account = fs::read_to_string(format!("/proc/{process}/task/{thread}/schedstat"));
            // A thread may have ended since the folder was read.
            let Ok(account) = account else { continue };
            let used = account.split(' ').next().and_then(|used| used.parse().ok());
            let used = used.ok_or_else(|| io::Error::other("schedstat is of another form"))?;
            threads.insert(thread, used);
        }
        Ok(Self(threads))
    }

    /// Microseconds used since `earlier`. What threads used that have ended since then is not in it.
    pub(crate) fn micros_since(&self, earlier: &Self) -> f64 {
        let used = self.0.iter().map(|(thread, used)| {
            let before = earlier.0.get(thread).copied().unwrap_or_default();
            used.saturating_sub(before)
        });
        used.sum::<u64>() as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Cpu;

    #[test]
    fn work_is_accounted_for() {
        let before = Cpu::of(std::process::id()).unwrap();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }

        let used = Cpu::of(std::process::id()).unwrap().micros_since(&before);

        assert!(used > 0.0, "{used}");
    }
}
