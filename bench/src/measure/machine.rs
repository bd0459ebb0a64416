//! The machine: what it is, and which of its processors are for whom.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Failure;

/// The processors of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cores {
    /// Where servers run; none if there is but one processor, which everything then shares.
    pub(crate) server: Option<usize>,
}

/// Gives the generator a processor of its own, the second that it may use, and leaves the first to the servers.
///
/// # Errors
/// If the kernel does not allow it.
pub(crate) fn part() -> Result<Cores, Failure> {
    let allowed = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    let (first, second) = (cores.next(), cores.next());
    let Some(second) = second else {
        return Ok(Cores { server: None });
    };
    let mut own = CpuSet::new();
    own.set(second);
    sched_setaffinity(None, &own)?;
    Ok(Cores { server: first })
}

/// Lets this process, and those that it starts, open as many files as the system allows.
///
/// # Errors
/// If it does not allow it after all.
pub(crate) fn raise_open_files() -> Result<(), Failure> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}

/// The machine in one line: its processors, memory and kernel.
pub(crate) fn line() -> String {
    let cpu =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let memory = memory
        .trim_end_matches(" kB")
        .parse::<f64>()
        .unwrap_or_default();
    let gib = memory / f64::from(1 << 20);
    let system = rustix::system::uname();
    let (name, release) = (system.sysname(), system.release());
    format!(
        "{cores} × {cpu}, {gib:.0} GiB, {} {} {}",
        name.to_string_lossy(),
        release.to_string_lossy(),
        system.machine().to_string_lossy()
    )
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}
