//! Reading sessions, each with what stands behind it: its user, and the present version of the password.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::super::{Session, Transport};
use super::live;
use crate::platform::db;
use crate::platform::entities::session::{Column, Entity, Model};
use crate::platform::entities::{credential, user};
use crate::platform::keyset::{self, Sorting, only};
use crate::platform::pagination::{Page, PageRequest, Position, SortValue};
use crate::types::actor::Role;
use crate::types::clock::{Clock, Timestamp};
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

/// Newest first; ids break ties in the order of making.
const SORTING: Sorting<Column> = Sorting {
    column: Column::CreatedAt,
    id: Column::Id,
    nullable: false,
    descending: true,
};

/// What a session of a user stands on.
#[derive(FromQueryResult)]
struct Standing {
    id: Uuid,
    username: String,
    role: String,
    must_change_password: bool,
    disabled_at: Option<i64>,
    disabled_until: Option<i64>,
    deleted_at: Option<i64>,
    credential_version: Option<i64>,
    /// The moment for which all this was asked.
    judged_at: i64,
}

impl Standing {
    fn may_sign_in(&self, now: Timestamp) -> bool {
        let (since, until) = (self.disabled_at, self.disabled_until);
        let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        self.deleted_at.is_none() && !Timestamp::goes_on(moment(since), moment(until), now)
    }
}

async fn standings(
    db: &impl ConnectionTrait,
    users: impl IntoIterator<Item = Uuid>,
    judged_at: SimpleExpr,
) -> Result<HashMap<Uuid, Standing>, Internal> {
    let to_credentials = user::Entity::belongs_to(credential::Entity)
        .from(user::Column::Id)
        .to(credential::Column::UserId)
        .into();
    let rows = user::Entity::find()
        .select_only()
        .columns([
            user::Column::Id,
            user::Column::Username,
            user::Column::Role,
            user::Column::MustChangePassword,
            user::Column::DisabledAt,
            user::Column::DisabledUntil,
            user::Column::DeletedAt,
        ])
        .column_as(credential::Column::Version, "credential_version")
        .column_as(judged_at, "judged_at")
        .join(JoinType::LeftJoin, to_credentials)
        .filter(user::Column::Id.is_in(users))
        .into_model::<Standing>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn at(now: Timestamp) -> SimpleExpr {
    Expr::value(now.as_millis())
}

/// `Why:` a role this release does not know gives no rights.
fn session(row: Model, standing: Option<&Standing>, now: Timestamp) -> Session {
    let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    let is_valid = standing.is_some_and(|standing| {
        standing.may_sign_in(now) && standing.credential_version == Some(row.credential_version)
    });
    Session {
        id: SessionId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        role: standing
            .and_then(|standing| Role::parse(&standing.role))
            .unwrap_or(Role::Member),
        is_restricted: standing.is_some_and(|standing| standing.must_change_password),
        is_valid,
        transport: Transport::parse(&row.transport),
        ip_address: row.ip_address,
        user_agent: row.user_agent,
        created_at: Timestamp::from_millis(row.created_at),
        last_used_at: Timestamp::from_millis(row.last_used_at),
        ended_at: moment(row.ended_at),
        confirmed_until: moment(row.confirmed_until),
        expires_at: Timestamp::from_millis(row.expires_at),
    }
}

/// The session with this token, and the username of its user. `None` when it has expired.
///
/// `Order:` the clock catches up with the moment of the statement, so that what settings add to a session, its
/// end without use and its step-up, is judged by that as well.
pub(in crate::domain::sessions) async fn by_token(
    db: &impl ConnectionTrait,
    token: &Secret,
    clock: &Clock,
) -> Result<Option<(Session, String)>, Internal> {
    let wanted = Entity::find()
        .filter(Column::TokenHash.eq(token.sha256().to_vec()))
        .filter(Expr::col(Column::ExpiresAt).gt(db::now(db, clock)));
    let Some(row) = only(db, wanted).await? else {
        return Ok(None);
    };
    let standings = standings(db, [row.user_id], db::now(db, clock)).await?;
    let standing = standings.get(&row.user_id);
    if let Some(standing) = standing {
        clock.catch_up(Timestamp::from_millis(standing.judged_at));
    }
    let now = clock.now();
    let username = standing.map(|standing| standing.username.clone());
    Ok(username.map(|username| (session(row, standing, now), username)))
}

pub(in crate::domain::sessions) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[SessionId],
    now: Timestamp,
) -> Result<Vec<Session>, Internal> {
    let wanted = Column::Id.is_in(ids.iter().map(|id| id.uuid()));
    let rows = Entity::find().filter(wanted).all(db).await?;
    let standings = standings(db, rows.iter().map(|row| row.user_id), at(now)).await?;
    let read = |row: Model| {
        let standing = standings.get(&row.user_id);
        session(row, standing, now)
    };
    Ok(rows.into_iter().map(read).collect())
}

/// A user's sessions that have not been ended, last used first.
pub(in crate::domain::sessions) async fn last_used(
    db: &impl ConnectionTrait,
    user: UserId,
    most: u64,
    now: Timestamp,
) -> Result<Vec<Session>, Internal> {
    let rows = Entity::find()
        .filter(live(user, now))
        .order_by_desc(Column::LastUsedAt)
        .order_by_desc(Column::Id)
        .limit(most)
        .all(db)
        .await?;
    let standings = standings(db, [user.uuid()], at(now)).await?;
    let standing = standings.get(&user.uuid());
    let rows = rows.into_iter();
    Ok(rows.map(|row| session(row, standing, now)).collect())
}

pub(in crate::domain::sessions) async fn pages_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    request: &PageRequest,
    now: Timestamp,
) -> Result<HashMap<Uuid, Page<Session>>, Internal> {
    let position = |row: &Model| Position {
        value: SortValue::Number(row.created_at),
        id: row.id,
    };
    let pages = keyset::fetch_for_each(
        db,
        Entity::find(),
        (Column::UserId, users),
        SORTING,
        request,
        |row| (Some(row.user_id), position(row)),
    )
    .await?;
    let standings = standings(db, users.iter().copied(), at(now)).await?;
    let read = |(user, page): (Uuid, Page<Model>)| {
        let standing = standings.get(&user);
        (user, page.map(|row| session(row, standing, now)))
    };
    Ok(pages.into_iter().map(read).collect())
}

pub(in crate::domain::sessions) async fn counts_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
) -> Result<HashMap<Uuid, u64>, Internal> {
    keyset::count_for_each(db, Entity::find(), Column::UserId, users).await
}
