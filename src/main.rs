//! The `keydesk` program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    keydesk::cli::main(std::env::args_os())
}
