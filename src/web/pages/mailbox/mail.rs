//! One mail as the mailbox shows it, read from its `.eml` file.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;
use std::path::Path;

use mail_parser::{Addr, Address, Message, MessageParser, MessagePart, PartType};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::fs;
use url::Url;

/// The name of a mail's file without `.eml`: `<Unix milliseconds>-<id>`.
///
/// Letters, digits, `_` and `-` only, so that joined to the directory it cannot leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct MailId(String);

impl MailId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        (!text.is_empty() && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    fn of_file(name: &str) -> Option<Self> {
        name.strip_suffix(".eml").and_then(Self::parse)
    }

    /// `Units:` Unix milliseconds; 0 when the name does not begin with a number.
    fn millis(&self) -> i64 {
        self.0
            .split('-')
            .next()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(0)
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Header {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Mail {
    id: MailId,
    /// RFC 3339 in UTC, to the second.
    at: String,
    from: String,
    to: String,
    subject: String,
    pub(super) html: Option<String>,
    text: Option<String>,
    /// The web addresses in the text, for opening them outside the frame.
    links: Vec<String>,
    headers: Vec<Header>,
    source: String,
}

/// The newest mails of a directory, newest first, and how many there are; no directory is no mail.
pub(super) async fn newest(directory: &Path, limit: usize) -> io::Result<(Vec<Mail>, usize)> {
    let mut ids = Vec::new();
    let mut files = match fs::read_dir(directory).await {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(error) => return Err(error),
    };
    while let Some(file) = files.next_entry().await? {
        ids.extend(file.file_name().to_str().and_then(MailId::of_file));
    }
    let total = ids.len();
    ids.sort_by_cached_key(|id| Reverse((id.millis(), id.0.clone())));
    let mut mails = Vec::new();
    for id in ids.into_iter().take(limit) {
        mails.extend(find(directory, id).await?);
    }
    Ok((mails, total))
}

/// One mail; `None` when there is no such file.
pub(super) async fn find(directory: &Path, id: MailId) -> io::Result<Option<Mail>> {
    match fs::read(directory.join(format!("{}.eml", id.0))).await {
        Ok(bytes) => Ok(Some(Mail::read(id, &bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Mail {
    /// Reads a mail; what cannot be understood is empty, its source is always there.
    fn read(id: MailId, bytes: &[u8]) -> Self {
        let mut mail = Self {
            at: instant(id.millis()),
            id,
            from: String::new(),
            to: String::new(),
            subject: String::new(),
            html: None,
            text: None,
            links: Vec::new(),
            headers: Vec::new(),
            source: String::from_utf8_lossy(bytes).into_owned(),
        };
        if let Some(message) = MessageParser::default().parse(bytes) {
            mail.fill(&message);
        }
        mail
    }

    fn fill(&mut self, message: &Message<'_>) {
        self.from = message.from().map(addresses).unwrap_or_default();
        self.to = message
            .all_to()
            .map(addresses)
            .collect::<Vec<_>>()
            .join(", ");
        message
            .subject()
            .unwrap_or_default()
            .clone_into(&mut self.subject);
        self.html = first_part(message.html_bodies(), |body| match body {
            PartType::Html(html) => Some(html),
            _ => None,
        });
        self.text = first_part(message.text_bodies(), |body| match body {
            PartType::Text(text) => Some(text),
            _ => None,
        });
        self.links = self.text.as_deref().map(links).unwrap_or_default();
        self.headers = message.headers_raw().map(header).collect();
    }
}

/// `Why:` mail-parser offers a text as HTML and the other way round; here only a real part counts.
fn first_part<'a>(
    mut parts: impl Iterator<Item = &'a MessagePart<'a>>,
    wanted: impl Fn(&'a PartType<'a>) -> Option<&'a Cow<'a, str>>,
) -> Option<String> {
    parts
        .find_map(|part| wanted(&part.body))
        .map(|text| text.clone().into_owned())
}

/// One header, its folded lines put together.
fn header((name, value): (&str, &str)) -> Header {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    Header {
        name: name.to_owned(),
        value,
    }
}

fn addresses(list: &Address<'_>) -> String {
    let one = |address: &Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn instant(millis: i64) -> String {
    OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000))
        .ok()
        .and_then(|instant| instant.format(&Rfc3339).ok())
        .unwrap_or_default()
}

fn links(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')'))
    {
        let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        if Url::parse(word).is_ok_and(|url| is_web(&url)) && !found.iter().any(|old| old == word) {
            found.push(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_leave_the_directory() {
        assert!(MailId::parse("1763696400000-mail_01h455vb4pex5vsknk084sn02q").is_some());
        for bad in [
            "", ".", "..", "a/b", "a\\b", "a.eml", "%2e", "a b", "ä", "a\0",
        ] {
            assert_eq!(MailId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn web_addresses_are_found_once_and_without_their_full_stop() {
        let text = "Open https://a.example/reset#t=1. Or <https://a.example/reset#t=1>, not\n\
            javascript:alert(1) or mailto:a@b.example, http://localhost:8080/x!";
        assert_eq!(
            links(text),
            ["https://a.example/reset#t=1", "http://localhost:8080/x"]
        );
    }

    #[test]
    fn what_is_no_mail_still_has_a_source() {
        for bytes in [&b""[..], b"\xff\xfe", b"no headers here"] {
            let mail = Mail::read(MailId::parse("1-a").unwrap(), bytes);
            assert_eq!(mail.html, None);
            assert_eq!(mail.source, String::from_utf8_lossy(bytes));
        }
    }
}
