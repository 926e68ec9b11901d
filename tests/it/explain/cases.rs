//! The reads that a portal does.

use keydesk::domain::users::{
    AuthenticationSource, TimeRange, UserFilter, UserOrder, UserOrderField, UserRef, UserStatus,
};
use keydesk::types::actor::Role;
use keydesk::types::clock::Timestamp;
use keydesk::types::ids::UserId;

use crate::support::app::{START, TestApp};

/// How many users a condition leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Most.
    Common,
    /// One in a thousand, or none.
    Rare,
}

pub(super) enum Read {
    /// One page, and the one after it where that is asked.
    Page(UserFilter, UserOrder, bool),
    Count(UserFilter),
    One(UserRef),
}

pub(super) struct Case {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) read: Read,
}

const ORDERS: [UserOrderField; 7] = [
    UserOrderField::CreatedAt,
    UserOrderField::Email,
    UserOrderField::LastSignInAt,
    UserOrderField::Name,
    UserOrderField::PasswordExpiresAt,
    UserOrderField::UpdatedAt,
    UserOrderField::Username,
];

fn order(field: UserOrderField) -> UserOrder {
    UserOrder {
        field,
        descending: true,
    }
}

fn with(change: impl FnOnce(&mut UserFilter)) -> UserFilter {
    let mut filter = UserFilter::default();
    change(&mut filter);
    filter
}

fn search(text: &str) -> UserFilter {
    with(|filter| filter.search = Some(text.to_owned()))
}

fn status(status: UserStatus) -> UserFilter {
    with(|filter| filter.statuses = Some(vec![status]))
}

fn rare() -> Vec<(&'static str, UserFilter)> {
    let minute = TimeRange {
        from: Some(START.minus(std::time::Duration::from_mins(2))),
        until: Some(START.minus(std::time::Duration::from_mins(1))),
    };
    vec![
        ("search rare", search("zoe")),
        ("search absent", search("nobody")),
        ("search short", search("zo")),
        ("search one letter", search("z")),
        ("search sign", search("%")),
        (
            "role owner",
            with(|filter| filter.roles = Some(vec![Role::Owner])),
        ),
        (
            "roles above member",
            with(|filter| filter.roles = Some(vec![Role::Owner, Role::Admin])),
        ),
        (
            "source ldap",
            with(|filter| filter.authentication_sources = Some(vec![AuthenticationSource::Ldap])),
        ),
        ("disabled", status(UserStatus::Disabled)),
        ("locked", status(UserStatus::Locked)),
        ("pending", status(UserStatus::Pending)),
        ("deleted", status(UserStatus::Deleted)),
        (
            "disabled or locked",
            with(|filter| {
                filter.statuses = Some(vec![UserStatus::Disabled, UserStatus::Locked]);
            }),
        ),
        (
            "must change",
            with(|filter| filter.must_change_password = Some(true)),
        ),
        (
            "without password",
            with(|filter| filter.has_password = Some(false)),
        ),
        (
            "rare domain",
            with(|filter| filter.email_domain = Some("rare.example".to_owned())),
        ),
        (
            "never signed in",
            with(|filter| filter.never_signed_in = Some(true)),
        ),
        (
            "created in a minute",
            with(|filter| filter.created_at = minute),
        ),
    ]
}

fn common() -> Vec<(&'static str, UserFilter)> {
    let since = TimeRange {
        from: Some(Timestamp::from_millis(0)),
        until: None,
    };
    vec![
        ("search common", search("example")),
        ("search common letter", search("u")),
        (
            "role member",
            with(|filter| filter.roles = Some(vec![Role::Member])),
        ),
        ("active", status(UserStatus::Active)),
        (
            "source built in",
            with(|filter| {
                filter.authentication_sources = Some(vec![AuthenticationSource::BuiltIn]);
            }),
        ),
        (
            "need not change",
            with(|filter| filter.must_change_password = Some(false)),
        ),
        (
            "with password",
            with(|filter| filter.has_password = Some(true)),
        ),
        (
            "common domain",
            with(|filter| filter.email_domain = Some("example.org".to_owned())),
        ),
        (
            "signed in",
            with(|filter| filter.never_signed_in = Some(false)),
        ),
        (
            "created since 1970",
            with(|filter| filter.created_at = since),
        ),
    ]
}

pub(super) async fn all(desk: &TestApp) -> Vec<Case> {
    let mut cases = Vec::new();
    for field in ORDERS {
        let name = format!("by {field:?}, first page and the next");
        let read = Read::Page(UserFilter::default(), order(field), true);
        cases.push(Case {
            name,
            kind: Kind::Common,
            read,
        });
    }
    for (kind, filters) in [(Kind::Rare, rare()), (Kind::Common, common())] {
        for (name, filter) in filters {
            for field in [UserOrderField::CreatedAt, UserOrderField::Username] {
                let name = format!("{name}, by {field:?}");
                let read = Read::Page(filter.clone(), order(field), false);
                cases.push(Case { name, kind, read });
            }
        }
    }
    let rows = desk
        .rows("SELECT id FROM users WHERE username = 'user77'", vec![])
        .await;
    let text = rows[0]["id"].as_str().expect("an id").to_owned();
    let id = UserId::from_uuid(text.parse().expect("a uuid"));
    for (name, reference) in [
        ("by id", UserRef::Id(id)),
        ("by username", UserRef::Login("User77".to_owned())),
        (
            "by address",
            UserRef::Login("user77@example.org".to_owned()),
        ),
    ] {
        cases.push(Case {
            name: name.to_owned(),
            kind: Kind::Common,
            read: Read::One(reference),
        });
    }
    cases.push(Case {
        name: "count of all".to_owned(),
        kind: Kind::Common,
        read: Read::Count(UserFilter::default()),
    });
    cases
}
