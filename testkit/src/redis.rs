//! A private Redis.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::programs;
use crate::server::{Failure, Handover, Server};

/// A Redis that keeps nothing.
#[derive(Debug)]
pub struct Redis {
    program: PathBuf,
    server: Server,
}

impl Redis {
    /// Starts the one that [`programs`] finds.
    ///
    /// # Errors
    /// [`Failure`] if Redis is missing or does not start.
    pub fn start() -> Result<Self, Failure> {
        let program = programs::redis_server();
        Self::with(program.ok_or_else(|| Failure::missing("Redis", programs::REDIS_SERVER))?)
    }

    /// Starts this `redis-server`.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn with(program: PathBuf) -> Result<Self, Failure> {
        let server = Server::new("redis")?;
        let mut this = Self { program, server };
        this.restart()?;
        Ok(this)
    }

    /// Starts it again on the same port.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        let mut command = Command::new(&self.program);
        let port = self.server.port.to_string();
        command.args([
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
        ]);
        command.arg(&self.server.folder);
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

    /// Leaves it running.
    #[must_use]
    pub fn hand_over(self) -> Option<Handover> {
        self.server.hand_over()
    }
}

fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 5]> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| &answer == b"+PONG")
}
