//! A server process: started for one run, ended by its own id.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{Subject, There};
use crate::Failure;
use crate::layout::Layout;
use crate::load::adapter::Adapter;
use crate::measure::machine::Cores;
use crate::serve::{Kept, Ready, Spent};
use crate::token::{KEY, Tokens};

/// The key of the tokens; nothing is protected by it.
const A_KEY: &str = "of the benchmark alone, and of no use to anybody else";

/// How long a server may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// A running server; ended when dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    subject: Subject,
    ready: Ready,
    /// Reads what it says after that.
    rest: Option<JoinHandle<Vec<u8>>>,
    /// Its files.
    _scratch: Option<TempDir>,
}

impl Child {
    /// Starts a server on its processor and waits until it is ready.
    ///
    /// # Errors
    /// If it does not start, or says something else.
    pub(crate) fn start(subject: &Subject, layout: Layout, cores: Cores) -> Result<Self, Failure> {
        let scratch = scratch()?;
        let command = subject.command(layout, scratch.path());
        Self::spawn(subject, &command, 0, Some(scratch), cores)
    }

    /// As [`start`](Self::start), one that takes note of its appends and in the end tells of them.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn start_metered(
        subject: &Subject,
        layout: Layout,
        cores: Cores,
    ) -> Result<Self, Failure> {
        let scratch = scratch()?;
        let mut command = subject.command(layout, scratch.path());
        command.extend(["--appends".into(), "told".into()]);
        Self::spawn(subject, &command, 0, Some(scratch), cores)
    }

    /// Starts this library's server on what its store has under a name, on a given port or, with 0, a free one.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn start_on(
        subject: &Subject,
        there: &There<'_>,
        port: u16,
        cores: Cores,
    ) -> Result<Self, Failure> {
        Self::spawn(subject, &subject.command_on(there), port, None, cores)
    }

    fn spawn(
        subject: &Subject,
        command: &[OsString],
        port: u16,
        scratch: Option<TempDir>,
        cores: Cores,
    ) -> Result<Self, Failure> {
        let mut pinned = pinned(command, cores)?;
        if let Some(folder) = &subject.folder {
            pinned.current_dir(folder);
        }
        pinned.env("PORT", port.to_string()).env(KEY, A_KEY);
        pinned.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = pinned
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let said = greeting(&mut process);
        let mut child = Self {
            process,
            subject: subject.clone(),
            ready: Ready::default(),
            rest: None,
            _scratch: scratch,
        };
        let (said, rest) = said?;
        child.rest = Some(rest);
        child.ready = serde_json::from_str(&said)
            .map_err(|error| format!("{} said {said:?}: {error}", subject.name))?;
        Ok(child)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.ready.port
    }

    /// How it is spoken to.
    pub(crate) fn adapter(&self) -> Box<dyn Adapter> {
        self.subject
            .kind
            .adapter(self.ready.clone(), &Tokens::new(A_KEY))
    }

    /// The same for clients that have been there before, and what each of them knows.
    pub(crate) fn adapter_for(&self, kept: Vec<Kept>) -> Box<dyn Adapter> {
        let ready = Ready {
            kept,
            ..self.ready.clone()
        };
        self.subject.kind.adapter(ready, &Tokens::new(A_KEY))
    }

    /// Asks the process to end.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be asked.
    pub(crate) fn terminate(&mut self) -> io::Result<()> {
        if let Some(id) = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw)
            && !self.has_ended()?
        {
            kill_process(id, Signal::TERM)?;
        }
        Ok(())
    }

    /// Has the process end; what it says that it spent, if it says something.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be asked.
    pub(crate) fn end(mut self) -> io::Result<Spent> {
        self.stop()?;
        let said = self.rest.take().and_then(|rest| rest.join().ok());
        let spent = said.and_then(|said| serde_json::from_slice(&said).ok());
        Ok(spent.unwrap_or_default())
    }

    /// Whether the process is gone.
    ///
    /// # Errors
    /// [`io::Error`] if the kernel does not tell.
    pub(crate) fn has_ended(&mut self) -> io::Result<bool> {
        Ok(self.process.try_wait()?.is_some())
    }

    fn stop(&mut self) -> io::Result<()> {
        self.terminate()?;
        let until = Instant::now() + STOP_WITHIN;
        while !self.has_ended()? {
            if Instant::now() > until {
                self.process.kill()?;
                self.process.wait()?;
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Nobody is left to be told of a process that is gone already.
        drop(self.stop());
    }
}

/// A command on the servers' processor.
fn pinned(command: &[OsString], cores: Cores) -> Result<Command, Failure> {
    let (program, arguments) = command.split_first().ok_or("no program")?;
    let Some(core) = cores.server else {
        let mut plain = Command::new(program);
        plain.args(arguments);
        return Ok(plain);
    };
    let mut taskset = Command::new("taskset");
    taskset
        .args(["--cpu-list", &core.to_string()])
        .args(command);
    Ok(taskset)
}

/// The first line that a server says, and what reads the rest, so that it never waits.
fn greeting(process: &mut process::Child) -> Result<(String, JoinHandle<Vec<u8>>), Failure> {
    let out = process.stdout.take().ok_or("no standard output")?;
    let mut lines = BufReader::new(out);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    let rest = thread::spawn(move || {
        let mut rest = Vec::new();
        // What there is counts, however it ends.
        let _ = lines.read_to_end(&mut rest);
        rest
    });
    Ok((line, rest))
}

/// A folder for the databases of a run: beside the build, on a disk, for the system's own folder may be in memory.
///
/// # Errors
/// [`io::Error`] if there cannot be one.
pub(crate) fn scratch() -> io::Result<TempDir> {
    let executable = std::env::current_exe()?;
    let folder = executable
        .parent()
        .unwrap_or(Path::new("."))
        .join("bench-data");
    fs::create_dir_all(&folder)?;
    TempDir::new_in(folder)
}
