//! Many texts at once, all or none: for texts that live in version control.

use super::TemplateError;
use super::change::{NewText, require_owner, write};
use crate::domain::mail::own_texts::{self, Wanted};
use crate::domain::mail::texts::{Texts, check, choose};
use crate::domain::mail::{MailKind, Site, TemplateText, Templates};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::error::Internal;

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Texts that were changed.
    pub changed: Vec<(MailKind, String)>,
    /// How many were like that already.
    pub unchanged: usize,
}

/// Checks all texts, and uses those that differ from the ones in use; nothing when any of them does not do.
pub async fn import(
    app: &App,
    templates: &Templates,
    actor: &Actor,
    texts: Texts,
    is_dry: bool,
) -> Result<Imported, TemplateError> {
    require_owner(actor)?;
    let site = Site::from(&app.settings.server);
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by_key(|((kind, locale), _)| (kind.name(), locale.clone()));
    let mut problems = Vec::new();
    for ((kind, locale), text) in &texts {
        let found = check(templates, site, (*kind, locale), text).into_iter();
        problems.extend(found.map(|problem| (*kind, locale.clone(), problem)));
    }
    if !problems.is_empty() {
        return Err(TemplateError::AllBroken(problems));
    }
    let txn = app.db.begin_write().await?;
    let own = own_texts::current(&txn, &Wanted::default()).await?;
    let mut imported = Imported::default();
    for ((kind, locale), text) in texts {
        let present = own
            .iter()
            .find(|version| version.kind == kind && version.locale == locale)
            .and_then(|version| version.text.clone());
        let text = match step(templates, (kind, &locale), present, text) {
            Step::Nothing => {
                imported.unchanged += 1;
                continue;
            }
            Step::Reset => None,
            Step::Use(text) => Some(text),
        };
        let new = NewText {
            kind,
            locale,
            text,
            if_version: None,
            reason: None,
        };
        Box::pin(write(&txn, app, actor, &new)).await?;
        imported.changed.push((new.kind, new.locale));
    }
    if is_dry {
        txn.rollback().await.map_err(Internal::from)?;
    } else {
        txn.commit().await.map_err(Internal::from)?;
    }
    Ok(imported)
}

/// What makes a text the one in use.
enum Step {
    Nothing,
    Reset,
    Use(TemplateText),
}

/// `Why:` a text that is like the one below takes the own one away. So the next release, or a change of the
/// file, is not hidden by a copy.
fn step(
    templates: &Templates,
    (kind, locale): (MailKind, &str),
    present: Option<TemplateText>,
    text: TemplateText,
) -> Step {
    let below = choose(templates, kind, &[locale.to_owned()], |_| None).text;
    match present {
        Some(present) if present == text => Step::Nothing,
        Some(_) if below == text => Step::Reset,
        None if below == text => Step::Nothing,
        _ => Step::Use(text),
    }
}
