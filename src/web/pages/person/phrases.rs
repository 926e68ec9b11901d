//! Every text of the pages, by key and language, in Fluent's notation.
//!
//! Texts are plain: whatever looks like HTML in a file is shown as it is. Values are put in as they
//! are given, so whoever calls escapes them first.

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use minijinja::HtmlEscape;
use unic_langid::LanguageIdentifier;

use super::language::Language;
use super::overrides::{Override, PagesError};
use super::source;

const ENGLISH: &str = include_str!("locales/en.ftl");
const GERMAN: &str = include_str!("locales/de.ftl");

/// The texts that are part of the program.
pub(super) const fn built_in(language: Language) -> &'static str {
    match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
    }
}

/// The texts of one language.
pub(super) struct Phrases(FluentBundle<FluentResource>);

impl Phrases {
    /// Reads the program's texts, and over them the operator's.
    ///
    /// Errors: a text does not parse, has a key that no page knows, or asks for a value that it is not
    /// given.
    pub(super) fn try_new(
        language: Language,
        operators: Option<&Override>,
    ) -> Result<Self, PagesError> {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // The marks around values would be copied along with a username; templates isolate names.
        bundle.set_use_isolating(false);
        bundle.set_transform(Some(escape));
        let built_in = Override {
            file: format!("{}.ftl", language.tag()),
            source: built_in(language).to_owned(),
        };
        bundle.add_resource_overriding(parse(&built_in)?);
        if let Some(operators) = operators {
            source::check_phrases(operators, built_in.source.as_str())?;
            bundle.add_resource_overriding(parse(operators)?);
        }
        Ok(Self(bundle))
    }

    /// The text of a key as HTML. `None` when there is no such key.
    pub(super) fn html(&self, key: &str, values: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.0.get_message(key)?.value()?;
        let mut faults = Vec::new();
        let text = self.0.format_pattern(pattern, Some(values), &mut faults);
        for fault in faults {
            tracing::warn!(key, %fault, "a text of the pages is not complete");
        }
        Some(text.into_owned())
    }
}

fn parse(texts: &Override) -> Result<FluentResource, PagesError> {
    FluentResource::try_new(texts.source.clone()).map_err(|(_rest, faults)| {
        let first = faults.first();
        let at = first.map_or(0, |fault| fault.pos.start);
        let line = texts.source.get(..at).map_or(1, |before| {
            before.bytes().filter(|byte| *byte == b'\n').count() + 1
        });
        let problem = first.map(ToString::to_string).unwrap_or_default();
        texts.broken(line, problem)
    })
}

fn escape(text: &str) -> Cow<'_, str> {
    if text.contains(['<', '>', '&', '"', '\'']) {
        Cow::Owned(HtmlEscape(text).to_string())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
#[path = "phrases_tests.rs"]
mod tests;
