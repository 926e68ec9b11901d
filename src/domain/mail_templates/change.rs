//! Giving a mail another text, and taking it back.

use std::sync::Arc;

use super::read::MailTemplate;
use super::{TemplateError, read};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::mail::own_texts::{self, TextVersion, Wanted};
use crate::domain::mail::texts::check;
use crate::domain::mail::{MailKind, Site, TemplateProblem, TemplateText, Templates};
use crate::domain::sessions::require_step_up;
use crate::domain::users::{self, InvalidInput};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Denied, Permission, Role};
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// Most languages with own texts. `Why:` every list of texts is read whole.
pub const MOST_LOCALES: usize = 20;

/// A text to be used from now on.
#[derive(Clone, Debug)]
pub struct NewText {
    /// Of which mail.
    pub kind: MailKind,
    /// In which language.
    pub locale: String,
    /// The text; `None` brings back what lies below.
    pub text: Option<TemplateText>,
    /// Only go ahead when this is still the version.
    pub if_version: Option<i64>,
    /// Note for the audit trail.
    pub reason: Option<String>,
}

/// Uses another text for a kind of mail in one language.
pub async fn update(
    app: &App,
    templates: &Arc<Templates>,
    actor: &Actor,
    new: NewText,
    actor_password: Option<&Secret>,
) -> Result<MailTemplate, TemplateError> {
    let attempt = attempt(AuditAction::MailTemplateUpdated, &new);
    let act = Box::pin(change(app, templates, actor, new, actor_password));
    audit::noting(app, actor, attempt, act).await
}

/// Goes back to the file or the built-in text. May be repeated.
pub async fn reset(
    app: &App,
    templates: &Arc<Templates>,
    actor: &Actor,
    new: NewText,
    actor_password: Option<&Secret>,
) -> Result<MailTemplate, TemplateError> {
    let attempt = attempt(AuditAction::MailTemplateReset, &new);
    let new = NewText { text: None, ..new };
    let act = Box::pin(change(app, templates, actor, new, actor_password));
    audit::noting(app, actor, attempt, act).await
}

fn attempt(action: AuditAction, new: &NewText) -> Attempt {
    Attempt {
        action,
        user: None,
        target_label: Some(format!("{} {}", new.kind.name(), new.locale)),
        subject: None,
    }
}

/// Whether the actor may change texts.
///
/// `Why:` the rank beside the scope. A key of the installation can have any scope at any rank.
pub(super) fn require_owner(actor: &Actor) -> Result<(), Denied> {
    actor.require(Permission::MailTemplatesWrite)?;
    if actor.role == Role::Owner {
        Ok(())
    } else {
        Err(Denied::Missing(Permission::MailTemplatesWrite))
    }
}

async fn change(
    app: &App,
    templates: &Arc<Templates>,
    actor: &Actor,
    new: NewText,
    actor_password: Option<&Secret>,
) -> Result<MailTemplate, TemplateError> {
    require_owner(actor)?;
    require_step_up(app, actor, actor_password).await?;
    let reason = users::check_reason(new.reason.as_deref())?;
    let new = NewText {
        locale: users::check_locale(&new.locale)?,
        text: new.text.map(TemplateText::with_plain_line_ends),
        reason,
        ..new
    };
    if let Some(text) = &new.text {
        let problems = problems(app, templates, (new.kind, &new.locale), text).await?;
        if !problems.is_empty() {
            return Err(TemplateError::Broken(problems));
        }
    }
    let txn = app.db.begin_write().await?;
    users::require_standing(&txn, app, actor).await?;
    match write(&txn, app, actor, &new).await {
        Ok(_changed) => txn.commit().await.map_err(Internal::from)?,
        Err(error) => {
            txn.rollback().await.map_err(Internal::from)?;
            return Err(error);
        }
    }
    Ok(read::one(app, templates, new.kind, &new.locale).await?)
}

/// What is wrong with a text.
///
/// `Why:` on a thread of its own. It renders the mail some ten times, and whoever holds a transaction must not
/// wait for that.
pub(super) async fn problems(
    app: &App,
    templates: &Arc<Templates>,
    (kind, locale): (MailKind, &str),
    text: &TemplateText,
) -> Result<Vec<TemplateProblem>, Internal> {
    let (settings, templates) = (Arc::clone(&app.settings), Arc::clone(templates));
    let (locale, text) = (locale.to_owned(), text.clone());
    let judged = tokio::task::spawn_blocking(move || {
        let site = Site::from(&settings.server);
        check(&templates, site, (kind, &locale), &text)
    });
    judged
        .await
        .map_err(Internal::while_doing("checking the text of a mail"))
}

/// Adds a version and its event. `false` when the text is like that already.
pub(super) async fn write(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    new: &NewText,
) -> Result<bool, TemplateError> {
    let wanted = Wanted::chain(new.kind, std::slice::from_ref(&new.locale));
    let present = own_texts::current(txn, &wanted).await?.pop();
    let version = present.as_ref().map_or(0, |present| present.version);
    if new.if_version.is_some_and(|wanted| wanted != version) {
        return Err(TemplateError::VersionConflict(version));
    }
    if present.as_ref().and_then(|present| present.text.as_ref()) == new.text.as_ref() {
        return Ok(false);
    }
    if version == 0 {
        let known = own_texts::locales(txn).await?;
        if known.len() >= MOST_LOCALES && !known.contains(&new.locale) {
            let words = format!("There are own texts in {MOST_LOCALES} languages already.");
            return Err(InvalidInput::at("locale", words).into());
        }
    }
    let row = TextVersion {
        kind: new.kind,
        locale: new.locale.clone(),
        version: version + 1,
        text: new.text.clone(),
        changed_at: app.clock.now(),
        changed_by_label: actor.label.clone(),
    };
    if !own_texts::append(txn, actor, &row).await? {
        return Err(TemplateError::VersionConflict(row.version));
    }
    audit::record(txn, app, actor, changed(new, version)).await?;
    Ok(true)
}

/// `Why:` the texts stand in the versions; the trail tells which one.
fn changed(new: &NewText, before: i64) -> Event {
    let action = match new.text {
        Some(_) => AuditAction::MailTemplateUpdated,
        None => AuditAction::MailTemplateReset,
    };
    let version = Change::new(
        "version",
        Some(before.to_string()),
        Some((before + 1).to_string()),
    );
    Event {
        action,
        user: None,
        target_label: Some(format!("{} {}", new.kind.name(), new.locale)),
        changes: vec![
            Change::to("kind", new.kind.name()),
            Change::to("locale", &new.locale),
            version,
        ],
        reason: new.reason.clone(),
    }
}
