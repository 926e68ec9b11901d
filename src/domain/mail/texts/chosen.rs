//! Which text a mail is written with, and writing it.

use super::decoy;
use super::judge::{Trial, judge};
use super::{TemplateProblem, TemplateText};
use crate::domain::mail::store::texts as store;
use crate::domain::mail::templates::{Filled, Templates};
use crate::domain::mail::{MailKind, RenderError, Rendered, Site, TemplateSource, Words, inlined};
use crate::platform::app::App;
use crate::types::error::Internal;
use crate::types::locale::chain;

/// The text that a mail is written with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// The language it is in.
    pub locale: String,
    /// Where it comes from.
    pub source: TemplateSource,
    /// The text.
    pub text: TemplateText,
}

/// A mail, with the language and the source it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it says.
    pub content: Rendered,
    /// The language.
    pub locale: String,
    /// The source.
    pub source: TemplateSource,
}

/// The text in use for a kind in a language: the nearest language there is, and in it an owner's text before
/// a file before the built-in one. One statement.
pub async fn in_use(
    app: &App,
    templates: &Templates,
    kind: MailKind,
    wanted: &str,
) -> Result<InUse, Internal> {
    let chain = chain(wanted, &app.settings.mail.default_locale);
    let own = store::current(app.db.read(), &store::Wanted::chain(kind, &chain)).await?;
    let own_text = |locale: &str| {
        let version = own.iter().find(|version| version.locale == locale)?;
        version.text.clone()
    };
    Ok(choose(templates, kind, &chain, own_text))
}

/// The same, of texts that are at hand.
pub fn choose(
    templates: &Templates,
    kind: MailKind,
    chain: &[String],
    own: impl Fn(&str) -> Option<TemplateText>,
) -> InUse {
    let found = chain.iter().find_map(|locale| {
        let api = own(locale).map(|text| (TemplateSource::Api, text));
        let file = || {
            let text = templates.file_text(kind, locale)?;
            Some((TemplateSource::File, text.clone()))
        };
        let built_in = || {
            let text = templates.built_in_text(kind, locale)?;
            Some((TemplateSource::BuiltIn, text))
        };
        let (source, text) = api.or_else(file).or_else(built_in)?;
        Some(InUse {
            locale: locale.clone(),
            source,
            text,
        })
    });
    found.unwrap_or_else(|| InUse {
        locale: "en".to_owned(),
        source: TemplateSource::BuiltIn,
        text: TemplateText::default(),
    })
}

/// Writes a mail.
///
/// `Why:` a text that does not do for this very mail gives way to the built-in one. A password must not be
/// lost by a bad edit, and what a condition kept from the samples must not go out.
pub fn write(
    templates: &Templates,
    site: Site<'_>,
    words: Words<'_>,
    in_use: &InUse,
) -> Result<Written, RenderError> {
    let words_here = Words {
        locale: &in_use.locale,
        ..words
    };
    if in_use.source == TemplateSource::BuiltIn && !templates.has_own_parts() {
        return built_in(templates, site, words_here);
    }
    let filled = Filled::new(site, words_here, &in_use.locale)?;
    let decoy = decoy::like(words.secret);
    let trial = Trial {
        templates,
        site,
        words: Words {
            secret: decoy.as_ref(),
            ..words_here
        },
        text: &in_use.text,
    };
    let problems = judge(&trial);
    if problems.is_empty()
        && let Ok(content) = templates.compose_own(words_here, &in_use.text, &filled)
        && let Ok(content) = inlined::finish(content)
    {
        return Ok(Written {
            content,
            locale: in_use.locale.clone(),
            source: in_use.source,
        });
    }
    complain(words.kind, in_use, &problems);
    built_in(templates, site, words)
}

fn built_in(
    templates: &Templates,
    site: Site<'_>,
    words: Words<'_>,
) -> Result<Written, RenderError> {
    Ok(Written {
        content: templates.render(site, words)?,
        locale: Templates::resolve(words.locale).to_owned(),
        source: TemplateSource::BuiltIn,
    })
}

/// `Why:` the place alone; the words of a problem may quote what stands in the mail.
fn complain(kind: MailKind, in_use: &InUse, problems: &[TemplateProblem]) {
    let first = problems.first();
    tracing::error!(
        kind = kind.name(),
        locale = in_use.locale,
        source = in_use.source.name(),
        part = first.map(|problem| problem.part.file()),
        line = first.map(|problem| problem.line),
        "this text does not do for a mail; the built-in one was sent instead"
    );
}
