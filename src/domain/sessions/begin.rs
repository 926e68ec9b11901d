//! Beginning a session, inside the transaction that verified who begins it.

use super::resolve::mint;
use super::{Session, Transport, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Origin, Role};
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Who.
    pub user: UserId,
    /// Their role.
    pub role: Role,
    /// The version of the password that was verified.
    pub credential_version: i64,
    /// Whether it serves for nothing but choosing a new password.
    pub is_restricted: bool,
    /// How the client will hold on to it.
    pub transport: Transport,
    /// Where it begins from.
    pub origin: &'a Origin,
}

/// Begins a session; its token is given back this one time. The user's oldest ones end where there
/// would be more than settings allow.
///
/// `Locks:` the caller holds the user's row.
pub async fn begin(
    txn: &Txn,
    app: &App,
    new: NewSession<'_>,
) -> Result<(Session, Secret), Internal> {
    let now = app.clock.now();
    let settings = &app.settings.security.sessions;
    let token = mint();
    let session = Session {
        id: SessionId::new(now),
        user: new.user,
        role: new.role,
        is_restricted: new.is_restricted,
        is_valid: true,
        transport: new.transport,
        ip_address: new.origin.ip_address.clone(),
        user_agent: new.origin.user_agent.clone(),
        created_at: now,
        last_used_at: now,
        ended_at: None,
        confirmed_until: None,
        expires_at: now.plus(settings.of(new.role).absolute),
    };
    store::end_oldest(txn, new.user, settings.max_per_user.saturating_sub(1), now).await?;
    store::insert(txn, &session, &token, new.credential_version).await?;
    Ok((session, token))
}
