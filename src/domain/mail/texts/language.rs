//! The small language of texts: placeholders, conditions, a few filters, and what the shared templates offer.
//!
//! Read as the engine reads it (minijinja's own parser), in every branch, whether or not it is taken. What is
//! not listed here is refused, so a new word of the engine opens nothing.

mod expressions;
mod statements;
mod tags;

use std::collections::HashSet;

use minijinja::machinery::{ast, parse};
use minijinja::syntax::SyntaxConfig;

use super::{Shared, TemplatePart, TemplateProblem, position};
use crate::domain::mail::{MailKind, Placeholder, placeholders};

/// Filters that a text may use.
pub(super) const FILTERS: [&str; 9] = [
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "default",
    "d",
    "escape",
    "e",
];

/// Checks the words of one part.
pub(super) fn check(
    kind: MailKind,
    part: TemplatePart,
    source: &str,
    shared: &Shared,
) -> Vec<TemplateProblem> {
    let mut reader = Reader {
        part,
        source,
        placeholders: placeholders(kind),
        shared,
        imported: Vec::new(),
        used: HashSet::new(),
        problems: Vec::new(),
    };
    if let Some((offset, message)) = tags::too_much(source) {
        reader.refuse(offset, message);
        return reader.problems;
    }
    match parse(source, part.file(), SyntaxConfig::default()) {
        Ok(ast::Stmt::Template(template)) => {
            reader.statements(&template.children);
            if part != TemplatePart::Subject {
                reader.require();
            }
        }
        Ok(_) => reader.refuse(0, "This is no template.".to_owned()),
        Err(error) => {
            let offset = error.range().map_or(0, |range| range.start);
            let detail = error.detail().unwrap_or("syntax error");
            reader.refuse(offset, format!("The template does not read: {detail}."));
        }
    }
    reader.problems
}

/// What a placeholder is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It is shown as it is.
    Shown,
    /// It is asked whether it is there.
    Asked,
    /// It is changed, compared or cut up.
    Worked,
}

struct Reader<'a> {
    part: TemplatePart,
    source: &'a str,
    placeholders: Vec<Placeholder>,
    shared: &'a Shared,
    imported: Vec<String>,
    used: HashSet<&'static str>,
    problems: Vec<TemplateProblem>,
}

impl Reader<'_> {
    fn refuse(&mut self, offset: usize, message: String) {
        let (line, column) = position(self.source, offset);
        self.problems.push(TemplateProblem {
            part: self.part,
            line,
            column,
            message,
        });
    }

    fn placeholder(&mut self, name: &str, offset: usize, what: Use) {
        let Some(known) = self.placeholders.iter().find(|known| known.name == name) else {
            let message = self.unknown(name);
            return self.refuse(offset, message);
        };
        if known.is_secret && self.part == TemplatePart::Subject {
            let message =
                format!("`{name}` must not be in the subject: subjects are logged and shown.");
            return self.refuse(offset, message);
        }
        if known.is_secret && what == Use::Worked {
            let message = format!(
                "`{name}` may only be shown as it is, or asked for by an if; it cannot be changed or \
                 compared."
            );
            return self.refuse(offset, message);
        }
        if what == Use::Shown {
            self.used.insert(known.name);
        }
    }

    fn unknown(&self, name: &str) -> String {
        let names = self.placeholders.iter().map(|known| known.name);
        let nearest = names
            .clone()
            .map(|known| (strsim::damerau_levenshtein(known, name), known))
            .filter(|(distance, _)| *distance <= 3)
            .min();
        match nearest {
            Some((_, known)) => {
                format!("There is no placeholder `{name}` in this mail. Did you mean `{known}`?")
            }
            None => format!(
                "There is no placeholder `{name}` in this mail. There are: {}.",
                names.collect::<Vec<_>>().join(", ")
            ),
        }
    }

    /// `Why:` a mail without its link or password is of no use, and nobody but its reader has another.
    fn require(&mut self) {
        let missing: Vec<_> = self
            .placeholders
            .iter()
            .filter(|known| known.is_required && !self.used.contains(known.name))
            .map(|known| known.name)
            .collect();
        for name in missing {
            self.refuse(0, needed(name));
        }
    }
}

/// Why a text without that placeholder is refused.
pub(super) fn needed(name: &str) -> String {
    format!(
        "`{{{{ {name} }}}}` is missing. This mail is sent to bring it, and whoever gets the mail without it \
         can do nothing."
    )
}
