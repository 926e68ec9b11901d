//! Telling people by mail that their account is locked, and that its password is stopped.
//!
//! `Why:` by the worker, some time after the failure that did it, so that the answer to a sign-in takes as
//! long for a locked account as for any other.

use std::time::Duration;

use super::store::{self, Locked};
use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::domain::mail::{self, MailKind};
use crate::domain::users::{self, AuthenticationSource, User};
use crate::platform::app::App;
use crate::platform::settings::TransportSettings;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Users told at once.
const AT_ONCE: u64 = 20;
/// At most three mails in any 24 hours: two at once, and one more a day later.
///
/// `Why:` whoever locks an account again and again must not fill its owner's mailbox.
const MAILS: Limit = Limit {
    burst: 2,
    per: Duration::from_hours(24),
};

/// Queues what is due now. Gives how many locks were seen to, with or without a mail.
pub async fn tell_locked(app: &App) -> Result<u64, Internal> {
    if app.settings.mail.transport == TransportSettings::None {
        return Ok(0);
    }
    let mut seen = 0;
    loop {
        let due = store::locked(app.db.read(), app.clock.now(), AT_ONCE).await?;
        if due.is_empty() {
            return Ok(seen);
        }
        for locked in due {
            see_to(app, locked).await?;
            seen += 1;
        }
    }
}

/// `Order:` the limit before the transaction. The lock is marked as told in the one that queues the mail,
/// so no two workers tell it.
async fn see_to(app: &App, locked: Locked) -> Result<(), Internal> {
    let user = users::find_by_id(app, locked.user).await?;
    let user = user.filter(|user| may_be_told(user, app.clock.now()));
    let key = locked.user.to_string();
    let user = match user {
        Some(user)
            if rate_limit::take(app, "lock_notice", &key, MAILS).await? == Taken::Allowed =>
        {
            Some(user)
        }
        _ => None,
    };
    let txn = app.db.begin_write().await?;
    if !store::mark_told(&txn, locked).await? {
        return txn.rollback().await.map_err(Internal::from);
    }
    let now = app.clock.now();
    let mail =
        user.and_then(|user| users::compose(&user, MailKind::AccountLocked, None, None, now));
    if let Some(mut mail) = mail {
        mail.details.password_ended = locked.is_stopped;
        mail::enqueue(&txn, app, &Actor::system(), mail).await?;
    }
    txn.commit().await?;
    Ok(())
}

fn may_be_told(user: &User, now: Timestamp) -> bool {
    user.deleted_at.is_none()
        && !user.is_disabled(now)
        && user.email_verified_at.is_some()
        && user.authentication_source == AuthenticationSource::BuiltIn
}
