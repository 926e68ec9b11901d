//! What a mail server's answer means for a mail, in the server's own words.

use lettre::transport::smtp::Error;

use crate::mail::SendError;

/// `Units:` characters kept of what a server says.
const MAX_WORDS: usize = 500;

/// While connecting and logging in: always `Later`. The refusal is about us, not about this mail,
/// and a wrong SMTP password must not lose the mails that wait while it is mended.
pub(super) fn before_mail(error: &Error) -> SendError {
    SendError::Later(words(error))
}

/// Before the content nothing can have been taken: a lost connection is `Later`, too.
///
/// `Source:` RFC 4954: 530, 534, 535 and 538 ask for another login.
pub(super) fn before_content(error: &Error) -> SendError {
    let about_login = error
        .status()
        .is_some_and(|code| ["530", "534", "535", "538"].contains(&code.to_string().as_str()));
    if error.is_permanent() && !about_login {
        SendError::Never(words(error))
    } else {
        SendError::Later(words(error))
    }
}

/// After the content only an answer tells; without one it may have been taken.
pub(super) fn after_content(error: &Error) -> SendError {
    if error.is_permanent() {
        SendError::Never(words(error))
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
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(visible).take(MAX_WORDS).collect()
}
