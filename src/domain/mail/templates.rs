//! The embedded templates, one folder a mail and language, parsed once by minijinja.
//!
//! Values are only ever shown, never run: HTML parts are escaped, subjects and text parts get names
//! without line breaks, a missing value is an error. The folder of the same name holds templates
//! only: whatever stands there is embedded and parsed as one.

use std::fmt;

use minijinja::{Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;

use super::texts::{Parts, Shared, TemplatePart, TemplateText, Texts};
use super::{Logo, MailKind, RenderError, Rendered, Site, Words, inlined, values};
use crate::platform::settings::ServerSettings;

#[derive(RustEmbed)]
#[folder = "src/domain/mail/templates"]
struct Files;

/// Languages there are templates for; the first is what every other language falls back to.
pub const LOCALES: [&str; 2] = ["en", "de"];

/// Steps one template may take. Each of ours takes a few hundred.
const FUEL: u64 = 20_000;

/// All templates, parsed.
pub struct Templates {
    built_in: Environment<'static>,
    /// The same with the operator's layout, parts and footers, where there are any.
    own_parts: Option<Environment<'static>>,
    files: Texts,
    shared: Shared,
    logo: Option<Logo>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Templates")
    }
}

/// What a template has filled in.
pub(super) struct Filled {
    plain: Value,
    /// The same with what the mail carries.
    pub(super) all: Value,
}

impl Filled {
    /// `Why:` lifetimes are told in the languages there are built-in texts for.
    pub(super) fn new(site: Site<'_>, words: Words<'_>, locale: &str) -> Result<Self, RenderError> {
        let plain = values::plain(site, words.details, Templates::resolve(locale));
        let plain = context! { locale, ..plain };
        let all = values::with_secret(site, words.kind, words.secret, plain.clone())?;
        Ok(Self { plain, all })
    }
}

/// A template that does not render.
pub(super) struct Broken {
    pub(super) part: TemplatePart,
    pub(super) name: String,
    pub(super) error: minijinja::Error,
}

impl Broken {
    /// In the engine's words, without the values at hand.
    pub(super) fn problem(&self) -> String {
        problem(&self.error)
    }
}

impl Templates {
    /// Parses all built-in templates. Once at the start, so that a broken one is found there.
    pub fn new() -> Result<Self, RenderError> {
        Self::with_files(Parts::new(), Texts::new())
    }

    /// The same with files that go before them.
    pub(super) fn with_files(parts: Parts, files: Texts) -> Result<Self, RenderError> {
        let sources = embedded()?;
        let built_in = environment(&sources)?;
        let mut sources = sources;
        let has_own_parts = !parts.is_empty();
        sources.extend(parts);
        let own_parts = has_own_parts.then(|| environment(&sources)).transpose()?;
        let named = sources
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        Ok(Self {
            built_in,
            own_parts,
            files,
            shared: Shared::read(named),
            logo: None,
        })
    }

    /// The same with a logo in every mail.
    #[must_use]
    pub fn with_logo(self, logo: Option<Logo>) -> Self {
        Self { logo, ..self }
    }

    /// What goes along with the HTML part.
    pub fn logo(&self) -> Option<&Logo> {
        self.logo.as_ref()
    }

    /// The site that mails with this logo speak for.
    pub fn site<'a>(&self, settings: &'a ServerSettings) -> Site<'a> {
        Site {
            has_logo: self.logo.is_some(),
            ..Site::from(settings)
        }
    }

    /// The language a mail is written in: `de-AT` and `de_AT.UTF-8` become `de`, unknown ones `en`.
    pub fn resolve(locale: &str) -> &'static str {
        let language = locale.split(['-', '_', '.']).next().unwrap_or_default();
        let [fallback, ..] = LOCALES;
        LOCALES
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(language))
            .unwrap_or(fallback)
    }

    /// Renders a mail with the built-in text and the built-in layout.
    ///
    /// Errors: `SecretMissing` for a mail that carries a password or a link without it; one given for
    /// another mail is left out.
    pub fn render(&self, site: Site<'_>, words: Words<'_>) -> Result<Rendered, RenderError> {
        let locale = Self::resolve(words.locale);
        let filled = Filled::new(site, words, locale)?;
        let folder = folder(words.kind);
        let fill = |part: TemplatePart, values: &Value| {
            let name = format!("{folder}/{locale}/{}", part.file());
            let rendered = self.built_in.get_template(&name);
            let rendered = rendered.and_then(|template| template.render(values));
            rendered.map_err(|error| Broken { part, name, error })
        };
        compose(&filled, fill)
            .map_err(|broken| self::broken(&broken.name, &broken.error))
            .and_then(|rendered| one_line(rendered, words.kind))
            .and_then(inlined::finish)
    }

    /// Renders a mail with another text, in the layout that is in use.
    pub(super) fn compose_own(
        &self,
        words: Words<'_>,
        text: &TemplateText,
        filled: &Filled,
    ) -> Result<Rendered, Broken> {
        let environment = self.own_parts.as_ref().unwrap_or(&self.built_in);
        let (folder, locale) = (folder(words.kind), words.locale);
        compose(filled, |part, values| {
            let name = format!("{folder}/{locale}/{}", part.file());
            let rendered = environment
                .template_from_named_str(&name, text.part(part))
                .and_then(|template| template.render(values));
            rendered.map_err(|error| Broken { part, name, error })
        })
    }

    /// The built-in text of a kind in exactly this language.
    pub fn built_in_text(&self, kind: MailKind, locale: &str) -> Option<TemplateText> {
        let source = |part: TemplatePart| {
            let name = format!("{}/{locale}/{}", folder(kind), part.file());
            let template = self.built_in.get_template(&name).ok()?;
            Some(template.source().to_owned())
        };
        let text = TemplateText {
            subject: source(TemplatePart::Subject)?,
            text_body: source(TemplatePart::Text)?,
            html_body: source(TemplatePart::Html)?,
        };
        Some(text.with_plain_line_ends())
    }

    /// The operator's text of a kind in exactly this language.
    pub fn file_text(&self, kind: MailKind, locale: &str) -> Option<&TemplateText> {
        self.files.get(&(kind, locale.to_owned()))
    }

    /// The operator's texts of a kind, by language.
    pub fn files_of(&self, kind: MailKind) -> impl Iterator<Item = (&str, &TemplateText)> {
        let of_kind = self.files.iter().filter(move |((of, _), _)| *of == kind);
        of_kind.map(|((_, locale), text)| (locale.as_str(), text))
    }

    /// The layout, the parts and the footers, by name: those in use, or those the program came with.
    pub fn parts(&self, built_in: bool) -> impl Iterator<Item = (String, String)> {
        let own = self.own_parts.as_ref().filter(|_| !built_in);
        let environment = own.unwrap_or(&self.built_in);
        let is_part = |name: &str| name.split('/').count() < 3;
        environment
            .templates()
            .filter(move |(name, _)| is_part(name))
            .map(|(name, template)| (name.to_owned(), template.source().to_owned()))
    }

    /// Whether the layout, the parts or a footer are the operator's.
    pub(super) const fn has_own_parts(&self) -> bool {
        self.own_parts.is_some()
    }

    pub(super) const fn shared(&self) -> &Shared {
        &self.shared
    }
}

/// The embedded templates by name.
fn embedded() -> Result<Parts, RenderError> {
    let mut sources = Parts::new();
    for name in Files::iter() {
        let unreadable = |problem: &str| RenderError::Template {
            name: name.to_string(),
            problem: problem.to_owned(),
        };
        let file = Files::get(&name).ok_or_else(|| unreadable("is missing"))?;
        let source = String::from_utf8(file.data.into_owned())
            .map_err(|_not_text| unreadable("is not UTF-8"))?;
        sources.insert(name.to_string(), source);
    }
    Ok(sources)
}

fn environment(sources: &Parts) -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // Otherwise errors carry the values of the template, in builds for development.
    environment.set_debug(false);
    for (name, source) in sources {
        environment
            .add_template_owned(name.clone(), source.clone())
            .map_err(|error| broken(name, &error))?;
    }
    Ok(environment)
}

/// Fills the three parts; the subject without what the mail carries.
fn compose(
    filled: &Filled,
    fill: impl Fn(TemplatePart, &Value) -> Result<String, Broken>,
) -> Result<Rendered, Broken> {
    Ok(Rendered {
        subject: fill(TemplatePart::Subject, &filled.plain)?,
        text: fill(TemplatePart::Text, &filled.all)?,
        html: fill(TemplatePart::Html, &filled.all)?,
    })
}

fn one_line(rendered: Rendered, kind: MailKind) -> Result<Rendered, RenderError> {
    let subject = &rendered.subject;
    if subject.is_empty() || subject.contains(char::is_control) {
        return Err(RenderError::Subject { kind });
    }
    Ok(rendered)
}

/// `Why:` the engine's own error may carry the values at hand, the password among them.
fn broken(name: &str, error: &minijinja::Error) -> RenderError {
    let line = error
        .line()
        .map_or(String::new(), |line| format!(" in line {line}"));
    RenderError::Template {
        name: name.to_owned(),
        problem: format!("{}{line}", problem(error)),
    }
}

fn problem(error: &minijinja::Error) -> String {
    let detail = error
        .detail()
        .map_or(String::new(), |text| format!(": {text}"));
    format!("{}{detail}", error.kind())
}

/// The folder of a mail's templates.
pub(super) const fn folder(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Welcome => "welcome",
        MailKind::NewPassword => "new_password",
        MailKind::PasswordResetLink => "password_reset_link",
        MailKind::PasswordChanged => "password_changed",
        MailKind::PasswordChangedByYou => "password_changed_by_you",
        MailKind::SignInElsewhere => "sign_in_elsewhere",
        MailKind::AccountLocked => "account_locked",
        MailKind::NotMeConfirmation => "not_me_confirmation",
        MailKind::AccountDisabled => "account_disabled",
        MailKind::EmailChanged => "email_changed",
        MailKind::AccountChanged => "account_changed",
        MailKind::Test => "test",
    }
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
