//! Conditions on users, written once for lists and counts.
//!
//! `Why:` nothing here is spelled as the indexes for rare conditions are, so that a database without
//! statistics does not sort a million members by taking the index of roles. `route` decides on those.

use sea_orm::sea_query::{Condition, ExprTrait, LikeExpr, SimpleExpr};
use sea_orm::{ColumnTrait, IntoSimpleExpr};

use crate::domain::users::list::TimeRange;
use crate::domain::users::search::{self, Needle};
use crate::domain::users::{AuthenticationSource, UserFilter, UserStatus};
use crate::platform::entities::user::{Column, is_disabled, is_enabled};
use crate::types::clock::Timestamp;

/// Every condition of a filter, for a list sorted by that column. Deleted users appear only when their
/// state is asked for.
pub(super) fn condition(
    filter: &UserFilter,
    now: Timestamp,
    sorted_by: Option<Column>,
) -> Condition {
    let mut all = Condition::all();
    if let Some(ids) = &filter.ids {
        all = all.add(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
    }
    all = match &filter.statuses {
        Some(statuses) => all.add(statuses.iter().fold(Condition::any(), |any, wanted| {
            any.add(status(*wanted, now))
        })),
        None => all.add(Column::DeletedAt.is_null()),
    };
    if let Some(roles) = &filter.roles {
        all = all.add(Column::Role.is_in(roles.iter().map(|role| role.name())));
    }
    if let Some(sources) = &filter.authentication_sources {
        let names = sources.iter().map(|source| source.name());
        all = all.add(Column::AuthenticationSource.is_in(names));
    }
    if let Some(domain) = &filter.email_domain {
        all = all.add(Column::EmailDomain.eq(domain));
    }
    for (column, wanted) in [
        (Column::Email, filter.has_email),
        (Column::EmailVerifiedAt, filter.email_verified),
        (Column::PasswordChangedAt, filter.has_password),
        (
            Column::LastSignInAt,
            filter.never_signed_in.map(|never| !never),
        ),
    ] {
        all = all.add_option(wanted.map(|set| column.is_null().eq(!set)));
    }
    if let Some(must_change) = filter.must_change_password {
        all = all.add(Column::MustChangePassword.eq(must_change));
    }
    for (column, range) in [
        (Column::PasswordChangedAt, filter.password_changed_at),
        (Column::PasswordExpiresAt, filter.password_expires_at),
        (Column::CreatedAt, filter.created_at),
        (Column::LastSignInAt, filter.last_sign_in_at),
    ] {
        let sorted = sorted_by.is_some_and(|by| matches_column(by, column));
        let moment = if sorted {
            column.into_simple_expr()
        } else {
            column.into_simple_expr().add(0)
        };
        all = within(all, &moment, range);
    }
    all.add_option(filter.search.as_deref().and_then(search::needle).map(has))
}

fn matches_column(one: Column, other: Column) -> bool {
    sea_orm::Iden::unquoted(&one) == sea_orm::Iden::unquoted(&other)
}

/// A range of time.
pub(super) fn within(all: Condition, moment: &SimpleExpr, range: TimeRange) -> Condition {
    all.add_option(range.from.map(|from| moment.clone().gte(from.as_millis())))
        .add_option(
            range
                .until
                .map(|until| moment.clone().lt(until.as_millis())),
        )
}

/// The search itself: what an index finds is looked at again by this.
fn has(needle: Needle) -> Condition {
    let text = |pattern| Column::SearchText.like(pattern);
    match needle {
        Needle::Anywhere(needle) => Condition::any().add(text(like("%", &needle))),
        Needle::AtStart(needle) => Condition::any()
            .add(text(like("", &needle)))
            .add(text(like("%\n", &needle))),
    }
}

/// The pattern of texts with something in them, after `before`.
pub(super) fn like(before: &str, needle: &str) -> LikeExpr {
    LikeExpr::new(format!("{before}{}%", escaped(needle))).escape('\\')
}

/// A text in which no letter of a pattern means anything.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// One state, with the graver ones that would hide it excluded; mirrors `User::status`.
pub(super) fn status(status: UserStatus, now: Timestamp) -> Condition {
    let usable = || able(now).add(unlocked(now));
    let alive = || Condition::all().add(Column::DeletedAt.is_null());
    let pending = || {
        Condition::all()
            .add(Column::AuthenticationSource.eq(AuthenticationSource::BuiltIn.name()))
            .add(Column::PasswordChangedAt.is_null().eq(true))
    };
    match status {
        UserStatus::Deleted => Condition::all().add(Column::DeletedAt.is_not_null()),
        UserStatus::Disabled => alive().add(is_disabled(now.as_millis())),
        UserStatus::Locked => able(now).add(Column::LockedUntil.gt(now.as_millis())),
        UserStatus::Pending => usable().add(pending()),
        UserStatus::Active => usable().add(pending().not()),
    }
}

/// Neither deleted nor disabled.
pub(super) fn able(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::DeletedAt.is_null())
        .add(is_enabled(now.as_millis()))
}

fn unlocked(now: Timestamp) -> Condition {
    Condition::any()
        .add(Column::LockedUntil.is_null())
        .add(Column::LockedUntil.lte(now.as_millis()))
}
