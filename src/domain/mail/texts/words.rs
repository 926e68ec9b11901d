//! What a reader sees as text: addresses that mail programs make links of, and what stands beside a secret.

use url::Url;

use super::TemplatePart;
use super::decoy::Decoys;
use super::fault::Fault;

/// Where a mail may lead, and what must not get out.
pub(super) struct Bounds<'a> {
    pub(super) site: Option<&'a Url>,
    pub(super) decoys: &'a Decoys,
    /// Names of people and of the site, which may read like addresses.
    pub(super) names: Vec<String>,
}

impl Bounds<'_> {
    /// Whether an address is one of the site's own.
    ///
    /// `Why:` compared as it is written too, because mail programs mend broken addresses each in a way
    /// of its own.
    pub(super) fn is_site(&self, text: &str) -> bool {
        let Some(site) = self.site else { return false };
        let base = site.as_str().trim_end_matches('/');
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
        let rest = text.strip_prefix(base);
        plain
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            && Url::parse(text).is_ok_and(|url| url.origin() == site.origin())
    }
}

/// Everything that is wrong with a text as it is read.
pub(super) fn judge(part: TemplatePart, text: &str, bounds: &Bounds<'_>) -> Vec<Fault> {
    let mut faults = addresses(part, text, bounds);
    for (name, value) in &bounds.decoys.all {
        for (at, _) in text.match_indices(value.as_str()) {
            let before = text.get(..at).unwrap_or_default();
            let after = text.get(at + value.len()..).unwrap_or_default();
            if !stands_alone(before, after) {
                let glued = last_word(before);
                faults.push(
                    Fault::new(
                        part,
                        format!(
                            "`{name}` must stand alone: nothing but a space, a line end, quotes or \
                             the label before a colon may touch it, because mail programs would make \
                             an address of it."
                        ),
                    )
                    .traced(format!("{glued}{{{{ {name}"))
                    .traced(format!("{glued}{{{{{name}"))
                    .traced(format!("{{{{ {name} }}}}{}", first_word(after)))
                    .traced(format!("{{{{ {name}")),
                );
            }
        }
    }
    faults
}

/// `Why:` mail programs make a link of `https://…` and `www.…` in any text.
fn addresses(part: TemplatePart, text: &str, bounds: &Bounds<'_>) -> Vec<Fault> {
    let mut text = text.to_owned();
    for name in bounds.names.iter().filter(|name| reads_like_address(name)) {
        text = text.replace(name.as_str(), " ");
    }
    let splits = |c: char| c.is_whitespace() || "<>\"'„“”‚‘’«»()[]{}".contains(c);
    let mut faults = Vec::new();
    for word in text.split(splits).filter(|word| reads_like_address(word)) {
        let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        if bounds.decoys.link.as_deref() == Some(word) || bounds.is_site(word) {
            continue;
        }
        let shown: String = word.chars().take(80).collect();
        let message = match bounds.decoys.within(word) {
            Some((name, _)) => format!("`{name}` must not be a part of an address."),
            None => format!(
                "`{shown}` leads elsewhere. A mail may lead to its own link, to the site \
                 (server.public_url) and to mailto: alone."
            ),
        };
        let trace = bounds.decoys.within(word).map_or(word, |(_, value)| {
            word.split(value.as_str()).next().unwrap_or(word)
        });
        faults.push(Fault::new(part, message).traced(trace));
    }
    faults
}

fn reads_like_address(text: &str) -> bool {
    text.contains("://") || text.to_ascii_lowercase().contains("www.") || has_path(text)
}

/// `evil.example/…`, of which many mail programs make a link as well.
fn has_path(text: &str) -> bool {
    let Some((host, _)) = text.split_once('/') else {
        return false;
    };
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    host.rsplit_once('.').is_some_and(|(before, last)| {
        last.chars().count() >= 2
            && last.chars().all(char::is_alphabetic)
            && before.split('.').all(is_label)
    })
}

/// `Why:` `.example` behind a password, or `example/` before it, is an address to many mail programs.
fn stands_alone(before: &str, after: &str) -> bool {
    let quotes = "\"'„“”‚‘’«»‹›<([{";
    let before = last_word(before);
    let label = before.trim_end_matches(|c: char| quotes.contains(c));
    let is_label = label.is_empty()
        || label.strip_suffix([':', '：']).is_some_and(|label| {
            label
                .chars()
                .all(|c| c.is_alphabetic() || c == '-' || quotes.contains(c))
        });
    let after = first_word(after);
    is_label && !after.contains(|c: char| c.is_alphanumeric() || "/@=%&#_-".contains(c))
}

fn last_word(text: &str) -> &str {
    text.rsplit(char::is_whitespace).next().unwrap_or_default()
}

fn first_word(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or_default()
}
