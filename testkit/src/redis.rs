//! A private Redis.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::programs;
use crate::server::{Failure, Handover, Server, free_port};

/// A Redis that keeps nothing.
#[derive(Debug)]
pub struct Redis {
    program: PathBuf,
    server: Server,
    /// Where the nodes of a Cluster talk to it, if it is of one.
    cluster_port: Option<u16>,
}

impl Redis {
    /// Starts the one that [`programs`] finds.
    ///
    /// # Errors
    /// [`Failure`] if Redis is missing or does not start.
    pub fn start() -> Result<Self, Failure> {
        Self::with(program()?)
    }

    /// Starts this `redis-server`.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn with(program: PathBuf) -> Result<Self, Failure> {
        Self::run(program, None)
    }

    /// Starts a node of a Cluster that has no slots yet and knows no other node.
    pub(crate) fn cluster_node() -> Result<Self, Failure> {
        Self::run(program()?, Some(free_port()?))
    }

    fn run(program: PathBuf, cluster_port: Option<u16>) -> Result<Self, Failure> {
        let server = Server::new("redis")?;
        let mut this = Self {
            program,
            server,
            cluster_port,
        };
        this.restart()?;
        Ok(this)
    }

    /// Starts it again on the same port. It is empty, but a node of a Cluster knows its slots and the others.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        let mut command = Command::new(&self.program);
        let port = self.server.port.to_string();
        command.args(["--port", &port, "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no", "--dir"]);
        command.arg(&self.server.folder);
        if let Some(port) = self.cluster_port {
            command.args(["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]);
            command.args(["--cluster-port", &port.to_string()]);
        }
        self.server.start(&mut command, is_ready)
    }

    /// Kills it with SIGKILL.
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

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.server.port)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.server.port
    }

    pub(crate) const fn cluster_port(&self) -> Option<u16> {
        self.cluster_port
    }

    /// Leaves it running.
    #[must_use]
    pub fn hand_over(self) -> Option<Handover> {
        self.server.hand_over()
    }
}

fn program() -> Result<PathBuf, Failure> {
    programs::redis_server().ok_or_else(|| Failure::missing("Redis", programs::REDIS_SERVER))
}

fn is_ready(port: u16) -> bool {
    ask(port, "PING").is_ok_and(|answer| answer == "+PONG")
}

/// Asks with an inline command, and gives the text of the answer: its line, or the bulk that the line announces.
pub(crate) fn ask(port: u16, command: &str) -> Result<String, Failure> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let line = line.trim_end();
    let Some(length) = line.strip_prefix('$').and_then(|text| text.parse().ok()) else {
        return Ok(line.to_owned());
    };
    let mut bulk = String::new();
    answer.take(length).read_to_string(&mut bulk)?;
    Ok(bulk)
}
