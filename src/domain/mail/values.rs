//! What a template has filled in: the plain values of a mail, and what it carries.
//!
//! `placeholders.rs` lists them for people.

use minijinja::{Value, context};
use url::Url;

use super::carried::{Load, grouped};
use super::{Details, MailKind, MailSecret, RenderError, Site, WantedBy, lifetimes};
use crate::platform::links::{Base, Page};
use crate::types::secret::Secret;
use crate::types::time_zone;

/// Adds what the mail carries.
pub(super) fn with_secret(
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

pub(super) fn plain(site: Site<'_>, details: &Details, locale: &str) -> Value {
    let display_name = match details.display_name.trim() {
        "" => &details.username,
        name => name,
    };
    let zone = details.time_zone.as_deref();
    let minute = |millis: i64| time_zone::minute(millis, zone);
    let lifetime = |until: i64| lifetimes::words(locale, details.happened_at_millis, until);
    context! {
        site_name => single_line(site.name),
        public_url => site.public_url.map(Url::as_str),
        support_email => site.support_email,
        has_logo => site.has_logo,
        accent => site.accent.light.accent.to_string(),
        on_accent => site.accent.light.on_accent.to_string(),
        dark_accent => site.accent.dark.accent.to_string(),
        on_dark_accent => site.accent.dark.on_accent.to_string(),
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
        new_address => details.new_address.as_deref().map(single_line),
        new_username => details.changed.username.as_deref().map(single_line),
        new_role => details.changed.role.as_deref(),
        identity_changed => details.changed.identity,
        source_changed => details.changed.source,
        verification_changed => details.changed.verification,
        forgot_url => site.public_url.map(|url| Base::from(url).page(Page::Forgot)),
    }
}

/// `Why:` a name with line breaks could write paragraphs of its own into the text part.
fn single_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ")
}
