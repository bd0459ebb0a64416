//! A private MongoDB: a replica set of one node, since only those have transactions.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::programs;
use crate::server::{Failure, Handover, Server};

/// How soon WiredTiger closes the files of what nobody reads any more; usually ten minutes.
const CLOSE_SOON: &str =
    "file_manager=(close_handle_minimum=250,close_idle_time=10,close_scan_interval=5)";

/// A replica set of one node, or a standalone server. Its data are in memory where there is room: the many
/// databases of the tests would else wait for the disk most of the time.
#[derive(Debug)]
pub struct Mongo {
    program: PathBuf,
    server: Server,
    is_replica: bool,
}

impl Mongo {
    /// Starts a replica set of the `mongod` that [`programs`] finds, and waits until its node is primary.
    ///
    /// # Errors
    /// [`Failure`] if MongoDB is missing or does not start.
    pub fn start() -> Result<Self, Failure> {
        Self::with(program()?)
    }

    /// The same of this `mongod`.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn with(program: PathBuf) -> Result<Self, Failure> {
        let server = Server::in_memory("mongo")?;
        let mut this = Self {
            program,
            server,
            is_replica: true,
        };
        this.run()?;
        let port = this.server.port;
        ask(port, &initiation(port))?;
        this.wait_for_primary()?;
        Ok(this)
    }

    /// Starts a server that is no replica set: it has no transactions.
    ///
    /// # Errors
    /// [`Failure`] if MongoDB is missing or does not start.
    pub fn standalone() -> Result<Self, Failure> {
        let (program, server) = (program()?, Server::in_memory("mongo")?);
        let mut this = Self {
            program,
            server,
            is_replica: false,
        };
        this.run()?;
        Ok(this)
    }

    /// Starts it again on the same data and port.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.run()?;
        match self.is_replica {
            true => self.wait_for_primary(),
            false => Ok(()),
        }
    }

    fn run(&mut self) -> Result<(), Failure> {
        let mut command = Command::new(&self.program);
        let port = self.server.port.to_string();
        command.args([
            "--bind_ip",
            "127.0.0.1",
            "--port",
            &port,
            "--oplogSize",
            "64",
        ]);
        command.args([
            "--wiredTigerCacheSizeGB",
            "0.25",
            "--nounixsocket",
            "--quiet",
        ]);
        // Changes of collections wait for locks that transactions hold; tests make many at once.
        command.args([
            "--setParameter",
            "maxTransactionLockRequestTimeoutMillis=2000",
        ]);
        // Each test has a database of its own: what was dropped is soon let go of and its files are closed, else
        // they are more than a process may have open.
        command.args(["--setParameter", "minSnapshotHistoryWindowInSeconds=20"]);
        command.args(["--syncdelay", "10"]);
        command.args(["--wiredTigerEngineConfigString", CLOSE_SOON]);
        if self.is_replica {
            command.args(["--replSet", "rs0"]);
        }
        command.arg("--dbpath").arg(&self.server.folder);
        self.server
            .start(&mut command, |port| ask(port, &hello()).is_ok())
    }

    fn wait_for_primary(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        loop {
            if ask(self.server.port, &hello()).is_ok_and(|answer| is_primary(&answer)) {
                return Ok(());
            }
            if begun.elapsed() > Duration::from_secs(60) {
                return Err(Failure::new("the replica set got no primary"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it with SIGKILL. What it had acknowledged with the journal is in its data.
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
        let set = if self.is_replica {
            "?replicaSet=rs0"
        } else {
            "?directConnection=true"
        };
        format!("mongodb://127.0.0.1:{}/{set}", self.server.port)
    }

    /// Leaves it running.
    #[must_use]
    pub fn hand_over(self) -> Option<Handover> {
        self.server.hand_over()
    }
}

fn program() -> Result<PathBuf, Failure> {
    programs::mongod().ok_or_else(|| Failure::missing("MongoDB", programs::MONGOD))
}

/// `{hello: 1, $db: "admin"}`
fn hello() -> Vec<u8> {
    document(&[int("hello", 1), text("$db", "admin")])
}

/// `{replSetInitiate: {_id: "rs0", members: [{_id: 0, host: ...}]}, $db: "admin"}`
fn initiation(port: u16) -> Vec<u8> {
    let member = document(&[int("_id", 0), text("host", &format!("127.0.0.1:{port}"))]);
    let members = document(&[nested(3, "0", &member)]);
    let set = document(&[text("_id", "rs0"), nested(4, "members", &members)]);
    document(&[nested(3, "replSetInitiate", &set), text("$db", "admin")])
}

/// A BSON document of these elements (bsonspec.org).
fn document(elements: &[Vec<u8>]) -> Vec<u8> {
    let body = elements.concat();
    let mut document = length(body.len() + 5).to_vec();
    document.extend(body);
    document.push(0);
    document
}

fn element(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
    [&[kind], name.as_bytes(), &[0], value].concat()
}

fn int(name: &str, value: i32) -> Vec<u8> {
    element(16, name, &value.to_le_bytes())
}

fn text(name: &str, value: &str) -> Vec<u8> {
    element(
        2,
        name,
        &[&length(value.len() + 1)[..], value.as_bytes(), &[0]].concat(),
    )
}

fn nested(kind: u8, name: &str, document: &[u8]) -> Vec<u8> {
    element(kind, name, document)
}

fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or_default().to_le_bytes()
}

/// Sends one OP_MSG and gives the answer's bytes.
fn ask(port: u16, document: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // Header: length, request, answer to, OP_MSG; then flags and one section of kind 0.
    let head = [
        length(document.len() + 21),
        [1, 0, 0, 0],
        [0; 4],
        2013_u32.to_le_bytes(),
        [0; 4],
    ];
    stream.write_all(&head.concat())?;
    stream.write_all(&[0])?;
    stream.write_all(document)?;
    let mut size = [0; 4];
    stream.read_exact(&mut size)?;
    let size = usize::try_from(u32::from_le_bytes(size)).unwrap_or_default();
    let mut answer = vec![0; size.clamp(4, 1 << 20) - 4];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn is_primary(answer: &[u8]) -> bool {
    let field = b"\x08isWritablePrimary\0\x01";
    answer.windows(field.len()).any(|window| window == field)
}
