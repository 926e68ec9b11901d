//! What administrators may ask of a link, whether it is mailed or handed over.

use std::time::Duration;

use super::may_redirect;
use crate::domain::one_time_links::{MAX_LIFETIME, MIN_LIFETIME};
use crate::domain::users::{AuthenticationSource, InvalidInput, User, UserError};
use crate::platform::app::App;

/// How long a link works when nothing else is said. `Source:` `docs/security.md`, lifetimes.
const LIFETIME: Duration = Duration::from_hours(1);

/// What becomes of the links that the user has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlierLinks {
    /// They stop working.
    Superseded,
    /// They go on.
    Kept,
}

/// How long a link is to work.
pub(super) fn check_lifetime(wanted: Option<Duration>) -> Result<Duration, InvalidInput> {
    let lifetime = wanted.unwrap_or(LIFETIME);
    if (MIN_LIFETIME..=MAX_LIFETIME).contains(&lifetime) {
        return Ok(lifetime);
    }
    let (least, most) = (MIN_LIFETIME.as_secs(), MAX_LIFETIME.as_secs());
    let message = format!("Must be from {least} to {most} seconds: 1 minute to 24 hours.");
    Err(InvalidInput::at("expiresInSeconds", message))
}

/// Errors: `RedirectNotAllowed` for a page that is not on the list in the settings.
pub(super) fn check_redirect(app: &App, wanted: Option<&str>) -> Result<(), UserError> {
    match wanted {
        Some(url) if !may_redirect(app, url) => Err(UserError::RedirectNotAllowed),
        _ => Ok(()),
    }
}

/// What the user's own state forbids.
pub(super) fn check_target(app: &App, user: &User) -> Result<(), UserError> {
    if user.authentication_source != AuthenticationSource::BuiltIn {
        return Err(UserError::NotBuiltIn(user.authentication_source));
    }
    if user.is_disabled(app.clock.now()) {
        return Err(UserError::UserDisabled);
    }
    Ok(())
}
