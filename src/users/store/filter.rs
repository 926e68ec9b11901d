//! Conditions on users, written once for lists and counts.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, LikeExpr};

use crate::clock::Timestamp;
use crate::entities::user::Column;
use crate::users::list::TimeRange;
use crate::users::{AuthenticationSource, UserFilter, UserStatus, search};

/// Every condition of a filter. Deleted users appear only when their state is asked for.
pub(super) fn condition(filter: &UserFilter, now: Timestamp) -> Condition {
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
        all = all.add_option(wanted.map(|set| {
            if set {
                column.is_not_null()
            } else {
                column.is_null()
            }
        }));
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
        all = within(all, column, range);
    }
    match filter.search.as_deref().map(search::fold) {
        Some(needle) if !needle.is_empty() => all.add(Column::SearchText.like(contains(&needle))),
        _ => all,
    }
}

fn within(all: Condition, column: Column, range: TimeRange) -> Condition {
    all.add_option(range.from.map(|from| column.gte(from.as_millis())))
        .add_option(range.until.map(|until| column.lt(until.as_millis())))
}

fn contains(needle: &str) -> LikeExpr {
    let escaped = needle
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

/// One state, with the graver ones that would hide it excluded; mirrors `User::status`.
pub(super) fn status(status: UserStatus, now: Timestamp) -> Condition {
    let usable = || able(now).add(unlocked(now));
    let alive = || Condition::all().add(Column::DeletedAt.is_null());
    let disabled = || {
        Condition::all().add(Column::DisabledAt.is_not_null()).add(
            Condition::any()
                .add(Column::DisabledUntil.is_null())
                .add(Column::DisabledUntil.gt(now.as_millis())),
        )
    };
    let pending = || {
        Condition::all()
            .add(Column::AuthenticationSource.eq(AuthenticationSource::BuiltIn.name()))
            .add(Column::PasswordChangedAt.is_null())
    };
    match status {
        UserStatus::Deleted => Condition::all().add(Column::DeletedAt.is_not_null()),
        UserStatus::Disabled => alive().add(disabled()),
        UserStatus::Locked => able(now).add(Column::LockedUntil.gt(now.as_millis())),
        UserStatus::Pending => usable().add(pending()),
        UserStatus::Active => usable().add(pending().not()),
    }
}

/// Neither deleted nor disabled.
///
/// `Why:` `NOT` over a comparison with null would be null, so each opposite is spelled out.
pub(super) fn able(now: Timestamp) -> Condition {
    Condition::all().add(Column::DeletedAt.is_null()).add(
        Condition::any()
            .add(Column::DisabledAt.is_null())
            .add(Column::DisabledUntil.lte(now.as_millis())),
    )
}

fn unlocked(now: Timestamp) -> Condition {
    Condition::any()
        .add(Column::LockedUntil.is_null())
        .add(Column::LockedUntil.lte(now.as_millis()))
}
