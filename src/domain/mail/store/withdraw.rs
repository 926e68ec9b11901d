//! Taking mails off the queue that carry a secret to an address that is no longer their user's.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::super::{DeliveryStatus, MailKind};
use crate::platform::db::Txn;
use crate::platform::entities::outbox_email::{Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// Kinds by which whoever reads them comes into the account. Notices go to the old address on purpose.
const OPENING: [MailKind; 3] = [
    MailKind::Welcome,
    MailKind::NewPassword,
    MailKind::PasswordResetLink,
];

/// Gives up the mails to a user that wait with a password or a link for an address that they have left. One that
/// a worker is sending right now cannot be called back.
///
/// `Why:` links end with the address, a password does not, and whoever reads the old mailbox may be the reason
/// for the new one.
/// `Locks:` the mails, in the order in which workers take them.
pub async fn withdraw_secrets(
    txn: &Txn,
    user: UserId,
    left_key: &str,
    now: Timestamp,
) -> Result<(), Internal> {
    let waiting = [DeliveryStatus::Queued, DeliveryStatus::Sending].map(DeliveryStatus::name);
    let ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::RecipientKey.eq(left_key))
        .filter(Column::Kind.is_in(OPENING.map(MailKind::name)))
        .filter(Column::SecretSealed.is_not_null())
        .filter(Column::Status.is_in(waiting))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .into_tuple::<Uuid>()
        .all(txn)
        .await?;
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(
            Column::Status,
            Expr::value(DeliveryStatus::Cancelled.name()),
        )
        .col_expr(Column::NextAttemptAt, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(now.as_millis()))
        .col_expr(Column::SecretSealed, Expr::value(None::<Vec<u8>>))
        .filter(Column::Id.is_in(ids))
        .filter(Column::Status.is_in(waiting))
        .exec(txn)
        .await?;
    Ok(())
}
