//! Reading the links of users, newest first, and noting that one was opened. What only a notice carries
//! is no way in, and not among them.

use std::collections::HashMap;

use uuid::Uuid;

use super::{ClientClass, LinkPurpose, LinkStatus, OneTimeLink, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::error::Internal;
use crate::types::ids::{LinkId, UserId};
use crate::types::secret::Secret;

/// The order's name in cursors.
pub const ORDER: &str = "links";

/// Conditions on links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkFilter {
    /// In one of these states.
    pub statuses: Option<Vec<LinkStatus>>,
}

/// The same page of each user's links, in one statement. Without a check of rights.
pub async fn list_by_user(
    app: &App,
    users: &[Uuid],
    filter: &LinkFilter,
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<OneTimeLink>>, Internal> {
    let wanted = (filter, app.clock.now());
    store::pages_by_user(app.db.read(), users, wanted, request).await
}

/// How many links each user has, in one statement. Without a check of rights.
pub async fn count_by_user(
    app: &App,
    users: &[Uuid],
    filter: &LinkFilter,
) -> Result<HashMap<Uuid, u64>, Internal> {
    let wanted = (filter, app.clock.now());
    store::counts_by_user(app.db.read(), users, wanted).await
}

/// The links with these ids; unknown ones are absent. Without a check of rights.
pub async fn find_many(app: &App, ids: &[LinkId]) -> Result<Vec<OneTimeLink>, Internal> {
    store::by_ids(app.db.read(), ids).await
}

/// Makes these links of a user useless, as far as they still work; all of them without a list.
pub async fn revoke(
    txn: &Txn,
    app: &App,
    (user, only): (UserId, Option<&[LinkId]>),
) -> Result<u64, Internal> {
    store::revoke(txn, (user, only), app.clock.now()).await
}

/// Notes that a link was opened, and by what. Only the first time counts.
///
/// `Why:` a link is looked up first, so that addresses that nobody was ever given cost no write.
pub async fn note_opened(
    app: &App,
    purpose: LinkPurpose,
    token: &Secret,
    by: ClientClass,
) -> Result<(), Internal> {
    let link = store::look(app, purpose, token).await?;
    match link.filter(|link| link.opened_at.is_none()) {
        Some(link) => store::note_opened(app.db.write(), link.id, (app.clock.now(), by)).await,
        None => Ok(()),
    }
}
