//! Every query on one-time links.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Txn;
use crate::entities::one_time_link::{Column, Entity};
use crate::error::Internal;
use crate::ids::UserId;

/// Makes every outstanding link of a user useless. Gives how many there were.
pub async fn revoke_all(txn: &Txn, user: UserId, now: Timestamp) -> Result<u64, Internal> {
    let changed = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::SupersededAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now.as_millis()))
        .exec(txn)
        .await?;
    Ok(changed.rows_affected)
}

/// Deletes links that ended long ago. Gives how many.
pub async fn sweep(app: &App) -> Result<u64, Internal> {
    let before = app.clock.now().minus(app.settings.database.keep.ended);
    let deleted = Entity::delete_many()
        .filter(Column::ExpiresAt.lt(before.as_millis()))
        .exec(app.db.write())
        .await?;
    Ok(deleted.rows_affected)
}
