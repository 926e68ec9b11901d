//! Texts that an operator or an owner gives mails in place of the built-in ones.
//!
//! What is in use is decided in `chosen.rs`; what may stand in a text is checked in `check.rs`: its words as a
//! template (`language.rs`) and what a mail program would read (`html.rs`, `words.rs`).

mod branches;
mod check;
mod chosen;
mod decoy;
mod fault;
mod files;
mod html;
mod judge;
mod language;
mod samples;
mod shared;
#[cfg(test)]
mod tests;
mod words;

pub use check::{MOST_HTML, MOST_SUBJECT, MOST_TEXT, check};
pub use chosen::{InUse, Written, choose, in_use, write};
pub use files::{BrokenFiles, FOLDERS, Parts, Texts, read_texts};
pub use judge::preview;
pub(super) use shared::Shared;

/// What a mail is made from: three templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateText {
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text_body: String,
    /// The HTML part.
    pub html_body: String,
}

impl TemplateText {
    /// The same with line ends as everywhere here, so that a text is equal to itself whatever wrote it.
    #[must_use]
    pub fn with_plain_line_ends(self) -> Self {
        let plain = |text: String| text.replace("\r\n", "\n");
        Self {
            subject: plain(self.subject).trim_end_matches('\n').to_owned(),
            text_body: plain(self.text_body),
            html_body: plain(self.html_body),
        }
    }

    /// One of the three.
    pub fn part(&self, part: TemplatePart) -> &str {
        match part {
            TemplatePart::Subject => &self.subject,
            TemplatePart::Text => &self.text_body,
            TemplatePart::Html => &self.html_body,
        }
    }
}

/// One of the three templates of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TemplatePart {
    /// The subject.
    Subject,
    /// The text part.
    Text,
    /// The HTML part.
    Html,
}

impl TemplatePart {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    /// Its file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Subject => "subject.txt",
            Self::Text => "body.txt",
            Self::Html => "body.html",
        }
    }
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateProblem {
    /// In which of the three.
    pub part: TemplatePart,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: String,
}

/// Line and column of a place in a text, both from 1.
fn position(source: &str, offset: usize) -> (u32, u32) {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    (number(line), number(column))
}
