//! Every query on the tries at a user's password.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::tries::{Count, FREE_FAILURES, MOST_FAILURES, Tries};
use crate::platform::db::Txn;
use crate::platform::entities::user::{Column, Entity, is_enabled};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// The tries of a user without those of a known source, so that nobody else counts one until the
/// transaction ends. `None` for nobody.
///
/// `Locks:` the user's row.
pub(super) async fn lock_tries(txn: &Txn, user: UserId) -> Result<Option<Tries>, Internal> {
    let row: Option<(i64, i64, Option<i64>)> = Entity::find_by_id(user.uuid())
        .select_only()
        .columns([
            Column::FailedSignIns,
            Column::StrangerFailures,
            Column::LockedUntil,
        ])
        .lock_exclusive()
        .into_tuple()
        .one(txn)
        .await?;
    Ok(row.map(|(total, failures, locked_until)| Tries {
        total,
        strangers: Count {
            failures,
            locked_until,
        },
        known: None,
    }))
}

/// Writes them.
pub(super) async fn put_tries(txn: &Txn, user: UserId, tries: Tries) -> Result<(), Internal> {
    let strangers = tries.strangers;
    Entity::update_many()
        .col_expr(Column::FailedSignIns, Expr::value(tries.total))
        .col_expr(Column::StrangerFailures, Expr::value(strangers.failures))
        .col_expr(Column::LockedUntil, Expr::value(strangers.locked_until))
        .filter(Column::Id.eq(user.uuid()))
        .exec(txn)
        .await?;
    Ok(())
}

/// Notes a successful sign-in, which leaves these tries. `false` when the user can no longer sign in.
///
/// `Locks:` the user's row, so that no reset comes between this and what follows in the transaction.
pub(super) async fn note_sign_in(
    txn: &Txn,
    user: UserId,
    tries: Tries,
    now: Timestamp,
) -> Result<bool, Internal> {
    let now = now.as_millis();
    let strangers = tries.strangers;
    // Whoever was told of a lock that goes on is not told again.
    let told = if tries.total == 0 {
        Expr::value(0)
    } else {
        Expr::col(Column::LockNotices)
    };
    let noted = Entity::update_many()
        .col_expr(Column::FailedSignIns, Expr::value(tries.total))
        .col_expr(Column::StrangerFailures, Expr::value(strangers.failures))
        .col_expr(Column::LockNotices, told)
        .col_expr(Column::LockedUntil, Expr::value(strangers.locked_until))
        .col_expr(Column::LastSignInAt, Expr::value(now))
        .filter(Column::Id.eq(user.uuid()))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::PasswordBlockedAt.is_null())
        .filter(is_enabled(now))
        .exec(txn)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// A lock that its user has not been told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locked {
    pub(super) user: UserId,
    /// Whether only a reset or an administrator ends it.
    pub(super) is_stopped: bool,
    /// Mails of this run of failures before.
    told: i64,
}

/// Mails a run of failures can cause: at the first wait, and at the stop.
const NOTICES: i64 = 2;

/// Locks that nobody was told of, some of them.
///
/// `Shape:` spelled as the index is, letter by letter, so that it is used. `Why:` the fifth failure counts
/// once its wait is over. Until then it may be a try that is still being judged, and right.
pub(super) async fn locked(
    db: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<Vec<Locked>, Internal> {
    let is_first = Condition::all().add(Column::LockNotices.eq(0)).add(
        Condition::any()
            .add(Column::FailedSignIns.gt(FREE_FAILURES + 1))
            .add(Column::LockedUntil.lte(now.as_millis())),
    );
    let is_second = Condition::all()
        .add(Column::LockNotices.lt(NOTICES))
        .add(Column::FailedSignIns.gte(MOST_FAILURES));
    let rows: Vec<(Uuid, i64, i64)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::FailedSignIns, Column::LockNotices])
        .filter(Expr::cust("failed_sign_ins >= 5"))
        .filter(Column::LockNotices.lt(NOTICES))
        .filter(Condition::any().add(is_first).add(is_second))
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    let read = |(id, failures, told): (Uuid, i64, i64)| Locked {
        user: UserId::from_uuid(id),
        is_stopped: failures >= MOST_FAILURES,
        told,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Marks a lock as told. `false` when another worker has, or when it was lifted meanwhile.
pub(super) async fn mark_told(txn: &Txn, locked: Locked) -> Result<bool, Internal> {
    let told = if locked.is_stopped { NOTICES } else { 1 };
    let marked = Entity::update_many()
        .col_expr(Column::LockNotices, Expr::value(told))
        .filter(Column::Id.eq(locked.user.uuid()))
        .filter(Column::LockNotices.eq(locked.told))
        .filter(Column::FailedSignIns.gt(FREE_FAILURES))
        .exec(txn)
        .await?;
    Ok(marked.rows_affected == 1)
}
