//! The whole chat server, assembled from the library.
//!
//! With no configuration at all it keeps everything in `./data` and listens on 127.0.0.1:8080.

mod assemble;
mod config;
mod run;
mod web;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run::main(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::complain(&error);
            ExitCode::FAILURE
        }
    }
}
