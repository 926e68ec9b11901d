//! The `keydesk` program: parse, run, exit code.

use std::process::ExitCode;

/// A list makes and drops many small values; see `docs/performance.md` for what this is worth.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keydesk::cli::main(std::env::args_os())
}
