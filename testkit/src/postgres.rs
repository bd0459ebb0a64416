//! A private Postgres.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::programs;
use crate::server::{Failure, Handover, Server};

/// A Postgres with its default durability, with trust for the user `postgres`.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    server: Server,
}

impl Postgres {
    /// Makes a cluster with the programs that [`programs`] finds and starts it: a few seconds.
    ///
    /// # Errors
    /// [`Failure`] if Postgres is missing or does not start.
    pub fn start() -> Result<Self, Failure> {
        let bin = programs::postgres();
        Self::with(bin.ok_or_else(|| Failure::missing("Postgres", programs::POSTGRES_BIN))?)
    }

    /// The same with the programs in this folder.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn with(bin: PathBuf) -> Result<Self, Failure> {
        let server = Server::new("postgres")?;
        let mut this = Self { bin, server };
        let data = this.server.folder.join("data");
        fs::create_dir(&data)?;
        if is_root() {
            let owned = Command::new("chown")
                .arg("-R")
                .arg("postgres")
                .arg(&this.server.folder)
                .status()?;
            if !owned.success() {
                return Err(Failure::new(
                    "there is no user `postgres` to run Postgres as",
                ));
            }
        }
        let made = as_postgres(&this.bin.join("initdb"))
            .args([
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "-D",
            ])
            .arg(&data)
            .stdin(Stdio::null())
            .output()?;
        if !made.status.success() {
            return Err(Failure::new(String::from_utf8_lossy(&made.stderr)));
        }
        this.restart()?;
        Ok(this)
    }

    /// Starts it again on the same data and port.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        let mut command = as_postgres(&self.bin.join("postgres"));
        let port = self.server.port.to_string();
        command
            .arg("-D")
            .arg(self.server.folder.join("data"))
            .args(["-p", &port]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=256MB",
        ] {
            command.args(["-c", setting]);
        }
        self.server.start(&mut command, is_ready)
    }

    /// Kills it with SIGKILL. What it had acknowledged is in its data.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Stops it with SIGSTOP: connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be signalled.
    pub fn pause(&self) -> Result<(), Failure> {
        self.server.signal("STOP")
    }

    /// Goes on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// [`Failure`] if it cannot be signalled.
    pub fn resume(&self) -> Result<(), Failure> {
        self.server.signal("CONT")
    }

    /// Where it is, as the user `postgres` in the database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/postgres",
            self.server.port
        )
    }

    /// Leaves it running.
    #[must_use]
    pub fn hand_over(self) -> Option<Handover> {
        self.server.hand_over()
    }
}

/// Whether it answers a connection's first message with anything but "starting up" (57P03).
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let text = b"user\0postgres\0database\0postgres\0\0";
        let length = u32::try_from(text.len() + 8).unwrap_or_default();
        stream.write_all(&length.to_be_bytes())?;
        stream.write_all(&196_608_u32.to_be_bytes())?;
        stream.write_all(text)?;
        let mut answer = vec![0; 256];
        let count = stream.read(&mut answer)?;
        answer.truncate(count);
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.first() == Some(&b'R'))
}

/// The program, as the user `postgres` where we are root: it refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid=postgres",
            "--regid=postgres",
            "--init-groups",
            "--",
        ])
        .arg(program);
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}
