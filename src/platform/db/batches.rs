//! Deleting many rows by short statements, so that no backlog is too large and other writers get between.

use std::time::Duration;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable as _, Order,
    PrimaryKeyToColumn, QueryFilter as _,
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::is_passing;
use crate::types::error::Internal;

/// Rows of the first statement, of the largest and of the smallest.
const FIRST: u64 = 500;
const MOST: u64 = 5_000;
const FEWEST: u64 = 10;
/// A statement that takes longer is followed by one of half as many rows; one that takes less than a
/// quarter of it, by one of twice as many.
const LONG: Duration = Duration::from_millis(400);

/// What a step of the cleanup may use: time, as long as the server does not stop.
#[derive(Clone, Debug)]
pub struct Budget {
    ends_at: Instant,
    stop: CancellationToken,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// Rows that were deleted or changed.
    pub rows: u64,
    /// Whether nothing is left to do.
    pub is_complete: bool,
}

/// Nothing to do.
impl Default for Cleaned {
    fn default() -> Self {
        Self {
            rows: 0,
            is_complete: true,
        }
    }
}

/// One step after the other.
impl std::ops::AddAssign for Cleaned {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.is_complete &= other.is_complete;
    }
}

impl Budget {
    /// That much time from now on, and no longer than until `stop`.
    pub fn new(span: Duration, stop: CancellationToken) -> Self {
        Self {
            ends_at: Instant::now() + span,
            stop,
        }
    }

    /// Whether a step has to leave the rest to the next round.
    pub fn is_used_up(&self) -> bool {
        self.stop.is_cancelled() || Instant::now() >= self.ends_at
    }

    /// Calls `delete` with a number of rows until it deletes fewer than that, or the budget is used up.
    ///
    /// `Why:` the number follows the time a statement takes. Where even a small one is too slow for the
    /// database's limit, a fixed number would be cancelled in every round and never get anything done.
    /// `Order:` rests half as long as it worked, so that writers of other processes, which on SQLite cannot
    /// queue, find the database free.
    /// `Errors:` those of `delete`, except that one which passes is tried again with fewer rows.
    pub async fn in_batches<Deleting>(
        &self,
        delete: impl Fn(u64) -> Deleting,
    ) -> Result<Cleaned, Internal>
    where
        Deleting: Future<Output = Result<u64, Internal>>,
    {
        let (mut rows, mut most) = (0, FIRST);
        while !self.is_used_up() {
            let began = Instant::now();
            let deleted = match delete(most).await {
                Ok(deleted) => deleted,
                Err(error) if is_passing(&error) && most > FEWEST => {
                    most = Ord::max(most / 4, FEWEST);
                    continue;
                }
                Err(error) => return Err(error),
            };
            rows += deleted;
            if deleted < most {
                return Ok(Cleaned {
                    rows,
                    is_complete: true,
                });
            }
            let took = began.elapsed();
            most = next_size(most, took);
            let _stopped = self.stop.run_until_cancelled(sleep(took / 2)).await;
        }
        Ok(Cleaned {
            rows,
            is_complete: false,
        })
    }
}

fn next_size(most: u64, took: Duration) -> u64 {
    if took > LONG {
        Ord::max(most / 2, FEWEST)
    } else if took < LONG / 4 {
        Ord::min(most * 2, MOST)
    } else {
        most
    }
}

/// Deletes the rows that are `due`, at most `most`, beginning with the smallest value of `order`. Gives how
/// many it was.
///
/// `Order:` the condition stands in both queries: a row may have changed after it was found.
pub(crate) async fn delete_some<E>(
    db: &impl ConnectionTrait,
    order: E::Column,
    due: Condition,
    most: u64,
) -> Result<u64, Internal>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let keys: Vec<E::Column> = E::PrimaryKey::iter()
        .map(PrimaryKeyToColumn::into_column)
        .collect();
    let first = Query::select()
        .columns(keys.iter().map(ColumnTrait::as_column_ref))
        .from(E::default())
        .cond_where(due.clone())
        .order_by(order.as_column_ref(), Order::Asc)
        .limit(most)
        .take();
    let key = Expr::tuple(keys.iter().map(|key| Expr::col(key.as_column_ref())));
    let deleted = E::delete_many()
        .filter(ExprTrait::in_subquery(key, first))
        .filter(due)
        .exec(db)
        .await?;
    Ok(deleted.rows_affected)
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};
    use std::sync::Mutex;

    use super::*;

    fn long() -> Budget {
        Budget::new(Duration::from_hours(1), CancellationToken::new())
    }

    /// Deletes of `left` rows as many as it may, and writes down how many that was.
    fn take(left: &Mutex<u64>, most: u64) -> Ready<Result<u64, Internal>> {
        let mut left = left.lock().unwrap();
        let taken = Ord::min(most, *left);
        *left -= taken;
        ready(Ok(taken))
    }

    #[tokio::test]
    async fn a_backlog_goes_in_batches_until_nothing_is_left() {
        let left = Mutex::new(123_456);
        let cleaned = long().in_batches(|most| take(&left, most)).await.unwrap();
        let expected = Cleaned {
            rows: 123_456,
            is_complete: true,
        };
        assert_eq!((cleaned, *left.lock().unwrap()), (expected, 0));
    }

    #[test]
    fn slow_statements_get_smaller_and_quick_ones_larger_within_bounds() {
        let sizes = |took: Duration| {
            let mut most = FIRST;
            (0..20)
                .map(|_| {
                    most = next_size(most, took);
                    most
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(LONG * 2).last(), Some(&FEWEST));
        assert_eq!(sizes(LONG / 8).last(), Some(&MOST));
        assert_eq!(sizes(LONG / 2).last(), Some(&FIRST));
    }

    #[tokio::test]
    async fn a_used_up_budget_leaves_everything_to_the_next_round() {
        let budget = Budget::new(Duration::ZERO, CancellationToken::new());
        let left = Mutex::new(7);
        let cleaned = budget.in_batches(|most| take(&left, most)).await.unwrap();
        assert!(!cleaned.is_complete);
        assert_eq!((cleaned.rows, *left.lock().unwrap()), (0, 7));
    }

    #[tokio::test]
    async fn a_stop_ends_it_between_two_statements() {
        let stop = CancellationToken::new();
        let budget = Budget::new(Duration::from_hours(1), stop.clone());
        let cleaned = budget
            .in_batches(|most| {
                stop.cancel();
                ready(Ok(most))
            })
            .await
            .unwrap();
        let expected = Cleaned {
            rows: FIRST,
            is_complete: false,
        };
        assert_eq!(cleaned, expected);
    }

    #[tokio::test]
    async fn a_statement_that_is_cancelled_is_tried_with_fewer_rows() {
        let left = Mutex::new(1_000);
        let cancelled = || {
            let cause = sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
            Internal::new("deleting", cause)
        };
        let cleaned = long()
            .in_batches(async |most| {
                if most > 40 {
                    return Err(cancelled());
                }
                take(&left, most).await
            })
            .await
            .unwrap();
        assert_eq!(cleaned.rows, 1_000);
        let never = long().in_batches(async |_most| Err(cancelled())).await;
        assert!(never.is_err());
    }
}
