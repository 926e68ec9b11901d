//! What the row of a user knows of the password.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::platform::db::Txn;
use crate::platform::entities::user::{Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// What a user's row knows of the password; the hash stands elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordState {
    /// When it was set. `None` when there is none.
    pub changed_at: Option<Timestamp>,
    /// Whether another one must be chosen at the next sign-in.
    pub must_change: bool,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// Since when it opens nothing, until a reset.
    pub blocked_at: Option<Timestamp>,
}

/// Writes what a user's row knows of the password.
pub async fn set_password_state(
    txn: &Txn,
    id: UserId,
    state: PasswordState,
) -> Result<(), Internal> {
    let millis = |moment: Option<Timestamp>| moment.map(Timestamp::as_millis);
    Entity::update_many()
        .col_expr(
            Column::PasswordChangedAt,
            Expr::value(millis(state.changed_at)),
        )
        .col_expr(Column::MustChangePassword, Expr::value(state.must_change))
        .col_expr(
            Column::PasswordExpiresAt,
            Expr::value(millis(state.expires_at)),
        )
        .col_expr(
            Column::PasswordBlockedAt,
            Expr::value(millis(state.blocked_at)),
        )
        .filter(Column::Id.eq(id.uuid()))
        .exec(txn)
        .await?;
    Ok(())
}
