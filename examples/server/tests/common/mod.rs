//! A real server process on a free port with data of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses a part of it"
)]

pub(crate) mod socket;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use chat_client::Rest;
use tempfile::TempDir;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
}

impl Server {
    /// Starts a server with no limits that a test would run into.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        let generous = [
            ("CHAT_SEND_BURST", "1000000"),
            ("CHAT_SENDS_PER_SECOND", "1000000"),
            ("CHAT_FRAME_BURST", "1000000"),
            ("CHAT_FRAMES_PER_SECOND", "1000000"),
            ("CHAT_REQUESTS_PER_SECOND", "10000"),
            ("CHAT_LOGINS_PER_MINUTE", "100000"),
            ("CHAT_REGISTRATIONS", "100000"),
            ("CHAT_CONNECTIONS_PER_ADDRESS", "100000"),
            ("CHAT_LOG", "warn"),
        ];
        let settings = generous.iter().chain(settings);
        let settings = settings
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let port = chat_testkit::free_port().unwrap();
        let mut server = Self {
            child: None,
            folder: tempfile::tempdir().unwrap(),
            port,
            settings,
        };
        server.restart();
        server
    }

    /// Starts the process again on the same port and data.
    pub(crate) fn restart(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
        // What is set for other tests, as the addresses of their services, is no setting of ours.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CHAT_")) {
                command.env_remove(name);
            }
        }
        let mut child = command
            .current_dir(self.folder.path())
            .env("CHAT_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("CHAT_DATA_DIR", self.folder.path().join("data"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        lines.read_line(&mut banner).unwrap();
        assert!(
            banner.contains("listening"),
            "the server did not start: {banner}"
        );
        std::thread::spawn(move || lines.read_to_string(&mut String::new()));
        self.child = Some(child);
    }

    /// What the next start has a setting at.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Runs a program on the same data and settings until it ends.
    pub(crate) fn run(&self, program: &str, words: &[&str]) -> Output {
        let mut command = Command::new(program);
        let settings = self.settings.iter().map(|(name, value)| (name, value));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("CHAT_LISTEN", "127.0.0.1:0")
            .env("CHAT_DATA_DIR", self.folder.path().join("data"))
            .envs(settings);
        command.output().unwrap()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM; whether it ended with success.
    pub(crate) fn terminate(&mut self) -> bool {
        let mut child = self.child.take().unwrap();
        let killed = Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(killed.success());
        child.wait().unwrap().success()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A user of this name, logged in.
    pub(crate) async fn user(&self, name: &str) -> Rest {
        let rest = Rest::new(self.base()).unwrap();
        rest.register(
            name,
            &format!("{name}@example.com"),
            "correct horse battery",
        )
        .await
        .unwrap()
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
