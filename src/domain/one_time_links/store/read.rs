//! Reading links for administrators, and what administrators do to them.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::super::{ClientClass, LinkFilter, LinkPurpose, LinkStatus, OneTimeLink, RevokedWhy};
use super::{outstanding, read};
use crate::platform::db::Txn;
use crate::platform::entities::one_time_link::{Column, Entity, Model};
use crate::platform::keyset::{self, Sorting};
use crate::platform::pagination::{Page, PageRequest, Placed, Position, SortValue};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{LinkId, UserId};

/// Newest first; ids break ties in the order of making.
const SORTING: Sorting<Column> = Sorting {
    column: Column::CreatedAt,
    id: Column::Id,
    nullable: false,
    descending: true,
};

/// The same order of reasons as `OneTimeLink::state`.
fn is(status: LinkStatus, now: Timestamp) -> Condition {
    let unused = || Condition::all().add(Column::UsedAt.is_null());
    let unreplaced = || unused().add(Column::SupersededAt.is_null());
    let untouched = || unreplaced().add(Column::RevokedAt.is_null());
    match status {
        LinkStatus::Used => Condition::all().add(Column::UsedAt.is_not_null()),
        LinkStatus::Superseded => unused().add(Column::SupersededAt.is_not_null()),
        LinkStatus::Revoked => unreplaced().add(Column::RevokedAt.is_not_null()),
        LinkStatus::Expired => untouched().add(Column::ExpiresAt.lte(now.as_millis())),
        LinkStatus::Active => untouched().add(Column::ExpiresAt.gt(now.as_millis())),
    }
}

fn of_resets() -> Select<Entity> {
    Entity::find().filter(Column::Purpose.eq(LinkPurpose::PasswordReset.name()))
}

fn filtered((filter, now): (&LinkFilter, Timestamp)) -> Select<Entity> {
    let Some(statuses) = &filter.statuses else {
        return of_resets();
    };
    // None of no states: a condition of nothing would hold for everything.
    let none = Condition::any().add(Expr::cust("1 = 0"));
    let any = statuses.iter().map(|status| is(*status, now));
    of_resets().filter(any.fold(none, Condition::add))
}

fn position(row: &Model) -> Position {
    Position {
        value: SortValue::Number(row.created_at),
        id: row.id,
    }
}

/// `Why:` a row that this release cannot read is left out rather than shown as something else.
fn shown(page: Page<Model>) -> Page<OneTimeLink> {
    let rows = page.rows.into_iter().filter_map(|row| {
        let item = read(row.item)?;
        Some(Placed {
            position: row.position,
            item,
        })
    });
    Page {
        rows: rows.collect(),
        has_next: page.has_next,
        has_previous: page.has_previous,
    }
}

pub(in crate::domain::one_time_links) async fn pages_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    wanted: (&LinkFilter, Timestamp),
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<OneTimeLink>>, Internal> {
    let owners = (Column::UserId, users);
    let list = filtered(wanted);
    let pages = keyset::fetch_for_each(db, list, owners, SORTING, request, |row| {
        (Some(row.user_id), position(row))
    });
    let pages = pages.await?.into_iter();
    Ok(pages.map(|(user, page)| (user, shown(page))).collect())
}

pub(in crate::domain::one_time_links) async fn counts_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    wanted: (&LinkFilter, Timestamp),
) -> Result<HashMap<Uuid, u64>, Internal> {
    keyset::count_for_each(db, filtered(wanted), Column::UserId, users).await
}

pub(in crate::domain::one_time_links) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[LinkId],
) -> Result<Vec<OneTimeLink>, Internal> {
    let wanted = Column::Id.is_in(ids.iter().map(|id| id.uuid()));
    let rows = of_resets().filter(wanted).all(db).await?;
    Ok(rows.into_iter().filter_map(read).collect())
}

pub(in crate::domain::one_time_links) async fn revoke(
    txn: &Txn,
    (user, only): (UserId, Option<&[LinkId]>),
    now: Timestamp,
) -> Result<u64, Internal> {
    let mut update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
        .col_expr(
            Column::RevokedWhy,
            Expr::value(RevokedWhy::Administrator.name()),
        )
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Purpose.eq(LinkPurpose::PasswordReset.name()));
    if let Some(only) = only {
        update = update.filter(Column::Id.is_in(only.iter().map(|id| id.uuid())));
    }
    let changed = outstanding(update, now).exec(txn).await?;
    Ok(changed.rows_affected)
}

/// `Why:` of two that open it at once the first stays.
pub(in crate::domain::one_time_links) async fn note_opened(
    db: &impl ConnectionTrait,
    id: LinkId,
    (now, by): (Timestamp, ClientClass),
) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::OpenedAt, Expr::value(now.as_millis()))
        .col_expr(Column::OpenedBy, Expr::value(by.name()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::OpenedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}
