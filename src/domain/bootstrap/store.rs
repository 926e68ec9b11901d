//! Every query on setup links.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Stored;
use crate::platform::app::App;
use crate::platform::db::{self, Budget, Cleaned, Txn, delete_some};
use crate::platform::entities::setup_link::{ActiveModel, Column, Entity};
use crate::platform::keyset::only;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::LinkId;
use crate::types::secret::Secret;

pub(super) async fn insert(
    app: &App,
    (id, token_hash): (LinkId, [u8; 32]),
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), Internal> {
    let row = ActiveModel {
        id: Set(id.uuid()),
        token_hash: Set(token_hash.to_vec()),
        created_at: Set(now.as_millis()),
        expires_at: Set(expires_at.as_millis()),
        used_at: Set(None),
        closed_at: Set(None),
    };
    Entity::insert(row)
        .exec_without_returning(app.db.write())
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    token: &Secret,
) -> Result<Option<Stored>, Internal> {
    let query = Entity::find().filter(Column::TokenHash.eq(token.sha256().to_vec()));
    let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    Ok(only(db, query).await?.map(|row| Stored {
        end: Timestamp::from_millis(row.expires_at),
        used: moment(row.used_at),
        closed: moment(row.closed_at),
    }))
}

/// Uses a link up by one compare-and-swap. `false` when it could not be used any more.
pub(super) async fn consume(txn: &Txn, app: &App, token: &Secret) -> Result<bool, Internal> {
    let now = app.clock.now();
    let changed = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.as_millis()))
        .filter(Column::TokenHash.eq(token.sha256().to_vec()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ClosedAt.is_null())
        .filter(Expr::col(Column::ExpiresAt).gt(db::now(txn, &app.clock)))
        .exec(txn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Ends every link that nobody has used.
pub(super) async fn close_all(txn: &Txn, now: Timestamp) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::ClosedAt, Expr::value(now.as_millis()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ClosedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

/// Deletes setup links that ended long ago.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let before = app.clock.now().minus(app.settings.database.keep.ended);
    let due = Condition::all().add(Column::ExpiresAt.lt(before.as_millis()));
    let db = app.db.write();
    budget
        .in_batches(|most| delete_some::<Entity>(db, Column::ExpiresAt, due.clone(), most))
        .await
}
