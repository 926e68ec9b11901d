//! What a mail server's answer means for a mail, in the server's own words.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use super::dialogue::Stage;
use crate::domain::mail::SendError;

/// `Units:` characters heard of what a server says. `Why:` more than is kept of them, so that a secret they
/// quote is still whole when it is looked for.
const MAX_WORDS: usize = 4000;
/// `Source:` RFC 3463: no such mailbox, no such system, a malformed address, one that moved, no mail
/// exchanger (RFC 7505), and a mailbox that was closed.
const NOBODY: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

/// While connecting and logging in: always `Later`. The refusal is about us, not about this mail,
/// and a wrong SMTP password must not lose the mails that wait while it is mended.
pub(super) fn before_mail(error: &Error) -> SendError {
    SendError::Later(words(error))
}

/// Before the content nothing can have been taken: a lost connection is `Later`, too.
///
/// `Source:` RFC 4954: 530, 534, 535 and 538 ask for another login.
pub(super) fn before_content(stage: Stage, error: &Error) -> SendError {
    let about_login = status(error).is_some_and(|code| [530, 534, 535, 538].contains(&code));
    if !error.is_permanent() || about_login {
        SendError::Later(words(error))
    } else {
        refused(stage, error)
    }
}

/// A refusal for good, and whether it is because nobody reads mail at the address.
///
/// `Source:` RFC 3463 and RFC 7505: 5.1.x are about the address, 5.2.1 is a mailbox that was closed, 5.7.x is
/// policy and never about who reads. Without such a code 550, 551 and 553 to the recipient mean the same.
fn refused(stage: Stage, error: &Error) -> SendError {
    let words = words(error);
    let nobody = match (enhanced(&words), stage) {
        (Some(code), Stage::Recipient | Stage::Content) => NOBODY.contains(&code),
        (None, Stage::Recipient) => {
            status(error).is_some_and(|code| [550, 551, 553].contains(&code))
        }
        _ => false,
    };
    if nobody {
        SendError::NoSuchUser(words)
    } else {
        SendError::Never(words)
    }
}

fn status(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// The code after the code, such as `5.1.1`.
fn enhanced(words: &str) -> Option<&str> {
    let code = words.split_whitespace().nth(1)?;
    let mut parts = code.split('.');
    let is_number = |part: &str| {
        (1..=3).contains(&part.len()) && part.chars().all(|digit| digit.is_ascii_digit())
    };
    let is_code = parts.next() == Some("5")
        && parts.next().is_some_and(is_number)
        && parts.next().is_some_and(is_number)
        && parts.next().is_none();
    is_code.then_some(code)
}

/// After the content only an answer tells; without one it may have been taken.
pub(super) fn after_content(error: &Error) -> SendError {
    if error.is_permanent() {
        refused(Stage::Content, error)
    } else if error.is_transient() {
        SendError::Later(words(error))
    } else {
        SendError::Unknown(words(error))
    }
}

/// The code and the server's words; where there is no answer, what happened to the connection.
fn words(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let text = match (error.status(), source) {
        (Some(code), Some(said)) => format!("{code} {said}"),
        _ => error.to_string(),
    };
    shortened(&text)
}

/// The code and the words of an answer.
pub(super) fn said(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    shortened(&format!("{} {}", response.code(), lines.join(" ")))
}

fn shortened(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(visible).take(MAX_WORDS).collect()
}
