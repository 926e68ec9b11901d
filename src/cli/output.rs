//! Writing to the terminal: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use super::failure::Failure;

/// Prints a result. A closed pipe (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Ours(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}

/// Says something beside a result.
pub(super) fn note(text: &str) {
    let _closed = writeln!(io::stderr().lock(), "{text}");
}

/// Says why something was not done.
pub(super) fn complain(text: &str) {
    // Nothing is left to tell it to when standard error is closed.
    let _closed = writeln!(io::stderr().lock(), "keydesk: {text}");
}

/// Shows progress on one line of a terminal that the next call replaces; elsewhere nothing.
pub(super) fn progress(text: &str) {
    let mut stderr = io::stderr().lock();
    if !stderr.is_terminal() {
        return;
    }
    let _closed = write!(stderr, "\r\u{1b}[2K{text}");
    let _closed = stderr.flush();
}
