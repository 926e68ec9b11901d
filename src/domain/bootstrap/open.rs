//! Making a setup link at the start, where nobody has an account.

use std::time::Duration;

use super::store;
use crate::domain::users;
use crate::platform::app::App;
use crate::platform::links::{Base, Page};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::LinkId;
use crate::types::secret::Secret;

/// How long a setup link works.
pub const LIFETIME: Duration = Duration::from_hours(1);

/// A setup link, this one time.
#[derive(Clone, Debug)]
pub struct SetupLink {
    /// The whole address; its path alone where nobody has said at which address the server is reached.
    pub url: Secret,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Makes a setup link. `None` as soon as there is any user, a deleted one included.
///
/// Several may be open, one from each start of each process; the first owner closes all of them.
pub async fn open(app: &App) -> Result<Option<SetupLink>, Internal> {
    if users::any(app.db.read()).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let token = Secret::random_token();
    let expires_at = now.plus(LIFETIME);
    let row = (LinkId::new(now), token.sha256());
    store::insert(app, row, (now, expires_at)).await?;
    let base = Base::at_start(&app.settings.server);
    Ok(Some(SetupLink {
        url: base.link(Page::Setup, &token),
        expires_at,
    }))
}
