//! The operators' tool: see `--help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chat_server::control()
}
