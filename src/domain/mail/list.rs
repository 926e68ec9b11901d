//! Reading what became of mails, newest first.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Delivery, DeliveryStatus, MailKind, store};
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{MailDeliveryId, UserId};

/// Conditions on deliveries. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeliveryFilter {
    /// One of these mails.
    pub kinds: Option<Vec<MailKind>>,
    /// In one of these states.
    pub statuses: Option<Vec<DeliveryStatus>>,
    /// To the address with this key.
    pub recipient_key: Option<String>,
    /// To an address at this domain, as lowercase ASCII.
    pub recipient_domain: Option<String>,
    /// To one of these users.
    pub users: Option<Vec<UserId>>,
    /// First moment of the range in which it was queued.
    pub from: Option<Timestamp>,
    /// First moment after the range.
    pub until: Option<Timestamp>,
}

/// One page of the deliveries, newest first.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &DeliveryFilter,
    request: &PageRequest,
) -> Result<Page<Delivery>, ReadError> {
    actor.require(Permission::MailRead)?;
    Ok(store::page(app.db.read(), filter, request).await?)
}

/// How many deliveries there are under the same conditions.
pub async fn count(app: &App, actor: &Actor, filter: &DeliveryFilter) -> Result<u64, ReadError> {
    actor.require(Permission::MailRead)?;
    Ok(store::count(app.db.read(), filter).await?)
}

/// The same page of each user's deliveries, in one statement.
pub async fn list_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    filter: &DeliveryFilter,
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<Delivery>>, ReadError> {
    actor.require(Permission::MailRead)?;
    Ok(store::pages_by_user(app.db.read(), users, filter, request).await?)
}

/// How many deliveries each user has, in one statement.
pub async fn count_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    filter: &DeliveryFilter,
) -> Result<HashMap<Uuid, u64>, ReadError> {
    actor.require(Permission::MailRead)?;
    Ok(store::counts_by_user(app.db.read(), users, filter).await?)
}

/// The deliveries with these names; unknown ones are absent.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[MailDeliveryId],
) -> Result<Vec<Delivery>, ReadError> {
    actor.require(Permission::MailRead)?;
    Ok(store::by_ids(app.db.read(), ids).await?)
}

/// One mail, without a check of rights: for the payload of an act that had its own.
pub async fn find_by_id(app: &App, id: MailDeliveryId) -> Result<Option<Delivery>, Internal> {
    Ok(store::by_ids(app.db.read(), &[id])
        .await?
        .into_iter()
        .next())
}
