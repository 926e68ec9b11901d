//! The embedded templates, one folder a mail and language, parsed once by minijinja.
//!
//! Values are only ever shown, never run: HTML parts are escaped, subjects and text parts get names
//! without line breaks, a missing value is an error. The folder of the same name holds templates
//! only: whatever stands there is embedded and parsed as one.

use std::fmt;

use minijinja::{Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;
use time::OffsetDateTime;
use url::Url;

use super::carried::{Load, grouped};
use super::{
    Details, MailKind, MailSecret, RenderError, Rendered, Site, WantedBy, Words, lifetimes,
};
use crate::links::{Base, Page};
use crate::secret::Secret;

#[derive(RustEmbed)]
#[folder = "src/mail/templates"]
struct Files;

/// Languages there are templates for; the first is what every other language falls back to.
pub const LOCALES: [&str; 2] = ["en", "de"];

/// Steps one template may take. Each of ours takes a few hundred.
const FUEL: u64 = 20_000;

/// All templates, parsed.
pub struct Templates {
    environment: Environment<'static>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Templates")
    }
}

impl Templates {
    /// Parses all templates. Once at the start, so that a broken one is found there.
    pub fn new() -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        // Otherwise errors carry the values of the template, in builds for development.
        environment.set_debug(false);
        for name in Files::iter() {
            let unreadable = |problem: &str| RenderError::Template {
                name: name.to_string(),
                problem: problem.to_owned(),
            };
            let file = Files::get(&name).ok_or_else(|| unreadable("is missing"))?;
            let source = String::from_utf8(file.data.into_owned())
                .map_err(|_not_text| unreadable("is not UTF-8"))?;
            environment
                .add_template_owned(name.to_string(), source)
                .map_err(|error| broken(&name, &error))?;
        }
        Ok(Self { environment })
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

    /// Renders a mail.
    ///
    /// Errors: `SecretMissing` for a mail that carries a password or a link without it; one given for
    /// another mail is left out.
    pub fn render(&self, site: Site<'_>, words: Words<'_>) -> Result<Rendered, RenderError> {
        let kind = words.kind;
        let locale = Self::resolve(words.locale);
        let folder = folder(kind);
        let plain = plain_values(site, words.details, locale);
        let subject = self.fill(&format!("{folder}/{locale}/subject.txt"), &plain)?;
        if subject.is_empty() || subject.contains(char::is_control) {
            return Err(RenderError::Subject { kind });
        }
        let values = with_secret(site, kind, words.secret, plain)?;
        Ok(Rendered {
            subject,
            text: self.fill(&format!("{folder}/{locale}/body.txt"), &values)?,
            html: self.fill(&format!("{folder}/{locale}/body.html"), &values)?,
        })
    }

    fn fill(&self, name: &str, values: &Value) -> Result<String, RenderError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(values))
            .map_err(|error| broken(name, &error))
    }
}

/// Adds what the mail carries.
fn with_secret(
    site: Site<'_>,
    kind: MailKind,
    secret: Option<&MailSecret>,
    plain: Value,
) -> Result<Value, RenderError> {
    Ok(match (Load::of(kind), secret) {
        (Load::Nothing, _) => plain,
        (Load::Password, Some(MailSecret::Password(password))) => {
            context! { password => password.expose(), ..plain }
        }
        (Load::Link(page) | Load::MaybeLink(page), Some(MailSecret::Link { token, code })) => {
            let link = link(site, kind, (page, token))?;
            let code = code.as_ref().map(grouped);
            context! { link => link.expose(), code => code.as_ref().map(Secret::expose), ..plain }
        }
        (Load::MaybeLink(_), _) => context! { link => (), ..plain },
        (Load::Password | Load::Link(_), _) => return Err(RenderError::SecretMissing { kind }),
    })
}

fn link(
    site: Site<'_>,
    kind: MailKind,
    (page, token): (Page, &Secret),
) -> Result<Secret, RenderError> {
    let base = site.public_url.map(Base::from);
    let base = base.ok_or(RenderError::PublicUrlMissing { kind })?;
    Ok(base.link(page, token))
}

fn plain_values(site: Site<'_>, details: &Details, locale: &str) -> Value {
    let display_name = match details.display_name.trim() {
        "" => &details.username,
        name => name,
    };
    let lifetime = |until: i64| lifetimes::words(locale, details.happened_at_millis, until);
    context! {
        site_name => single_line(site.name),
        public_url => site.public_url.map(Url::as_str),
        locale,
        username => single_line(&details.username),
        display_name => single_line(display_name),
        must_change => details.must_change,
        works_until => details.works_until_millis.and_then(minute),
        lifetime => details.works_until_millis.map(lifetime),
        code_until => details.code_until_millis.and_then(minute),
        code_lifetime => details.code_until_millis.map(lifetime),
        happened_at => minute(details.happened_at_millis),
        by_link => details.by_link,
        asked => details.wanted_by == WantedBy::User,
        password_ended => details.password_ended,
        elsewhere => details.elsewhere.as_deref(),
        forgot_url => site.public_url.map(|url| Base::from(url).page(Page::Forgot)),
    }
}

/// `Why:` a name with line breaks could write paragraphs of its own into the text part.
fn single_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ")
}

/// `2026-11-22 09:30 UTC`, cut to the minute, so that what "works until" then still works.
fn minute(millis: i64) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000)).ok()?;
    Some(format!(
        "{:04}-{:02}-{:02} {:02}:{:02} UTC",
        moment.year(),
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute()
    ))
}

/// `Why:` the engine's own error may carry the values at hand, the password among them.
fn broken(name: &str, error: &minijinja::Error) -> RenderError {
    let detail = error
        .detail()
        .map_or(String::new(), |text| format!(": {text}"));
    let line = error
        .line()
        .map_or(String::new(), |line| format!(" in line {line}"));
    RenderError::Template {
        name: name.to_owned(),
        problem: format!("{}{detail}{line}", error.kind()),
    }
}

/// The folder of a mail's templates.
const fn folder(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Welcome => "welcome",
        MailKind::NewPassword => "new_password",
        MailKind::PasswordResetLink => "password_reset_link",
        MailKind::PasswordChanged => "password_changed",
        MailKind::PasswordChangedByYou => "password_changed_by_you",
        MailKind::SignInElsewhere => "sign_in_elsewhere",
        MailKind::AccountLocked => "account_locked",
        MailKind::NotMeConfirmation => "not_me_confirmation",
        MailKind::Test => "test",
    }
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
