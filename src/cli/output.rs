//! Writing to the terminal: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use super::failure::Failure;

/// Prints a result. A closed pipe (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    print_on(text).map(|_anybody_reads| ())
}

/// Prints a part of something long, and tells whether anybody still reads.
pub(super) fn print_on(text: &str) -> Result<bool, Failure> {
    match writeln!(io::stdout().lock(), "{text}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Ours(format!("standard output: {error}"))),
    }
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}

/// Says why something was not done.
pub(super) fn complain(text: &str) {
    // Nothing is left to tell it to when standard error is closed.
    let _closed = writeln!(io::stderr().lock(), "keydesk: {text}");
}

/// Says what was done, or what is worth knowing about it. Results go to standard output by `print`.
pub(super) fn note(text: &str) {
    let _closed = writeln!(io::stderr().lock(), "{text}");
}

/// A text that somebody else wrote, on one line and without codes that steer a terminal.
pub(super) fn one_line(text: &str) -> String {
    let shown = |letter: char| {
        if letter.is_control() {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    };
    text.chars().map(shown).collect()
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
