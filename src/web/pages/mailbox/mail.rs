//! One mail as the mailbox shows it, read from its `.eml` file.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Addr, Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};
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
    /// The picture that the HTML names `cid:logo`, as an address that holds it.
    #[serde(skip)]
    logo: Option<String>,
}

/// What the list shows.
#[derive(Debug)]
pub(super) struct List {
    /// The newest mails that were looked for, newest first.
    pub(super) mails: Vec<Mail>,
    /// How many were looked for.
    pub(super) found: usize,
    /// How many there are.
    pub(super) total: usize,
    /// Changes when mails come or go.
    pub(super) state: String,
}

/// The mails of a directory in which all words of a query stand; every mail has those of none.
pub(super) async fn newest(directory: &Path, limit: usize, query: &str) -> io::Result<List> {
    let ids = ids(directory).await?;
    let (total, state) = (ids.len(), state(&ids));
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let (mut mails, mut found) = (Vec::new(), 0);
    for id in ids {
        if words.is_empty() && mails.len() >= limit {
            found = total;
            break;
        }
        let Some(mail) = find(directory, id).await? else {
            continue;
        };
        if words.is_empty() || mail.says(&words) {
            found += 1;
            if mails.len() < limit {
                mails.push(mail);
            }
        }
    }
    Ok(List {
        mails,
        found,
        total,
        state,
    })
}

/// What a list of mails is known by: how many there are, and the newest.
pub(super) fn state(ids: &[MailId]) -> String {
    let newest = ids.first().map_or("", |id| id.0.as_str());
    format!("{}-{newest}", ids.len())
}

/// The mails of a directory, newest first; no directory is no mail.
pub(super) async fn ids(directory: &Path) -> io::Result<Vec<MailId>> {
    let mut ids = Vec::new();
    let mut files = match fs::read_dir(directory).await {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ids),
        Err(error) => return Err(error),
    };
    while let Some(file) = files.next_entry().await? {
        ids.extend(file.file_name().to_str().and_then(MailId::of_file));
    }
    ids.sort_by_cached_key(|id| Reverse((id.millis(), id.0.clone())));
    Ok(ids)
}

/// Deletes every mail, and nothing else that stands there.
pub(super) async fn delete_all(directory: &Path) -> io::Result<()> {
    for id in ids(directory).await? {
        match fs::remove_file(directory.join(format!("{}.eml", id.0))).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
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
            logo: None,
        };
        if let Some(message) = MessageParser::default().parse(bytes) {
            mail.fill(&message);
        }
        mail
    }

    /// The HTML for a frame: its links open in tabs of their own, its logo stands in it.
    pub(super) fn framed(self) -> Option<String> {
        const BASE: &str = "<base target=\"_blank\">";
        let html = self.html?;
        let html = match html.split_once("<head>") {
            Some((before, after)) => format!("{before}<head>{BASE}{after}"),
            None => format!("{BASE}{html}"),
        };
        Some(match self.logo {
            Some(logo) => html.replace("cid:logo", &logo),
            None => html,
        })
    }

    /// Whether each of these words, in lower case, stands somewhere in it.
    fn says(&self, words: &[&str]) -> bool {
        let texts = [
            Some(&self.subject),
            Some(&self.to),
            self.text.as_ref().or(self.html.as_ref()),
        ];
        let texts: Vec<_> = texts
            .into_iter()
            .flatten()
            .map(|text| text.to_lowercase())
            .collect();
        words
            .iter()
            .all(|word| texts.iter().any(|text| text.contains(word)))
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
        let is_logo = |part: &&MessagePart<'_>| part.content_id() == Some("logo");
        let logo = message.parts.iter().find(is_logo);
        self.logo = logo.map(|part| {
            let picture = STANDARD.encode(part.contents());
            format!("data:image/png;base64,{picture}")
        });
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
