//! A child process with a folder of its own.

use std::fmt;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to be ready.
const READY: Duration = Duration::from_secs(60);

/// Why a server is not there.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    pub(crate) fn missing(what: &str, variable: &str) -> Self {
        Self(format!(
            "{what} is missing: install it, or name it in {variable}; `cargo xtask services up` brings it"
        ))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A server that outlives its handle: what is needed to end it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Its process.
    pub pid: u32,
    /// Its folder, to be removed.
    pub folder: PathBuf,
}

impl Handover {
    /// Ends the server and removes its data. A process that is not the server any more, since ids are given
    /// anew, is left alone.
    pub fn end(&self) {
        if self.is_running() {
            self.stop();
        }
        drop(fs::remove_dir_all(&self.folder));
    }

    /// Whether the process still works in the folder: Postgres and Redis live in it, MongoDB was told it.
    fn is_running(&self) -> bool {
        let process = PathBuf::from(format!("/proc/{}", self.pid));
        let lives_there =
            fs::read_link(process.join("cwd")).is_ok_and(|place| place.starts_with(&self.folder));
        let words = fs::read(process.join("cmdline")).unwrap_or_default();
        lives_there || String::from_utf8_lossy(&words).contains(&*self.folder.to_string_lossy())
    }

    fn stop(&self) {
        let pid = self.pid.to_string();
        let signal = |name: &str| {
            Command::new("kill")
                .args(["-s", name, &pid])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        // SIGINT is a fast shutdown for all three.
        let begun = Instant::now();
        signal("INT");
        while signal("0") && begun.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(20));
        }
        signal("KILL");
    }
}

/// Enough for a server's data: 6 GiB.
const MUCH_KIB: u64 = 6 << 20;

/// What is free in a folder's file system, in KiB.
fn free_kib(folder: &Path) -> u64 {
    let asked = Command::new("df")
        .args(["--output=avail", "-k"])
        .arg(folder)
        .stderr(Stdio::null())
        .output();
    let answer = asked
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    answer
        .lines()
        .nth(1)
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or_default()
}

/// Where a system takes no ports from for the connections that it makes: one of them could have the port of a server that
/// is to start again, even a connection to that server, which then meets itself.
const PORTS: Range<u16> = 20_000..32_768;

/// A port that is free now, for a server that may start again there.
///
/// # Errors
/// [`Failure`] if there is none.
pub fn free_port() -> Result<u16, Failure> {
    let begin = RandomState::new().hash_one(()) % PORTS.len() as u64;
    let mut ports = PORTS.cycle().skip(begin as usize).take(PORTS.len());
    let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.ok_or_else(|| Failure::new("no port is free"))
}

/// The processes that `parent` has started.
fn children(parent: u32) -> Result<Vec<u32>, Failure> {
    let processes = fs::read_dir("/proc")?.flatten();
    let of_parent = processes.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // `pid (name) state parent ...`; the name may hold anything.
        let (_, rest) = stat.rsplit_once(") ")?;
        let its: u32 = rest.split(' ').nth(1)?.parse().ok()?;
        (its == parent).then_some(pid)
    });
    Ok(of_parent.collect())
}

/// A server's process, folder and port.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    child: Option<Child>,
}

impl Server {
    /// A folder and a port for a server that is not started yet.
    pub(crate) fn new(name: &str) -> Result<Self, Failure> {
        Self::below(&std::env::temp_dir(), name)
    }

    /// The same with the data in memory, where there is room: they survive the server, not the machine.
    pub(crate) fn in_memory(name: &str) -> Result<Self, Failure> {
        let memory = Path::new("/dev/shm");
        match free_kib(memory) > MUCH_KIB {
            true => Self::below(memory, name),
            false => Self::new(name),
        }
    }

    fn below(base: &Path, name: &str) -> Result<Self, Failure> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let port = free_port()?;
        let name = format!("chat-{name}-{}-{number}-{port}", std::process::id());
        let folder = base.join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            port,
            child: None,
        })
    }

    /// Starts the process, its output in a file of the folder, and waits until it is ready.
    pub(crate) fn start(
        &mut self,
        command: &mut Command,
        is_ready: impl Fn(u16) -> bool,
    ) -> Result<(), Failure> {
        let log = File::options().create(true).append(true).open(self.log())?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut child = command.spawn()?;
        let begun = Instant::now();
        while !is_ready(self.port) {
            let ended = child.try_wait()?;
            if ended.is_some() || begun.elapsed() > READY {
                drop(child.kill());
                drop(child.wait());
                return Err(Failure::new(format!(
                    "{:?} did not become ready: {}",
                    command.get_program(),
                    self.last_words()
                )));
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child = Some(child);
        Ok(())
    }

    /// Ends the process at once, with SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Sends a signal to the process and its children, as Postgres has one a connection. None is sent to a server
    /// that does not run.
    ///
    /// # Errors
    /// [`Failure`] if the process cannot be signalled.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Failure> {
        let Some(child) = &self.child else {
            return Ok(());
        };
        let send = |pid: u32| {
            let pid = pid.to_string();
            let mut kill = Command::new("kill");
            kill.args(["-s", name, &pid]).stderr(Stdio::null()).status()
        };
        // The parent first: from then on there are no new children. One of them may have ended meanwhile.
        if !send(child.id())?.success() {
            return Err(Failure::new(format!("cannot send {name}")));
        }
        for child in children(child.id())? {
            send(child)?;
        }
        Ok(())
    }

    /// Leaves the process running.
    pub(crate) fn hand_over(mut self) -> Option<Handover> {
        let child = self.child.take()?;
        let (pid, folder) = (child.id(), std::mem::take(&mut self.folder));
        Some(Handover { pid, folder })
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join(" | ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if self.folder != Path::new("") {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_works_in_the_folder_is_ended() {
        let server = Server::new("handover").unwrap();
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        let mut ours = Command::new("sleep")
            .arg("60")
            .current_dir(&server.folder)
            .spawn()
            .unwrap();
        let handover = |child: &Child| Handover {
            pid: child.id(),
            folder: server.folder.clone(),
        };

        assert!(handover(&ours).is_running() && !handover(&other).is_running());
        ours.kill().unwrap();
        ours.wait().unwrap();
        assert!(!handover(&ours).is_running());
        handover(&other).end();

        assert_eq!(
            other.try_wait().unwrap(),
            None,
            "somebody else's process lives"
        );
        assert!(!server.folder.exists());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
