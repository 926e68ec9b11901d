//! Reading texts: which are in use, what they were before, and what they make of a mail.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::TemplateError;
use super::change::problems;
use crate::domain::mail::own_texts::{self, TextVersion, Wanted};
use crate::domain::mail::texts::{self, InUse, choose};
use crate::domain::mail::{
    LOCALES, MailKind, Rendered, Site, TemplateProblem, TemplateSource, TemplateText, Templates,
    sample,
};
use crate::domain::users::{self, User, UserRef};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::locale::{canonical_locale, chain};

/// The text of a kind of mail for people of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTemplate {
    /// Of which mail.
    pub kind: MailKind,
    /// For which language.
    pub locale: String,
    /// What is in use there, perhaps in another language.
    pub in_use: InUse,
    /// The built-in text in exactly this language.
    pub built_in: Option<TemplateText>,
    /// How often it was changed.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Name at that time of whoever did it.
    pub updated_by_label: Option<String>,
}

impl MailTemplate {
    /// Whether the text is not the built-in one.
    pub fn is_customized(&self) -> bool {
        self.in_use.source != TemplateSource::BuiltIn
    }
}

/// Conditions on texts. All that are given have to hold.
#[derive(Clone, Debug, Default)]
pub struct TemplateFilter {
    /// One of these mails.
    pub kinds: Option<Vec<MailKind>>,
    /// In one of these languages.
    pub locales: Option<Vec<String>>,
    /// From one of these sources.
    pub sources: Option<Vec<TemplateSource>>,
}

/// Every text there is, by kind and then by language.
pub async fn list(
    app: &App,
    templates: &Templates,
    actor: &Actor,
    filter: &TemplateFilter,
) -> Result<Vec<MailTemplate>, ReadError> {
    actor.require(Permission::MailRead)?;
    let own = own_texts::current(app.db.read(), &Wanted::default()).await?;
    let mut found = Vec::new();
    for kind in MailKind::ALL {
        let files = templates.files_of(kind).map(|(locale, _)| locale);
        let changed = own.iter().filter(|version| version.kind == kind);
        let changed = changed.map(|version| version.locale.as_str());
        let locales: BTreeSet<&str> = LOCALES.into_iter().chain(files).chain(changed).collect();
        let all = locales
            .into_iter()
            .map(|locale| view(app, templates, (kind, locale), &own));
        found.extend(all.filter(|one| matches(filter, one)));
    }
    Ok(found)
}

fn matches(filter: &TemplateFilter, one: &MailTemplate) -> bool {
    let kinds = filter.kinds.as_ref();
    let locales = filter.locales.as_ref();
    let sources = filter.sources.as_ref();
    kinds.is_none_or(|kinds| kinds.contains(&one.kind))
        && locales.is_none_or(|locales| locales.contains(&one.locale))
        && sources.is_none_or(|sources| sources.contains(&one.in_use.source))
}

/// The text for one kind and language.
pub async fn find(
    app: &App,
    templates: &Templates,
    actor: &Actor,
    (kind, locale): (MailKind, Option<&str>),
) -> Result<MailTemplate, ReadError> {
    actor.require(Permission::MailRead)?;
    let locale = locale.unwrap_or(&app.settings.mail.default_locale);
    Ok(one(app, templates, kind, locale).await?)
}

/// The same without a check of rights: for the payload of an act that had its own.
pub(super) async fn one(
    app: &App,
    templates: &Templates,
    kind: MailKind,
    locale: &str,
) -> Result<MailTemplate, Internal> {
    let chain = chain(locale, &app.settings.mail.default_locale);
    let own = own_texts::current(app.db.read(), &Wanted::chain(kind, &chain)).await?;
    Ok(view(app, templates, (kind, locale), &own))
}

fn view(
    app: &App,
    templates: &Templates,
    (kind, locale): (MailKind, &str),
    own: &[TextVersion],
) -> MailTemplate {
    let of = |locale: &str| {
        own.iter()
            .find(|version| version.kind == kind && version.locale == locale)
    };
    let chain = chain(locale, &app.settings.mail.default_locale);
    let in_use = choose(templates, kind, &chain, |locale| {
        of(locale).and_then(|version| version.text.clone())
    });
    let version = of(locale);
    MailTemplate {
        kind,
        locale: locale.to_owned(),
        in_use,
        built_in: templates.built_in_text(kind, locale),
        version: version.map_or(0, |version| version.version),
        updated_at: version.map(|version| version.changed_at),
        updated_by_label: version.map(|version| version.changed_by_label.clone()),
    }
}

/// The changes of one text, newest first.
pub async fn history(
    app: &App,
    actor: &Actor,
    (kind, locale): (MailKind, &str),
    most: u64,
) -> Result<Vec<TextVersion>, ReadError> {
    actor.require(Permission::MailRead)?;
    Ok(own_texts::history(app.db.read(), kind, locale, most).await?)
}

/// A mail as its reader would see it, with a made-up secret.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// Whose language it is in.
    pub locale: String,
    /// The mail. `None` when there are problems.
    pub content: Option<Rendered>,
    /// Everything that is wrong with the text.
    pub problems: Vec<TemplateProblem>,
}

/// Renders a text, saved or not, with sample values or a user's names. Needs the right to read users for
/// the latter; an unknown user is none.
pub async fn preview(
    app: &App,
    templates: &Arc<Templates>,
    actor: &Actor,
    (kind, locale): (MailKind, Option<String>),
    (text, user): (Option<TemplateText>, Option<UserRef>),
) -> Result<Option<Previewed>, ReadError> {
    actor.require(Permission::MailRead)?;
    let user = match user {
        Some(reference) => match users::find(app, actor, &reference).await? {
            Some(user) => Some(user),
            None => return Ok(None),
        },
        None => None,
    };
    let theirs = user.as_ref().and_then(|user| user.locale.clone());
    let wanted = locale.or(theirs);
    let wanted = wanted.as_deref().and_then(canonical_locale);
    let wanted = wanted.unwrap_or_else(|| app.settings.mail.default_locale.clone());
    let (locale, text) = if let Some(text) = text {
        (wanted, text.with_plain_line_ends())
    } else {
        let found = texts::in_use(app, templates, kind, &wanted).await?;
        (found.locale, found.text)
    };
    let mut details = sample(kind, app.clock.now()).0;
    if let Some(user) = &user {
        name(&mut details, user);
    }
    let site = Site::from(&app.settings.server);
    let mut problems = problems(app, templates, (kind, &locale), &text).await?;
    let mut content = None;
    if problems.is_empty() {
        (content, problems) = texts::preview(templates, site, (kind, &locale), &details, &text);
    }
    Ok(Some(Previewed {
        locale,
        content: content.filter(|_| problems.is_empty()),
        problems,
    }))
}

fn name(details: &mut crate::domain::mail::Details, user: &User) {
    details.username.clone_from(&user.username);
    user.display_name().clone_into(&mut details.display_name);
    details.time_zone.clone_from(&user.time_zone);
}

impl From<ReadError> for TemplateError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Denied(denied) => Self::Denied(denied),
            ReadError::Internal(cause) => Self::Internal(cause),
        }
    }
}
