//! Many made-up users, for trying lists at their real size. No audit events: nobody did anything.

use std::time::Duration;

use super::{AuthenticationSource, User, UserError, store};
use crate::platform::app::App;
use crate::types::actor::Role;
use crate::types::clock::Timestamp;
use crate::types::ids::UserId;

/// Users in one transaction.
const BATCH: u64 = 10_000;
/// External identifiers of sample users begin with this; by them a second run knows what is there.
pub(super) const PREFIX: &str = "sample-";

const FIRST: [&str; 24] = [
    "Ada", "Amir", "Anna", "Ben", "Chen", "Clara", "David", "Elif", "Emma", "Fatima", "Finn",
    "Hanna", "Ivan", "João", "Jürgen", "Lea", "Maria", "Noah", "Núria", "Olga", "Paul", "Sofia",
    "Søren", "Zoë",
];
const LAST: [&str; 24] = [
    "Ahmed",
    "Becker",
    "Costa",
    "Díaz",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kaya",
    "Kim",
    "Kowalski",
    "Lehmann",
    "Lindqvist",
    "Müller",
    "Nguyen",
    "O'Neill",
    "Patel",
    "Rossi",
    "Schneider",
    "Silva",
    "Smith",
    "Tanaka",
    "Weber",
];
/// Nine users in ten are in the first.
const DOMAINS: [&str; 4] = [
    "example.org",
    "example.com",
    "school.example",
    "partner.example",
];
const DAY: u64 = 86_400;

/// Tops up the sample users to that many. They have no password hash, so none can ever sign in.
///
/// `Order:` `progress` is told how many there are after each transaction. What an interrupted run wrote
/// stays, and the next run goes on after it. Gives how many were added.
pub async fn fill(app: &App, count: u64, mut progress: impl FnMut(u64)) -> Result<u64, UserError> {
    let present = store::sample_count(app.db.read()).await?;
    let now = app.clock.now();
    let mut next = present;
    while next < count {
        let end = count.min(next + BATCH);
        let batch: Vec<User> = (next..end).map(|number| sample(number, now)).collect();
        let txn = app.db.begin_write().await?;
        store::insert_many(&txn, &batch).await?;
        txn.commit().await?;
        next = end;
        progress(next);
    }
    Ok(next - present)
}

/// The external identifier of the sample user with this number; the order of texts is that of numbers.
pub(super) fn external_id(number: u64) -> String {
    format!("{PREFIX}{number:012}")
}

fn pick<'a>(list: &[&'a str], number: u64) -> &'a str {
    let at = usize::try_from(number).unwrap_or(0) % list.len().max(1);
    list.get(at).copied().unwrap_or_default()
}

/// A number that looks random and is the same at every run.
///
/// Source: SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The sample user with this number, the same at every run but for id and times.
fn sample(number: u64, now: Timestamp) -> User {
    let chance = mixed(number);
    let first = pick(&FIRST, chance);
    let last = pick(&LAST, chance >> 8);
    let username = format!("{}.{}.{number}", super::search::fold(first), surname(last));
    let domain = match (chance >> 16) % 10 {
        0 => pick(&DOMAINS, chance >> 20),
        _ => "example.org",
    };
    let email = format!("{username}@{domain}");
    let days_ago = |days: u64| now.minus(Duration::from_secs(days * DAY + (chance >> 24) % DAY));
    let days = (chance >> 32) % 1_000;
    let joined = days_ago(days + 1);
    let mut user = User {
        id: UserId::new(joined),
        email_key: Some(email.clone()),
        email: Some(email),
        username,
        email_verified_at: Some(joined),
        name: Some(format!("{first} {last}")),
        locale: chance.is_multiple_of(3).then(|| "de".to_owned()),
        time_zone: None,
        external_id: Some(external_id(number)),
        role: Role::Member,
        authentication_source: AuthenticationSource::BuiltIn,
        disabled_at: None,
        disabled_until: None,
        disabled_reason: None,
        locked_until: None,
        deleted_at: None,
        purged_at: None,
        failed_sign_ins: 0,
        password_changed_at: Some(days_ago(days / 2)),
        must_change_password: false,
        password_expires_at: None,
        password_blocked_at: None,
        last_sign_in_at: Some(days_ago(days / 3)),
        created_at: joined,
        updated_at: days_ago(days / 4),
        version: 1,
    };
    set_apart(&mut user, (chance >> 40) % 1_000, now);
    user
}

fn surname(last: &str) -> String {
    let plain = super::search::fold(last);
    plain.chars().filter(char::is_ascii_alphabetic).collect()
}

/// What the rarer ones are, in thousandths.
fn set_apart(user: &mut User, thousandth: u64, now: Timestamp) {
    match thousandth {
        0 => user.role = Role::Admin,
        1..=3 => user.role = Role::Helpdesk,
        4 => user.role = Role::Auditor,
        5..=14 => user.disabled_at = Some(user.updated_at),
        15 => user.locked_until = Some(now.plus(Duration::from_hours(1))),
        16..=20 => user.deleted_at = Some(user.updated_at),
        21..=25 => user.must_change_password = true,
        26..=30 => {
            user.must_change_password = true;
            user.password_expires_at = Some(now.plus(Duration::from_secs(DAY)));
        }
        31..=60 => (user.password_changed_at, user.last_sign_in_at) = (None, None),
        61..=100 => user.last_sign_in_at = None,
        101..=120 => {
            user.authentication_source = AuthenticationSource::Ldap;
            user.password_changed_at = None;
        }
        121..=125 => {
            user.authentication_source = AuthenticationSource::Oidc;
            user.password_changed_at = None;
        }
        126..=135 => user.email_verified_at = None,
        136..=145 => {
            (user.email, user.email_key, user.email_verified_at) = (None, None, None);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::address::EmailAddress;

    #[test]
    fn sample_users_are_the_same_at_every_run_and_keep_the_rules_of_names() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        for number in 0..2_000 {
            let (one, other) = (sample(number, now), sample(number, now));
            assert_eq!((&one.username, &one.email), (&other.username, &other.email));
            let (username, email) = one.names().expect("names by the rules");
            assert_eq!(username.key(), one.username);
            assert_eq!(
                email.as_ref().map(EmailAddress::key),
                one.email_key.as_deref()
            );
        }
    }

    #[test]
    fn most_sample_users_are_ordinary_and_every_state_occurs() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let users: Vec<User> = (0..5_000).map(|number| sample(number, now)).collect();
        let members = users
            .iter()
            .filter(|user| user.role == Role::Member)
            .count();
        assert!((4_900..5_000).contains(&members), "{members}");
        for status in crate::domain::users::UserStatus::ALL {
            let found = users.iter().any(|user| user.status(now) == status);
            assert!(found, "{status:?}");
        }
    }
}
