//! From a rendered mail to the bytes that go out.
//!
//! Nothing a person typed reaches lettre unchecked: it panics on line breaks in a name, drops the
//! recipient on a NUL, and writes header lines longer than SMTP allows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::domain::mail::{OutgoingEmail, SendError};
use crate::types::address::EmailAddress;

/// `Source:` RFC 5321 4.5.3.1.6 allows header lines of 998 bytes.
const MAX_NAME_CHARACTERS: usize = 200;

/// A mail in its final form.
pub(super) struct Built {
    /// From whom, to whom.
    pub(super) envelope: Envelope,
    /// Headers and body.
    pub(super) bytes: Vec<u8>,
}

/// Errors: `Never`, because trying again would build the same.
pub(super) fn build(email: &OutgoingEmail) -> Result<Built, SendError> {
    let built = catch_unwind(AssertUnwindSafe(|| {
        let message = message(email)?;
        Ok(Built {
            envelope: message.envelope().clone(),
            bytes: message.formatted(),
        })
    }));
    built.unwrap_or_else(|_panic| Err(never("the mail cannot be built: the mail library stopped")))
}

fn never(words: &str) -> SendError {
    SendError::Never(words.to_owned())
}

fn message(email: &OutgoingEmail) -> Result<Message, SendError> {
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}>", checked(&email.message_id)?)))
        .date(date(email))
        .from(clean(&email.from))
        .to(recipient(email)?)
        .subject(checked(&email.content.subject)?)
        // `Source:` RFC 3834: keeps out-of-office replies from answering.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(reply_to) = &email.reply_to {
        builder = builder.reply_to(clean(reply_to));
    }
    builder
        .multipart(parts(email)?)
        .map_err(|error| never(&format!("the mail cannot be built: {error}")))
}

/// Text and HTML; with a logo, the HTML and its picture belong together (RFC 2387).
fn parts(email: &OutgoingEmail) -> Result<MultiPart, SendError> {
    let (text, html) = (email.content.text.clone(), email.content.html.clone());
    let Some(logo) = &email.logo else {
        return Ok(MultiPart::alternative_plain_html(text, html));
    };
    let png = ContentType::parse("image/png")
        .map_err(|error| never(&format!("the mail cannot be built: {error}")))?;
    let picture = Attachment::new_inline("logo".to_owned()).body(logo.bytes().to_vec(), png);
    let related = MultiPart::related().singlepart(SinglePart::html(html));
    Ok(MultiPart::alternative()
        .singlepart(SinglePart::plain(text))
        .multipart(related.singlepart(picture)))
}

fn checked(header: &str) -> Result<&str, SendError> {
    if header.contains(char::is_control) {
        return Err(never("a header of the mail has a control character"));
    }
    Ok(header)
}

fn date(email: &OutgoingEmail) -> SystemTime {
    let millis = u64::try_from(email.date.as_millis()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

/// The address goes through our own rule, then to the server with its domain in ASCII.
///
/// `Why:` lettre also takes quoted local parts, encoded words and address literals.
fn recipient(email: &OutgoingEmail) -> Result<Mailbox, SendError> {
    let address = EmailAddress::parse(&email.to)
        .map_err(|error| never(&format!("the address is not one to send to: {error}")))?;
    let local = address.as_str().split('@').next().unwrap_or_default();
    let address = Address::new(local, address.domain())
        .map_err(|error| never(&format!("the address is not one to send to: {error}")))?;
    let name = email.to_name.as_deref().and_then(name);
    Ok(Mailbox::new(name, address))
}

fn clean(mailbox: &Mailbox) -> Mailbox {
    Mailbox::new(
        mailbox.name.as_deref().and_then(name),
        mailbox.email.clone(),
    )
}

/// A name for a header. One with control characters is left out: the mail matters more than it.
fn name(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        return None;
    }
    Some(text.chars().take(MAX_NAME_CHARACTERS).collect())
}

#[cfg(test)]
mod tests;
