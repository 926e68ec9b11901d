//! What a caller can say to point at users: references, conditions, orders.

use async_graphql::{ID, InputObject, OneofObject};

use crate::domain::users::{self, TimeRange};
use crate::graphql::enums::{
    AuthenticationSource, OrderDirection, Role, UserOrderField, UserStatus,
};
use crate::graphql::scalars::DateTime;
use crate::types::address::domain_key;
use crate::types::ids::UserId;

/// Points at one user. Give exactly one of the fields.
#[derive(OneofObject)]
pub(crate) enum UserRef {
    /// ID of the user. Prefer this in programs: usernames and addresses can pass to someone else.
    Id(ID),
    /// Username or e-mail address, without regard to letter case.
    Login(String),
}

impl From<&UserRef> for users::UserRef {
    fn from(reference: &UserRef) -> Self {
        match reference {
            UserRef::Id(id) => UserId::parse(id).map_or(Self::Nobody, Self::Id),
            UserRef::Login(login) => Self::Login(login.clone()),
        }
    }
}

/// A stretch of time. Either end may be left open.
#[derive(InputObject, Clone, Copy)]
pub(crate) struct DateTimeRange {
    /// First moment that belongs to the range.
    pub(crate) from: Option<DateTime>,
    /// First moment after the range.
    pub(crate) until: Option<DateTime>,
}

/// An absent range restricts nothing.
pub(crate) fn range(range: Option<DateTimeRange>) -> TimeRange {
    range.map_or_else(TimeRange::default, |range| TimeRange {
        from: range.from.map(|at| at.0),
        until: range.until.map(|at| at.0),
    })
}

/// Conditions on users. All that are given have to hold.
#[derive(InputObject, Default)]
pub(crate) struct UserFilter {
    /// One of these users, at most 100.
    ids: Option<Vec<ID>>,
    /// In one of these states. Without this, deleted users are left out.
    statuses: Option<Vec<UserStatus>>,
    /// With one of these roles.
    roles: Option<Vec<Role>>,
    /// From one of these authentication sources.
    authentication_sources: Option<Vec<AuthenticationSource>>,
    /// With an e-mail address in this domain.
    email_domain: Option<String>,
    /// With, or without, an e-mail address.
    has_email: Option<bool>,
    /// With, or without, a verified e-mail address.
    email_verified: Option<bool>,
    /// With, or without, a password kept here.
    has_password: Option<bool>,
    /// Who do, or do not, have to change their password at the next sign-in.
    must_change_password: Option<bool>,
    /// Whose password was last set in this range.
    password_changed_at: Option<DateTimeRange>,
    /// Whose password stops working in this range.
    password_expires_at: Option<DateTimeRange>,
    /// Who were created in this range.
    created_at: Option<DateTimeRange>,
    /// Who last signed in in this range.
    last_sign_in_at: Option<DateTimeRange>,
    /// Who have never, or have at some time, signed in.
    never_signed_in: Option<bool>,
}

/// Order of users. Ties are broken by ID.
#[derive(InputObject)]
pub(crate) struct UserOrder {
    /// What to order by.
    pub(super) field: UserOrderField,
    /// Which way round.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub(super) direction: OrderDirection,
}

/// At most this many entries in a list of a filter.
pub(crate) const MAX_LISTED: usize = 100;

/// Refuses a list that is too long to be a filter.
pub(crate) fn short<T>(name: &str, list: Option<&Vec<T>>) -> Result<(), String> {
    match list {
        Some(list) if list.len() > MAX_LISTED => {
            Err(format!("`{name}` takes at most {MAX_LISTED} entries."))
        }
        _ => Ok(()),
    }
}

/// Refuses a text that no row can hold: PostgreSQL fails on it, where SQLite finds nothing.
pub(crate) fn writable(name: &str, text: Option<&String>) -> Result<(), String> {
    match text {
        Some(text) if text.contains('\0') => Err(format!("`{name}` must not contain U+0000.")),
        _ => Ok(()),
    }
}

fn into<A, B: From<A>>(list: Option<Vec<A>>) -> Option<Vec<B>> {
    list.map(|list| list.into_iter().map(B::from).collect())
}

impl UserFilter {
    pub(super) fn read(self, search: Option<String>) -> Result<users::UserFilter, String> {
        short("ids", self.ids.as_ref())?;
        writable("search", search.as_ref())?;
        if search
            .as_ref()
            .is_some_and(|text| text.chars().count() > 200)
        {
            return Err("`search` takes at most 200 characters.".to_owned());
        }
        let email_domain = self
            .email_domain
            .map(|domain| domain_key(&domain).map_err(|error| error.to_string()))
            .transpose()?;
        Ok(users::UserFilter {
            ids: self
                .ids
                .map(|ids| ids.iter().filter_map(|id| UserId::parse(id)).collect()),
            statuses: into(self.statuses),
            roles: into(self.roles),
            authentication_sources: into(self.authentication_sources),
            email_domain,
            has_email: self.has_email,
            email_verified: self.email_verified,
            has_password: self.has_password,
            must_change_password: self.must_change_password,
            password_changed_at: range(self.password_changed_at),
            password_expires_at: range(self.password_expires_at),
            created_at: range(self.created_at),
            last_sign_in_at: range(self.last_sign_in_at),
            never_signed_in: self.never_signed_in,
            search,
        })
    }
}
