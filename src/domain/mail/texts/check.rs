//! Whether a text may be used: its size, its words as a template, and what it makes of every kind of mail.

use url::Url;

use super::judge::{Trial, judge};
use super::samples::{self, Sample};
use super::{TemplatePart, TemplateProblem, TemplateText, branches, language, position};
use crate::domain::mail::templates::Templates;
use crate::domain::mail::{MailKind, Site, Words};
use crate::types::clock::Timestamp;

/// Longest template of a subject, in bytes.
pub const MOST_SUBJECT: usize = 500;
/// Longest template of a text or HTML part, in bytes.
pub const MOST_TEXT: usize = 64 * 1024;
/// From how many bytes on Gmail cuts an HTML part off.
pub const MOST_HTML: usize = 102_000;

/// Most problems told at once.
const MOST_PROBLEMS: usize = 50;
/// 2026-11-21T14:00:00Z; what a text makes of it does not depend on the day.
const SOME_DAY: Timestamp = Timestamp::from_millis(1_795_269_600_000);
/// The site's address where there is none yet.
const SOME_SITE: &str = "https://id.example.org/";

/// Everything that is wrong with a text, in the order of the parts.
pub fn check(
    templates: &Templates,
    site: Site<'_>,
    (kind, locale): (MailKind, &str),
    text: &TemplateText,
) -> Vec<TemplateProblem> {
    let mut problems = sizes(text);
    if problems.is_empty() {
        for part in TemplatePart::ALL {
            let words = language::check(kind, part, text.part(part), templates.shared());
            problems.extend(words);
        }
    }
    if problems.is_empty() {
        problems = trials(templates, site, (kind, locale), text);
    }
    problems.sort();
    problems.dedup();
    problems.truncate(MOST_PROBLEMS);
    problems
}

fn trials(
    templates: &Templates,
    site: Site<'_>,
    (kind, locale): (MailKind, &str),
    text: &TemplateText,
) -> Vec<TemplateProblem> {
    let texts = match branches::all(text) {
        Ok(texts) => texts,
        Err(problem) => return vec![problem],
    };
    let some_site = Url::parse(SOME_SITE).ok();
    let public_url = site.public_url.or(some_site.as_ref());
    let samples = samples::all(kind, SOME_DAY);
    // A branch that is forced is tried on the names that do the most harm.
    let hostile = || samples.iter().filter(|sample| sample.is_hostile);
    let natural = samples.iter().map(|sample| (sample, text));
    let forced = texts
        .iter()
        .flat_map(|text| hostile().map(move |sample| (sample, text)));
    let mut problems = Vec::new();
    for (sample, text) in natural.chain(forced) {
        let Sample {
            details,
            secret,
            has_url,
            ..
        } = sample;
        let trial = Trial {
            templates,
            site: Site {
                public_url: public_url.filter(|_| *has_url),
                ..site
            },
            words: Words {
                kind,
                locale,
                details,
                secret: secret.as_ref(),
            },
            text,
        };
        problems.extend(judge(&trial));
        if problems.len() >= MOST_PROBLEMS {
            break;
        }
    }
    problems
}

fn sizes(text: &TemplateText) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    for part in TemplatePart::ALL {
        let source = text.part(part);
        let most = match part {
            TemplatePart::Subject => MOST_SUBJECT,
            TemplatePart::Text | TemplatePart::Html => MOST_TEXT,
        };
        let mut add = |offset: usize, message: String| {
            let (line, column) = position(source, offset);
            problems.push(TemplateProblem {
                part,
                line,
                column,
                message,
            });
        };
        if source.trim().is_empty() {
            add(0, format!("{} is empty.", part.file()));
        } else if source.len() > most {
            let found = source.len();
            add(
                0,
                format!("{} has {found} bytes; at most {most}.", part.file()),
            );
        } else if let Some((offset, found)) = source.char_indices().find(|(_, c)| is_refused(*c)) {
            let code = u32::from(found);
            add(
                offset,
                format!("The control character U+{code:04X} cannot stand in a mail."),
            );
        } else if part == TemplatePart::Subject && source.contains('\n') {
            let offset = source.find('\n').unwrap_or_default();
            add(offset, "A subject is one line.".to_owned());
        }
    }
    problems
}

/// `Why:` the last ones turn the direction of writing, so that an address reads like another one.
pub(super) fn is_refused(letter: char) -> bool {
    let is_break = matches!(letter, '\n' | '\t');
    (letter.is_control() && !is_break)
        || matches!(
            letter,
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}
