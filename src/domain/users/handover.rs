//! How a new password reaches its user: shown to the caller, mailed, and for how long it works.

use std::time::Duration;

use super::{InvalidInput, User, UserError};
use crate::domain::mail::{Details, MailKind, MailSecret, NewEmail, PLAIN_MAIL_LIFETIME};
use crate::platform::app::App;
use crate::platform::settings::{MailPasswords, TEMPORARY_SECONDS, TransportSettings};
use crate::types::actor::{Actor, ActorKind};
use crate::types::clock::Timestamp;
use crate::types::ids::MailDeliveryId;

/// Who gets to see the new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The caller.
    Caller,
    /// The user, by mail.
    Mail,
    /// Both.
    CallerAndMail,
}

impl Handover {
    /// Whether the user gets it by mail.
    pub fn is_mailed(self) -> bool {
        matches!(self, Self::Mail | Self::CallerAndMail)
    }

    /// Whether the caller gets it back.
    pub fn is_returned(self) -> bool {
        matches!(self, Self::Caller | Self::CallerAndMail)
    }
}

/// Whether the user must choose another password at the next sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForceChange {
    /// They must; until then this one works for that long, or as long as settings say.
    Forced {
        /// How long it works.
        works_for: Option<Duration>,
    },
    /// They need not.
    NotForced,
}

impl ForceChange {
    /// When the new password stops working. `None` when it does not.
    pub fn works_until(
        self,
        app: &App,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, UserError> {
        let security = &app.settings.security;
        match self {
            Self::NotForced if security.always_force_change && !is_exempt(actor) => {
                Err(UserError::ForcedChangeRequired)
            }
            Self::NotForced => Ok(None),
            Self::Forced { works_for } => {
                let span = works_for.unwrap_or(security.temporary_password);
                if !TEMPORARY_SECONDS.contains(&span.as_secs()) {
                    let (least, most) = (TEMPORARY_SECONDS.start(), TEMPORARY_SECONDS.end());
                    let message = format!("Must be from {least} to {most} seconds.");
                    return Err(InvalidInput::at("temporaryForSeconds", message).into());
                }
                Ok(Some(now.plus(span)))
            }
        }
    }
}

/// The command line is the way back in, and whoever holds a link has chosen for themselves.
fn is_exempt(actor: &Actor) -> bool {
    matches!(actor.kind, ActorKind::Operator | ActorKind::LinkHolder)
}

/// Errors: mail of passwords is forbidden, or there is no way of sending mail.
pub fn check_password_mail(app: &App) -> Result<(), UserError> {
    if app.settings.security.mail_passwords == MailPasswords::Forbid {
        return Err(UserError::PasswordMailDisabled);
    }
    if app.settings.mail.transport == TransportSettings::None {
        return Err(UserError::MailNotConfigured);
    }
    Ok(())
}

/// A mail to a user at the stored address. `None` when there is no address.
///
/// `Why:` the stored address and never one from the request; whoever could name another would get
/// the password (GitLab CVE-2023-7028).
pub fn compose(
    user: &User,
    kind: MailKind,
    secret: Option<MailSecret>,
    works_until: Option<Timestamp>,
    now: Timestamp,
) -> Option<NewEmail> {
    let (Some(recipient), Some(recipient_key)) = (user.email.clone(), user.email_key.clone())
    else {
        return None;
    };
    Some(NewEmail {
        id: MailDeliveryId::new(now),
        kind,
        user: Some(user.id),
        recipient,
        recipient_key,
        recipient_name: user.name.clone(),
        locale: user.locale.clone(),
        details: Details {
            username: user.username.clone(),
            display_name: user.display_name().to_owned(),
            must_change: user.must_change_password,
            works_until_millis: works_until.map(Timestamp::as_millis),
            happened_at_millis: now.as_millis(),
            time_zone: user.time_zone.clone(),
            ..Details::default()
        },
        secret,
        expires_at: works_until.unwrap_or_else(|| now.plus(PLAIN_MAIL_LIFETIME)),
    })
}
