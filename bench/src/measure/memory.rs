//! The memory of a process.

use std::fs;
use std::io;

/// Bytes of a process that are in memory (`Rss` of `smaps_rollup`, which is exact), those that it shares included.
///
/// # Errors
/// [`io::Error`] if the process is gone.
pub(crate) fn resident(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    let kib = kib.ok_or_else(|| io::Error::other("no Rss in smaps_rollup"))?;
    Ok(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::resident;

    #[test]
    fn memory_that_is_written_to_is_seen() {
        let before = resident(std::process::id()).unwrap();
        let more = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = resident(std::process::id()).unwrap();
        assert!(after > before + (more.len() as u64) / 2, "{before} {after}");
    }
}
