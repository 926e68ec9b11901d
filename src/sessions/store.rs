//! Every query on sessions.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Txn;
use crate::entities::session::{Column, Entity};
use crate::error::Internal;
use crate::ids::UserId;

/// Ends every session of a user. Gives how many there were.
pub async fn revoke_all(txn: &Txn, user: UserId, now: Timestamp) -> Result<u64, Internal> {
    let changed = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now.as_millis()))
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now.as_millis()))
        .exec(txn)
        .await?;
    Ok(changed.rows_affected)
}

/// Deletes sessions that ended long ago. Gives how many.
pub async fn sweep(app: &App) -> Result<u64, Internal> {
    let before = app
        .clock
        .now()
        .minus(app.settings.database.keep.ended)
        .as_millis();
    let deleted = Entity::delete_many()
        .filter(Column::ExpiresAt.lt(before).or(Column::EndedAt.lt(before)))
        .exec(app.db.write())
        .await?;
    Ok(deleted.rows_affected)
}
