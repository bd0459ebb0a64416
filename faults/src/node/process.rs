//! A child process: signals, memory, end.

use std::fs;
use std::io;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// How long it took.
    pub took: Duration,
}

/// A child process; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Takes over a child.
    #[must_use]
    pub const fn new(child: Child) -> Self {
        Self { child }
    }

    /// Sends a signal, by its name without `SIG`.
    ///
    /// # Errors
    /// [`io::Error`] if the process has ended.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status()?;
        match sent.success() {
            true => Ok(()),
            false => Err(io::Error::other(format!("cannot send {name} to {pid}"))),
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end; kills it if that takes longer than `within`.
    ///
    /// # Errors
    /// [`io::Error`] if it had to be killed.
    pub async fn wait(&mut self, within: Duration) -> io::Result<Ended> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                let took = begun.elapsed();
                return Ok(Ended {
                    code: status.code(),
                    took,
                });
            }
            if begun.elapsed() > within {
                self.child.kill()?;
                self.child.wait()?;
                return Err(io::ErrorKind::TimedOut.into());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// A figure of `/proc/PID/status`, as `VmRSS:`, in KiB; 0 where there is none.
    #[must_use]
    pub fn memory_kib(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let figure = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        figure.unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already needs no more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
