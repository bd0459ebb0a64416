//! The chat server: see `--help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chat_server::server()
}
