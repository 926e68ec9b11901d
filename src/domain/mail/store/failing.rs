//! Addresses that a mail server said nobody reads.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
};

use crate::platform::entities::failing_address::{ActiveModel, Column, Entity, Model};
use crate::platform::entities::outbox_email;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// Marks an address, or gives its mark newer words.
pub(in crate::domain::mail) async fn mark(
    db: &impl ConnectionTrait,
    address_key: &str,
    reason: &str,
    at: Timestamp,
) -> Result<(), Internal> {
    let row = ActiveModel {
        address_key: Set(address_key.to_owned()),
        reason: Set(reason.to_owned()),
        failed_at: Set(at.as_millis()),
    };
    let newer = OnConflict::column(Column::AddressKey)
        .update_columns([Column::Reason, Column::FailedAt])
        .to_owned();
    Entity::insert(row)
        .on_conflict(newer)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Takes the mark off an address. `false` when it had none.
pub(in crate::domain::mail) async fn clear(
    db: &impl ConnectionTrait,
    address_key: &str,
) -> Result<bool, Internal> {
    let cleared = Entity::delete_many()
        .filter(Column::AddressKey.eq(address_key))
        .exec(db)
        .await?;
    Ok(cleared.rows_affected > 0)
}

/// Takes the marks off every address that mail went to for a user, while that is still known.
pub(in crate::domain::mail) async fn forget_user(
    db: &impl ConnectionTrait,
    user: UserId,
) -> Result<(), Internal> {
    let theirs = outbox_email::Entity::find()
        .select_only()
        .column(outbox_email::Column::RecipientKey)
        .filter(outbox_email::Column::UserId.eq(user.uuid()))
        .into_query();
    Entity::delete_many()
        .filter(Column::AddressKey.in_subquery(theirs))
        .exec(db)
        .await?;
    Ok(())
}

/// The marks of those addresses that have one.
pub(in crate::domain::mail) async fn marked(
    db: &impl ConnectionTrait,
    address_keys: &[&str],
) -> Result<Vec<Model>, Internal> {
    let keys = address_keys.iter().copied();
    let rows = Entity::find()
        .filter(Column::AddressKey.is_in(keys))
        .all(db)
        .await?;
    Ok(rows)
}
