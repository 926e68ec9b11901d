//! Sample people for the demo: believable names, every state, roles of all ranks.

use std::time::Duration;

use crate::domain::users::{AuthenticationSource, User};
use crate::types::actor::Role;
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::ids::UserId;

const FIRST: [&str; 20] = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "Radia",
    "Ken",
    "Margaret",
    "Dennis",
    "Frances",
    "Linus",
    "Hedy",
    "Niklaus",
    "Katherine",
    "Tony",
    "Jürgen",
    "Zoë",
    "Søren",
    "Núria",
];
const LAST: [&str; 10] = [
    "Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Müller", "Perlman", "O'Neill", "García",
    "Hamilton",
];
const DAY: u64 = 86_400;

/// People in the demo.
pub(super) const COUNT: usize = FIRST.len() * LAST.len();

/// The person with this number, the same at every start but for the times.
pub(super) fn person(number: usize, now: Timestamp) -> User {
    let first = FIRST.get(number % FIRST.len()).copied().unwrap_or("Ada");
    let last = LAST
        .get(number / FIRST.len() % LAST.len())
        .copied()
        .unwrap_or("Lovelace");
    let username = match number {
        0 => "ada".to_owned(),
        _ => format!("{}.{}", ascii(first), ascii(last)),
    };
    let days_ago = |days: u64| now.minus(Duration::from_secs(days * DAY));
    let joined = days_ago(700 - u64::try_from(number).unwrap_or(0) * 3);
    let email = format!("{username}@example.org");
    let mut user = User {
        id: UserId::new(joined),
        email_key: EmailAddress::parse(&email)
            .ok()
            .map(|address| address.key().to_owned()),
        email: Some(email),
        username,
        email_verified_at: Some(joined),
        name: Some(format!("{first} {last}")),
        locale: (number % 3 == 1).then(|| "de".to_owned()),
        time_zone: (number % 3 == 1).then(|| "Europe/Vienna".to_owned()),
        external_id: number
            .is_multiple_of(4)
            .then(|| format!("HR-{:05}", 1_000 + number)),
        role: Role::Member,
        authentication_source: AuthenticationSource::BuiltIn,
        disabled_at: None,
        disabled_until: None,
        disabled_reason: None,
        locked_until: None,
        deleted_at: None,
        purged_at: None,
        failed_sign_ins: 0,
        password_changed_at: Some(days_ago(30 + u64::try_from(number % 90).unwrap_or(0))),
        must_change_password: false,
        password_expires_at: None,
        password_blocked_at: None,
        last_sign_in_at: (!number.is_multiple_of(5))
            .then(|| days_ago(u64::try_from(number % 60).unwrap_or(0))),
        created_at: joined,
        updated_at: joined,
        version: 1,
    };
    set_role(&mut user, number);
    set_state(&mut user, number, now);
    user
}

fn set_role(user: &mut User, number: usize) {
    user.role = match number {
        1 | 2 => Role::Owner,
        3..=5 => Role::Admin,
        6..=10 => Role::Helpdesk,
        11..=13 => Role::Auditor,
        _ => Role::Member,
    };
}

/// One person in seven or so is in some state other than the ordinary one.
fn set_state(user: &mut User, number: usize, now: Timestamp) {
    let in_hours = |hours: u64| now.plus(Duration::from_secs(hours * 3_600));
    match number {
        number if number < 14 => {}
        number if number.is_multiple_of(23) => {
            user.disabled_at = user.last_sign_in_at.or(Some(user.created_at));
            user.disabled_reason = Some("Left the company".to_owned());
        }
        number if number.is_multiple_of(29) => {
            user.disabled_at = Some(now);
            user.disabled_until = Some(in_hours(24 * 14));
            user.disabled_reason = Some("Parental leave".to_owned());
        }
        number if number.is_multiple_of(19) => user.locked_until = Some(in_hours(1)),
        number if number.is_multiple_of(17) => {
            (user.email, user.email_key, user.email_verified_at) = (None, None, None);
        }
        number if number.is_multiple_of(13) => user.email_verified_at = None,
        number if number.is_multiple_of(31) => forget_password(user),
        number if number.is_multiple_of(11) => user.must_change_password = true,
        number if number.is_multiple_of(37) => {
            user.must_change_password = true;
            user.password_expires_at = Some(in_hours(2));
        }
        number if number.is_multiple_of(41) => elsewhere(user, AuthenticationSource::Ldap),
        number if number.is_multiple_of(43) => elsewhere(user, AuthenticationSource::Oidc),
        number if number.is_multiple_of(47) => elsewhere(user, AuthenticationSource::Saml),
        _ => {}
    }
}

fn forget_password(user: &mut User) {
    user.password_changed_at = None;
    user.last_sign_in_at = None;
}

fn elsewhere(user: &mut User, source: AuthenticationSource) {
    user.authentication_source = source;
    user.password_changed_at = None;
}

fn ascii(name: &str) -> String {
    let plain = name.to_lowercase().replace('ü', "ue").replace('ø', "oe");
    plain
        .chars()
        .filter_map(|letter| match letter {
            'ë' => Some('e'),
            'ú' => Some('u'),
            'í' => Some('i'),
            'a'..='z' => Some(letter),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::users::UserStatus;

    #[test]
    fn every_state_source_and_role_is_there_and_names_are_unique() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let people: Vec<_> = (0..COUNT).map(|number| person(number, now)).collect();
        assert_eq!(people.len(), 200);
        let names: HashSet<_> = people.iter().map(|user| &user.username).collect();
        assert_eq!(names.len(), people.len());
        for status in [
            UserStatus::Active,
            UserStatus::Pending,
            UserStatus::Locked,
            UserStatus::Disabled,
        ] {
            assert!(
                people.iter().any(|user| user.status(now) == status),
                "{status:?}"
            );
        }
        for role in Role::ALL {
            assert!(people.iter().any(|user| user.role == role), "{role:?}");
        }
        for source in AuthenticationSource::ALL {
            assert!(
                people
                    .iter()
                    .any(|user| user.authentication_source == source),
                "{source:?}"
            );
        }
        assert!(people.iter().any(|user| user.email.is_none()));
        assert!(
            people
                .iter()
                .any(|user| user.email.is_some() && user.email_verified_at.is_none())
        );
        assert!(people.iter().any(|user| user.must_change_password));
        assert!(people.iter().any(|user| user.password_expires_at.is_some()));
    }
}
