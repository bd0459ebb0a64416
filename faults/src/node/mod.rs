//! The real server as a process that can be broken.

mod process;
mod settings;

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chat_testkit::free_port;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

pub use process::{Ended, Process};
pub use settings::Settings;

/// How long a node may take to be ready.
const READY: Duration = Duration::from_secs(30);

/// One node: a server process on a port of its own, which it keeps over restarts.
#[derive(Debug)]
pub struct Node {
    name: String,
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Settings,
    process: Option<Process>,
    peak_kib: u64,
}

impl Node {
    /// A node that is not started yet. Its data and output are in `folder`, which is made.
    ///
    /// # Errors
    /// [`io::Error`] if there is no folder or no port.
    pub fn new(name: &str, program: &Path, folder: &Path, settings: Settings) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let port = free_port().map_err(io::Error::other)?;
        Ok(Self {
            name: name.to_owned(),
            program: program.to_owned(),
            folder: folder.to_owned(),
            port,
            settings,
            process: None,
            peak_kib: 0,
        })
    }

    /// Starts the process and waits until it is ready.
    ///
    /// # Errors
    /// [`io::Error`] if it ends or is not ready in time; its output is in the folder.
    pub async fn start(&mut self) -> io::Result<()> {
        self.launch()?;
        let begun = Instant::now();
        while self.health("readyz").await != Some(200) {
            let ended = self.process.as_mut().is_none_or(Process::has_ended);
            if ended || begun.elapsed() > READY {
                let log = self.log();
                let what = format!("{} is not ready, see {}", self.name, log.display());
                return Err(io::Error::other(what));
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Starts the process, and waits for nothing.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be started.
    pub fn launch(&mut self) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CHAT_")) {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.folder)
            .env("CHAT_LISTEN", self.address().to_string())
            .env("CHAT_DATA_DIR", self.folder.join("data"))
            .envs(self.settings.pairs())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.process = Some(Process::new(command.spawn()?));
        Ok(())
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.note_peak();
        // Dropped, a process is killed.
        self.process = None;
    }

    /// SIGTERM, and how it ended; killed if it takes longer than `within`.
    ///
    /// # Errors
    /// [`io::Error`] if it does not run, or did not end.
    pub async fn terminate(&mut self, within: Duration) -> io::Result<Ended> {
        self.note_peak();
        let process = self.process.take();
        let mut process = process.ok_or_else(|| io::Error::other("not running"))?;
        process.signal("TERM")?;
        process.wait(within).await
    }

    /// SIGSTOP: everything stands still, and connections stay open.
    ///
    /// # Errors
    /// [`io::Error`] if it does not run.
    pub fn stop(&self) -> io::Result<()> {
        self.signal("STOP")
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// [`io::Error`] if it does not run.
    pub fn resume(&self) -> io::Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> io::Result<()> {
        match &self.process {
            Some(process) => process.signal(name),
            None => Err(io::Error::other("not running")),
        }
    }

    /// Its name, as in reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Where it listens, as clients take it.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where its output is.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Resident memory in KiB; 0 if it does not run.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        let process = self.process.as_ref();
        process.map_or(0, |process| process.memory_kib("VmRSS:"))
    }

    /// The most memory that was ever resident, in KiB, over all its lives.
    #[must_use]
    pub fn peak_kib(&mut self) -> u64 {
        self.note_peak();
        self.peak_kib
    }

    fn note_peak(&mut self) {
        let process = self.process.as_ref();
        let now = process.map_or(0, |process| process.memory_kib("VmHWM:"));
        self.peak_kib = self.peak_kib.max(now);
    }

    /// The status that `/livez` or `/readyz` answers with; none if nothing does within 2 s.
    pub async fn health(&self, path: &str) -> Option<u16> {
        let ask = async {
            let mut stream = TcpStream::connect(self.address()).await.ok()?;
            let request =
                format!("GET /{path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut head = [0; 12];
            stream.read_exact(&mut head).await.ok()?;
            std::str::from_utf8(&head[9..]).ok()?.parse().ok()
        };
        timeout(Duration::from_secs(2), ask).await.ok()?
    }
}
