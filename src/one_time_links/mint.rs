//! Making a link, inside the caller's transaction.

use std::time::Duration;

use super::{LinkPurpose, Maker, OneTimeLink, store};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Txn;
use crate::error::Internal;
use crate::ids::{LinkId, UserId};
use crate::secret::Secret;

/// Shortest life of a link.
pub const MIN_LIFETIME: Duration = Duration::from_mins(1);
/// Longest life of a link. `Source:` NIST SP 800-63B-4 §4.2.1.2.
pub const MAX_LIFETIME: Duration = Duration::from_hours(24);

/// A link to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewLink {
    /// For whom.
    pub user: UserId,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// How long it works, kept within `MIN_LIFETIME` and `MAX_LIFETIME`.
    pub lifetime: Duration,
}

/// Makes a link and its token, which is given this one time. Earlier links of the same purpose and
/// user stop working.
///
/// `Locks:` the caller holds the user's row, so that of two new links one is the newer.
pub async fn mint(
    txn: &Txn,
    actor: &Actor,
    new: NewLink,
    now: Timestamp,
) -> Result<(OneTimeLink, Secret), Internal> {
    let token = Secret::random_token();
    let lifetime = new.lifetime.clamp(MIN_LIFETIME, MAX_LIFETIME);
    let link = OneTimeLink {
        id: LinkId::new(now),
        user: new.user,
        purpose: new.purpose,
        made_by: Maker {
            kind: Some(actor.kind_name().to_owned()),
            id: actor.id(),
            label: Some(actor.label.clone()),
        },
        created_at: now,
        expires_at: now.plus(lifetime),
        used_at: None,
        superseded_at: None,
        revoked_at: None,
    };
    store::supersede(txn, new.user, new.purpose, now).await?;
    store::insert(txn, &link, token.sha256()).await?;
    Ok((link, token))
}
