//! How a password comes in: from a terminal that does not show it, or by a pipe. Never by an argument,
//! which every user of the machine could read in the list of processes.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use clap::Args;

use super::failure::Failure;
use super::output::note;
use crate::types::secret::Secret;

/// Longest input that is read; far more than any password may have.
const MOST_BYTES: u64 = 64 * 1024;

/// Where a typed password comes from, if one is given.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub(super) struct Typed {
    /// Ask for the password on the terminal, twice, without showing it.
    #[arg(long)]
    prompt: bool,
    /// Read the password from standard input: its first line.
    #[arg(long)]
    stdin: bool,
}

impl Typed {
    pub(super) const ON_TERMINAL: Self = Self {
        prompt: true,
        stdin: false,
    };

    /// Whether one is given at all.
    pub(super) fn is_wanted(self) -> bool {
        self.prompt || self.stdin
    }

    /// The password, if one is given. `whose` is told before it is asked for.
    pub(super) fn read(self, whose: &str) -> Result<Option<Secret>, Failure> {
        match self {
            Self { prompt: true, .. } => ask_twice(whose).map(Some),
            Self { stdin: true, .. } => from_pipe().map(Some),
            Self { .. } => Ok(None),
        }
    }
}

/// Whether somebody can be asked.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

fn ask_twice(whose: &str) -> Result<Secret, Failure> {
    if !is_terminal() {
        let text = "there is no terminal to ask on; give the password by --stdin";
        return Err(Failure::Usage(text.to_owned()));
    }
    note(&format!("A new password for {whose}:"));
    let first = ask("New password: ")?;
    if first.expose().is_empty() {
        let text = "no password was typed; nothing was changed";
        return Err(Failure::Refused(text.to_owned()));
    }
    if first != ask("Once more: ")? {
        let text = "the two passwords differ; nothing was changed";
        return Err(Failure::Refused(text.to_owned()));
    }
    Ok(first)
}

fn ask(question: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(question)
        .map(Secret::new)
        .map_err(|error| Failure::Refused(format!("the terminal: {error}")))
}

fn from_pipe() -> Result<Secret, Failure> {
    if is_terminal() {
        let text = "--stdin is for pipes, and the terminal would show the password; use --prompt";
        return Err(Failure::Usage(text.to_owned()));
    }
    let mut text = String::new();
    io::stdin()
        .take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| Failure::Refused(format!("standard input: {error}")))?;
    let text = Secret::new(text);
    match text.expose().lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(Failure::Usage(
            "no password came by standard input".to_owned(),
        )),
    }
}

/// Asks something that is no secret, on the terminal. `None` when there is none.
pub(super) fn ask_openly(question: &str) -> Result<Option<String>, Failure> {
    if !is_terminal() {
        return Ok(None);
    }
    let broken = |error: io::Error| Failure::Refused(format!("the terminal: {error}"));
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question}").map_err(broken)?;
    stderr.flush().map_err(broken)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(broken)?;
    Ok(Some(line.trim().to_owned()))
}
