//! Looking at the sources of texts and templates: which keys they define, which they use, in which line.

use std::collections::{BTreeMap, BTreeSet};

use super::language::Language;
use super::overrides::{Override, PagesError};
use super::phrases::built_in;

/// A text as it stands in its file.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) line: usize,
    /// The values that it asks for.
    pub(super) values: BTreeSet<String>,
}

/// The keys of a Fluent source with their lines and values. It must parse; terms are not told apart.
pub(super) fn entries(source: &str) -> BTreeMap<String, Entry> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let mut present = String::new();
    for (number, line) in source.lines().enumerate() {
        let is_comment = line.starts_with('#');
        if line.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && let Some((key, _)) = line.split_once('=')
        {
            key.trim_end().clone_into(&mut present);
            entries.entry(present.clone()).or_default().line = number + 1;
        }
        if let Some(entry) = entries.get_mut(&present).filter(|_| !is_comment) {
            entry.values.extend(words_after(line, "$"));
        }
    }
    entries
}

/// The keys that a template asks for by `t("…")`, each with its line.
pub(super) fn used(template: &str) -> Vec<(usize, String)> {
    let lines = template.lines().enumerate();
    let keys = lines.flat_map(|(number, line)| {
        let found = words_after(line, "t(\"").into_iter();
        found.map(move |key| (number + 1, key))
    });
    keys.collect()
}

fn words_after(line: &str, mark: &str) -> Vec<String> {
    let after = line.match_indices(mark).filter_map(|(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        let is_inside = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let rest = line.get(at + mark.len()..).filter(|_| !is_inside)?;
        let is_word =
            |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        let word: String = rest.chars().take_while(|letter| is_word(*letter)).collect();
        Some(word).filter(|word| !word.is_empty())
    });
    after.collect()
}

/// Whether every text of the operator has a key that there is, and asks for values that it is given.
pub(super) fn check_phrases(operators: &Override, ours: &str) -> Result<(), PagesError> {
    let known = entries(ours);
    for (key, entry) in entries(&operators.source) {
        let Some(own) = known.get(&key) else {
            let problem = format!("no page has a text `{key}`");
            return Err(operators.broken(entry.line, problem));
        };
        if let Some(value) = entry.values.difference(&own.values).next() {
            let problem = format!("the text `{key}` is not given `${value}`");
            return Err(operators.broken(entry.line, problem));
        }
    }
    Ok(())
}

/// Whether every text that a template asks for is there.
pub(super) fn check_template(template: &Override) -> Result<(), PagesError> {
    let known = entries(built_in(Language::English));
    for (line, key) in used(&template.source) {
        if !known.contains_key(&key) {
            let problem = format!("there is no text `{key}`");
            return Err(template.broken(line, problem));
        }
    }
    Ok(())
}
