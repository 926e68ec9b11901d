//! Asking at the terminal. Passwords are not shown while they are typed, and are typed twice.

use std::io::{self, IsTerminal as _, Write as _};

use super::failure::Failure;
use crate::secret::Secret;

/// Asks for a line. `otherwise` says what to do where nobody can be asked.
pub(super) fn line(question: &str, otherwise: &str) -> Result<String, Failure> {
    require_terminal(otherwise)?;
    let _closed = write!(io::stderr(), "{question}: ");
    let mut text = String::new();
    io::stdin().read_line(&mut text).map_err(unreadable)?;
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(Failure::Usage("nothing was typed".to_owned()));
    }
    Ok(text)
}

/// Asks for a new password twice, without showing it.
pub(super) fn password_twice(username: &str) -> Result<Secret, Failure> {
    require_terminal("add --generate, or --stdin to read the password from standard input")?;
    let ask = |question: String| rpassword::prompt_password(question).map(Secret::new);
    let first = ask(format!("New password for {username}: ")).map_err(unreadable)?;
    let second = ask("The same password again: ".to_owned()).map_err(unreadable)?;
    if first.expose().is_empty() {
        return Err(Failure::Usage("nothing was typed".to_owned()));
    }
    if first != second {
        return Err(Failure::Refused(
            "the two passwords are not the same; nothing was changed".to_owned(),
        ));
    }
    Ok(first)
}

fn require_terminal(otherwise: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "standard input is no terminal, so nobody can be asked; {otherwise}"
    )))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unreadable(error: io::Error) -> Failure {
    Failure::Refused(format!("the terminal: {error}"))
}
