//! Child processes: built like [`std::process::Command`], with errors that name the command that failed.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::error::Error;

/// A command to run, and how one would type it.
#[derive(Debug)]
pub(crate) struct Cmd {
    command: Command,
    line: String,
}

impl Cmd {
    /// A command without arguments; standard input is closed, so that no tool can wait for an answer.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.stdin(Stdio::null());
        Self {
            command,
            line: program.as_ref().to_string_lossy().into_owned(),
        }
    }

    /// `cargo` with these arguments, split at blanks.
    ///
    /// It is told nothing of this package: build scripts watch what `cargo run` says of the one it runs, and would build
    /// everything again after each change between `cargo xtask` and plain `cargo`.
    pub(crate) fn cargo(arguments: &str) -> Self {
        let mut cargo = Self::new("cargo").args(arguments.split_whitespace());
        for (name, _) in env::vars_os().filter(|(name, _)| is_of_a_package(name)) {
            cargo.command.env_remove(name);
        }
        cargo
    }

    /// Adds one argument.
    #[must_use]
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.line.push(' ');
        self.line.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub(crate) fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Sets an environment variable, which the printed line shows too.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.line
            .insert_str(0, &format!("{name}='{}' ", value.as_ref().display()));
        self.command.env(name, value);
        self
    }

    /// Runs in this folder instead of the current one.
    #[must_use]
    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Prints the command, runs it with our own output and waits.
    ///
    /// # Errors
    /// [`Error::Command`] if it cannot be started or does not succeed.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        println!("$ {}", self.line);
        let status = self.command.status();
        let status = status.map_err(|error| self.failed(format!("did not start: {error}")))?;
        self.check(status)
    }

    /// Runs without printing and gives what it wrote to standard output; standard error passes through.
    ///
    /// # Errors
    /// [`Error::Command`] if it cannot be started or does not succeed.
    pub(crate) fn capture(mut self) -> Result<String, Error> {
        let output = self.command.stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| self.failed(format!("did not start: {error}")))?;
        self.check(output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn check(&self, status: ExitStatus) -> Result<(), Error> {
        if status.success() {
            return Ok(());
        }
        Err(self.failed(format!("failed ({status})")))
    }

    fn failed(&self, outcome: String) -> Error {
        Error::Command {
            line: self.line.clone(),
            outcome,
        }
    }
}

/// Whether cargo tells of the package it runs or builds with this variable.
fn is_of_a_package(variable: &OsStr) -> bool {
    let name = variable.as_encoded_bytes();
    name.starts_with(b"CARGO_PKG_") || name.starts_with(b"CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::Cmd;

    #[test]
    fn cargo_is_told_nothing_of_this_package() {
        let told = env::vars_os().filter(|(name, _)| super::is_of_a_package(name));
        let told: Vec<_> = told.map(|(name, _)| name).collect();
        assert!(told.contains(&"CARGO_PKG_NAME".into()), "{told:?}");

        let cargo = Cmd::cargo("version");

        for name in told {
            let removed = cargo.command.get_envs().any(|told| told == (&*name, None));
            assert!(removed, "{name:?}");
        }
    }

    #[test]
    fn a_failure_names_the_command_and_its_status() {
        let error = Cmd::new("false").env("COLOUR", "teal").run().unwrap_err();

        let text = error.to_string();
        assert!(
            text.starts_with("`COLOUR='teal' false` failed (exit status: 1)"),
            "{text}"
        );
    }

    #[test]
    fn a_command_that_does_not_exist_is_named() {
        let error = Cmd::new("no-such-program").arg("-x").capture().unwrap_err();

        let text = error.to_string();
        assert!(
            text.starts_with("`no-such-program -x` did not start"),
            "{text}"
        );
    }

    #[test]
    fn captured_output_is_given_back() {
        assert_eq!(
            Cmd::new("echo").args(["a", "b"]).capture().unwrap(),
            "a b\n"
        );
    }
}
