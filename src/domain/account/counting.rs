//! Counting a try at a password, and taking the count back; the rows of it.
//!
//! `Why:` the same statements and one commit for everybody, known or not. A row that nobody reads is written
//! with each, so that the disk is waited for where no user was changed: the login is unknown, or locked.

use super::AccountError;
use super::store;
use super::tries::{Count, Tries};
use crate::domain::access::rate_limit;
use crate::domain::sessions::{self, Known};
use crate::domain::users::{self, User};
use crate::platform::app::App;
use crate::platform::db::{self, Txn};
use crate::types::actor::Origin;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{DeviceId, UserId};

/// Who asks, as far as counting goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub(super) login: &'a str,
    pub(super) origin: &'a Origin,
}

/// A try, counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    user: UserId,
    /// The browser or network it came from, where the account knows it.
    known: Option<Known>,
    before: Tries,
    after: Tries,
}

/// Counts the try of somebody who may sign in, and does the same for nobody. `None` when the password must
/// not be judged.
pub(super) async fn count(
    app: &App,
    eligible: Option<&User>,
    asking: Asking<'_>,
) -> Result<Option<Counted>, AccountError> {
    let nobody = UserId::new(app.clock.now());
    let asked = eligible.map_or(nobody, |user| user.id);
    let txn = app.db.begin_write().await?;
    db::catch_up(&txn, &app.clock).await?;
    let now = app.clock.now();
    let locked = store::lock_tries(&txn, asked).await?;
    let known = sessions::known(&txn, app, asked, asking.origin).await?;
    let counted = locked.and_then(|tries| {
        let before = Tries {
            known: known.map(of),
            ..tries
        };
        let after = before.count(now.as_millis())?;
        Some(Counted {
            user: asked,
            known,
            before,
            after,
        })
    });
    let after = counted.map(|counted| counted.after);
    let known = counted.and_then(|counted| counted.known);
    let user = counted.map_or(nobody, |counted| counted.user);
    put(&txn, user, known, after, now).await?;
    note(&txn, app, asking.login).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(counted)
}

/// Takes the count of a try back that was not judged; by the same statements where none was counted.
pub(super) async fn give_back(
    app: &App,
    counted: Option<Counted>,
    asking: Asking<'_>,
) -> Result<(), AccountError> {
    let now = app.clock.now();
    let user = counted.map_or_else(|| UserId::new(now), |counted| counted.user);
    let txn = app.db.begin_write().await?;
    let (present, known) = present(&txn, user, counted, now).await?;
    let back = counted.map(|counted| present.give_back(counted.before, counted.after));
    put(&txn, user, known, back, now).await?;
    note(&txn, app, asking.login).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(())
}

/// What a right password leaves of the counts, this try among them. The caller writes it.
///
/// `Locks:` the user's row.
pub(super) async fn forgive(
    txn: &Txn,
    counted: Counted,
    now: Timestamp,
) -> Result<Tries, Internal> {
    let (present, known) = present(txn, counted.user, Some(counted), now).await?;
    if let Some(known) = known {
        let forgiven = Known {
            failures: 0,
            locked_until: None,
            ..known
        };
        sessions::put_known(txn, forgiven).await?;
    }
    let others = sessions::forget_tries_at_rest(txn, counted.user, now).await?;
    let without = present.give_back(counted.before, counted.after);
    Ok(without.succeed(now.as_millis(), others))
}

fn of(known: Known) -> Count {
    Count {
        failures: known.failures,
        locked_until: known.locked_until,
    }
}

/// The counts as they are now, and what the account knows the client by, if it still does.
async fn present(
    txn: &Txn,
    user: UserId,
    counted: Option<Counted>,
    now: Timestamp,
) -> Result<(Tries, Option<Known>), Internal> {
    let tries = store::lock_tries(txn, user).await?.unwrap_or_default();
    let known = counted.and_then(|counted| counted.known);
    let id = known.map_or_else(|| DeviceId::new(now).uuid(), |known| known.id);
    let known = sessions::known_by_id(txn, id).await?;
    let tries = Tries {
        known: known.map(of),
        ..tries
    };
    Ok((tries, known))
}

/// Writes counts, or the same statements about nobody.
async fn put(
    txn: &Txn,
    user: UserId,
    known: Option<Known>,
    tries: Option<Tries>,
    now: Timestamp,
) -> Result<(), Internal> {
    let tries = tries.unwrap_or_default();
    store::put_tries(txn, user, tries).await?;
    let count = tries.known.unwrap_or_default();
    let nobody = Known {
        id: DeviceId::new(now).uuid(),
        is_device: false,
        failures: 0,
        locked_until: None,
    };
    let written = Known {
        failures: count.failures,
        locked_until: count.locked_until,
        ..known.unwrap_or(nobody)
    };
    sessions::put_known(txn, written).await
}

async fn note(txn: &Txn, app: &App, login: &str) -> Result<(), Internal> {
    let subject = users::login_subject(login);
    rate_limit::note(txn, app, "sign_in.tried", &subject).await
}
