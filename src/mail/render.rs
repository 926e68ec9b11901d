//! From values to subject, text and HTML.
//!
//! Values are only ever shown, never run: HTML parts are escaped, subjects and text parts get names
//! without line breaks. A rendered mail may hold a password, so nothing here prints one.

use minijinja::{Value, context};
use time::OffsetDateTime;
use url::Url;

use super::templates::{carries_password, folder};
use super::{Details, MailKind, RenderError, Rendered, Templates};
use crate::secret::Secret;
use crate::settings::ServerSettings;

/// The site a mail speaks for.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// What it calls itself.
    pub name: &'a str,
    /// Where people reach it. From the settings, never from a request.
    pub public_url: Option<&'a Url>,
}

impl<'a> From<&'a ServerSettings> for Site<'a> {
    fn from(settings: &'a ServerSettings) -> Self {
        Self {
            name: &settings.site_name,
            public_url: settings.public_url.as_ref(),
        }
    }
}

/// What a mail says, in which language.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Which mail.
    pub kind: MailKind,
    /// Wanted language; resolved to one there is.
    pub locale: &'a str,
    /// The plain values.
    pub details: &'a Details,
    /// The password, for the mails that carry one.
    pub secret: Option<&'a Secret>,
}

impl Templates {
    /// Renders a mail.
    ///
    /// Errors: `SecretMissing` for a mail that carries a password without one; a password given for
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
        let values = match (carries_password(kind), words.secret) {
            (true, None) => return Err(RenderError::SecretMissing { kind }),
            (true, Some(secret)) => context! { password => secret.expose(), ..plain },
            (false, _) => plain,
        };
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
            .map_err(|error| RenderError::template(name, &error))
    }
}

fn plain_values(site: Site<'_>, details: &Details, locale: &str) -> Value {
    let display_name = match details.display_name.trim() {
        "" => &details.username,
        name => name,
    };
    context! {
        site_name => single_line(site.name),
        public_url => site.public_url.map(Url::as_str),
        locale,
        username => single_line(&details.username),
        display_name => single_line(display_name),
        must_change => details.must_change,
        works_until => details.works_until_millis.and_then(minute),
        happened_at => minute(details.happened_at_millis),
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

#[cfg(test)]
mod tests;
