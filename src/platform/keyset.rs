//! Keyset paging on the database: one page by a range of (sort value, id), never by counting rows.
//!
//! Rows without a sort value come last in both directions. A list is therefore two stretches, rows
//! with a value and rows without one, and a page is read from the first and, only where it runs out,
//! from the second; each stretch is a range of one index.

pub(crate) mod at_once;

pub(crate) use at_once::only;

use std::collections::HashMap;

use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, Func, IntoColumnRef, Query, SimpleExpr, WindowStatement,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, Value,
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::platform::pagination::{Direction, Page, PageRequest, Placed, Position, SortValue};
use crate::types::error::Internal;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sorting<C> {
    /// The column of the sort value.
    pub column: C,
    /// The column that breaks ties.
    pub id: C,
    /// Whether rows may lack a value.
    pub nullable: bool,
    /// Whether the largest comes first.
    pub descending: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
    WithValue,
    WithoutValue,
}

impl<C: ColumnTrait> Sorting<C> {
    fn stretches(&self, direction: Direction) -> &'static [Stretch] {
        match (self.nullable, direction) {
            (false, _) => &[Stretch::WithValue],
            (true, Direction::Forward) => &[Stretch::WithValue, Stretch::WithoutValue],
            (true, Direction::Backward) => &[Stretch::WithoutValue, Stretch::WithValue],
        }
    }

    fn order(&self, direction: Direction) -> Order {
        match (self.descending, direction) {
            (false, Direction::Forward) | (true, Direction::Backward) => Order::Asc,
            (true, Direction::Forward) | (false, Direction::Backward) => Order::Desc,
        }
    }

    /// The rows of a stretch on the wanted side of a place. `None` when there are none.
    fn side(&self, stretch: Stretch, place: &Position, following: bool) -> Option<SimpleExpr> {
        let larger = following != self.descending;
        let id = || Expr::val(place.id);
        match (stretch, &place.value) {
            (Stretch::WithValue, SortValue::Null) if following => None,
            (Stretch::WithoutValue, SortValue::Number(_) | SortValue::Text(_)) if !following => {
                None
            }
            (Stretch::WithValue, SortValue::Null) => Some(Expr::val(true).eq(true)),
            (Stretch::WithoutValue, SortValue::Number(_) | SortValue::Text(_)) => {
                Some(Expr::val(true).eq(true))
            }
            (Stretch::WithoutValue, SortValue::Null) => {
                let column = self.id.into_expr();
                Some(if larger {
                    column.gt(id())
                } else {
                    column.lt(id())
                })
            }
            (Stretch::WithValue, value) => {
                let row = Expr::tuple([self.column.into_expr(), self.id.into_expr()]);
                let place = Expr::tuple([Expr::val(bound(value)), id()]);
                Some(if larger { row.gt(place) } else { row.lt(place) })
            }
        }
    }

    /// The whole condition of a stretch within a request. `None` when nothing can match.
    fn range(&self, stretch: Stretch, request: &PageRequest) -> Option<Condition> {
        let mut range = Condition::all();
        if self.nullable {
            range = range.add(match stretch {
                Stretch::WithValue => self.column.is_not_null(),
                Stretch::WithoutValue => self.column.is_null(),
            });
        }
        if let Some(after) = &request.after {
            range = range.add(self.side(stretch, after, true)?);
        }
        if let Some(before) = &request.before {
            range = range.add(self.side(stretch, before, false)?);
        }
        Some(range)
    }
}

fn bound(value: &SortValue) -> Value {
    match value {
        SortValue::Null => Value::String(None),
        SortValue::Number(number) => (*number).into(),
        SortValue::Text(text) => text.clone().into(),
    }
}

/// Reads one page of a list.
pub(crate) async fn fetch<E, C>(
    db: &impl ConnectionTrait,
    list: Select<E>,
    sorting: Sorting<C>,
    request: &PageRequest,
    place: impl Fn(&E::Model) -> Position,
) -> Result<Page<E::Model>, Internal>
where
    E: EntityTrait,
    E::Model: DeserializeOwned,
    C: ColumnTrait,
{
    let wanted = u64::from(request.size) + 1;
    let order = sorting.order(request.direction);
    let mut rows = Vec::new();
    for stretch in sorting.stretches(request.direction) {
        let missing = wanted.saturating_sub(rows.len() as u64);
        let (Some(range), true) = (sorting.range(*stretch, request), missing > 0) else {
            continue;
        };
        let mut query = list.clone().filter(range);
        if *stretch == Stretch::WithValue {
            query = query.order_by(sorting.column, order.clone());
        }
        let query = query.order_by(sorting.id, order.clone());
        rows.extend(at_once::rows(db, query, Some(missing)).await?);
    }
    let rows = rows
        .into_iter()
        .map(|item| Placed {
            position: place(&item),
            item,
        })
        .collect();
    Ok(Page::from_fetched(request, rows))
}

/// Reads the same page of many owners' lists in one statement, for nested lists.
///
/// The sort value must not be null.
#[expect(
    clippy::too_many_arguments,
    reason = "a list, whose lists, their order, the page, and how rows are read"
)]
pub(crate) async fn fetch_for_each<E, C>(
    db: &impl ConnectionTrait,
    list: Select<E>,
    owners: (C, &[Uuid]),
    sorting: Sorting<C>,
    request: &PageRequest,
    read: impl Fn(&E::Model) -> (Option<Uuid>, Position),
) -> Result<HashMap<Uuid, Page<E::Model>>, Internal>
where
    E: EntityTrait,
    E::Model: DeserializeOwned,
    C: ColumnTrait + IntoColumnRef,
{
    let (owner, ids) = owners;
    let order = sorting.order(request.direction);
    let (rank, ranked) = (Alias::new("rank_in_list"), Alias::new("ranked"));
    let mut window = WindowStatement::partition_by(owner);
    window
        .order_by(sorting.column, order.clone())
        .order_by(sorting.id, order.clone());
    // The list's own conditions hold before rows are counted, or a page would lack what they let through.
    let mut inner = list.clone().into_query();
    inner
        .clear_selects()
        .column(sorting.id)
        .expr_window_as(Func::cust("ROW_NUMBER"), window, rank.clone())
        .and_where(owner.is_in(ids.iter().copied()));
    if let Some(range) = sorting.range(Stretch::WithValue, request) {
        inner.cond_where(range);
    }
    let outer = Query::select()
        .column(Alias::new(sorting.id.as_str()))
        .from_subquery(inner, ranked)
        .and_where(Expr::col(rank).lte(i64::from(request.size) + 1))
        .take();
    let list = list
        .filter(sorting.id.in_subquery(outer))
        .order_by(sorting.column, order.clone())
        .order_by(sorting.id, order);
    let rows = at_once::rows(db, list, None).await?;
    let mut lists: HashMap<Uuid, Vec<Placed<E::Model>>> =
        ids.iter().map(|id| (*id, Vec::new())).collect();
    for item in rows {
        if let (Some(owner), position) = read(&item) {
            lists
                .entry(owner)
                .or_default()
                .push(Placed { position, item });
        }
    }
    Ok(lists
        .into_iter()
        .map(|(id, rows)| (id, Page::from_fetched(request, rows)))
        .collect())
}

/// Counts many owners' lists in one statement. Owners without rows are absent.
pub(crate) async fn count_for_each<E, C>(
    db: &impl ConnectionTrait,
    list: Select<E>,
    owner: C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, u64>, Internal>
where
    E: EntityTrait,
    C: ColumnTrait,
{
    let rows: Vec<(Uuid, i64)> = list
        .select_only()
        .column(owner)
        .column_as(Expr::cust("COUNT(*)"), "rows_counted")
        .filter(owner.is_in(ids.iter().copied()))
        .group_by(owner)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, rows)| (id, u64::try_from(rows).unwrap_or(0)))
        .collect())
}
