//! The whole chat server, assembled from the library: the programs `chat-server` and `chatctl`.
//!
//! With no configuration at all it keeps everything in `./data` and listens on 127.0.0.1:8080.

mod assemble;
mod bus;
mod config;
mod ctl;
mod media;
mod metrics;
mod notify;
mod run;
mod store;
mod web;

use std::error::Error;
use std::process::ExitCode;

/// Runs the server until it is told to stop.
#[must_use]
pub fn server() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run::main(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => complain("chat-server", &failure),
    }
}

/// Does what an operator asks for.
#[must_use]
pub fn control() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match ctl::main(&arguments) {
        Ok(code) => code,
        Err(error) => complain("chatctl", &error),
    }
}

/// Says on the terminal why nothing runs, with all causes.
#[expect(
    clippy::print_stderr,
    reason = "the one word a program that cannot start has for its user"
)]
fn complain(program: &str, failure: &dyn Error) -> ExitCode {
    eprint!("{program}: {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
