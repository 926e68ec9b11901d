//! Every query on the tries at a user's password.

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::db::Txn;
use crate::entities::user::{Column, Entity, is_enabled};
use crate::error::Internal;
use crate::ids::UserId;

/// Failures after which the waits begin.
const FREE_FAILURES: i64 = 4;
/// Failures in a row that stop the password until it is reset.
///
/// `Source:` NIST SP 800-63B-4 §3.2.2: no more than 100.
const MOST_FAILURES: i64 = 100;
/// The first wait, which doubles with each further failure.
const FIRST_WAIT_MILLIS: i64 = 1_000;
/// The longest wait.
const LONGEST_WAIT_MILLIS: i64 = 15 * 60 * 1_000;
/// The end of a wait that only a reset or an administrator ends: 9999-12-31.
const NEVER_MILLIS: i64 = 253_402_214_400_000;

/// Counts a try before it is judged, and sets the wait that follows if it fails. `false` when the
/// user is waiting already or the password is stopped: then the try must not be judged.
///
/// `Why:` one statement that counts and looks. Parallel tries would otherwise share a count.
pub(super) async fn count_try(txn: &Txn, user: UserId, now: Timestamp) -> Result<bool, Internal> {
    let now = now.as_millis();
    let free = Column::LockedUntil
        .is_null()
        .or(Column::LockedUntil.lte(now));
    let counted = Entity::update_many()
        .col_expr(
            Column::FailedSignIns,
            Expr::col(Column::FailedSignIns).add(1),
        )
        .col_expr(Column::LockedUntil, wait(now))
        .filter(Column::Id.eq(user.uuid()))
        .filter(free)
        .exec(txn)
        .await?;
    Ok(counted.rows_affected == 1)
}

/// Until when the user waits after one more failure, by how many there were before.
///
/// `Shape:` `CASE WHEN failed < 4 THEN locked_until WHEN failed >= 99 THEN never WHEN failed = 4 THEN
/// now + 1000 WHEN failed = 5 THEN now + 2000 … ELSE now + 900000 END`.
fn wait(now: i64) -> SimpleExpr {
    let failed = || Expr::col(Column::FailedSignIns);
    let mut cases =
        CaseStatement::new().case(failed().lt(FREE_FAILURES), Expr::col(Column::LockedUntil));
    cases = cases.case(failed().gte(MOST_FAILURES - 1), Expr::value(NEVER_MILLIS));
    let (mut failures, mut millis) = (FREE_FAILURES, FIRST_WAIT_MILLIS);
    while millis < LONGEST_WAIT_MILLIS {
        cases = cases.case(failed().eq(failures), now + millis);
        (failures, millis) = (failures + 1, millis * 2);
    }
    cases.finally(now + LONGEST_WAIT_MILLIS).into()
}

/// Notes a successful sign-in, and forgets the failures before it. `false` when the user can no longer
/// sign in.
///
/// `Locks:` the user's row, so that no reset comes between this and what follows in the transaction.
pub(super) async fn note_sign_in(
    txn: &Txn,
    user: UserId,
    now: Timestamp,
) -> Result<bool, Internal> {
    let now = now.as_millis();
    let noted = Entity::update_many()
        .col_expr(Column::FailedSignIns, Expr::value(0))
        .col_expr(Column::LockNotices, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<i64>))
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
