//! Conditions of `keydesk user list`, by the names of the API's `UserFilter`.

use crate::cli::failure::Failure;
use crate::cli::near::{did_you_mean, near};
use crate::cli::when::When;
use crate::domain::users::{AuthenticationSource, TimeRange, UserFilter, UserStatus};
use crate::types::actor::Role;
use crate::types::address::domain_key;
use crate::types::clock::Timestamp;
use crate::types::ids::UserId;

/// Every condition. Lists may also be named in the singular: `role=admin`.
const FIELDS: [&str; 14] = [
    "ids",
    "statuses",
    "roles",
    "authenticationSources",
    "emailDomain",
    "hasEmail",
    "emailVerified",
    "hasPassword",
    "mustChangePassword",
    "passwordChangedAt",
    "passwordExpiresAt",
    "createdAt",
    "lastSignInAt",
    "neverSignedIn",
];

const RANGE: &str = "write FROM..UNTIL, either may be left out; a moment such as 2026-12-01T09:00:00Z, \
                     7d for seven days ago or +7d for in seven days";

/// Reads all conditions.
///
/// Errors: `Usage` with every fault.
pub(super) fn read(
    conditions: &[String],
    search: Option<String>,
    now: Timestamp,
) -> Result<UserFilter, Failure> {
    let mut filter = UserFilter {
        search,
        ..UserFilter::default()
    };
    let mut seen = Vec::new();
    let read = |text: &String| condition(&mut filter, &mut seen, text, now).err();
    let faults: Vec<String> = conditions.iter().filter_map(read).collect();
    if faults.is_empty() {
        Ok(filter)
    } else {
        Err(Failure::Usage(faults.join("\n")))
    }
}

fn condition(
    filter: &mut UserFilter,
    seen: &mut Vec<&'static str>,
    text: &str,
    now: Timestamp,
) -> Result<(), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let field = field_of(name).ok_or_else(|| unknown(name))?;
    if value.is_empty() {
        return Err(format!("{name}: write {name}=VALUE"));
    }
    let is_again = seen.contains(&field);
    seen.push(field);
    let listed = match field {
        "ids" => add(&mut filter.ids, value, UserId::parse, || {
            "is the id of a user, such as user_01h455vb4pex5vsknk084sn02q".to_owned()
        }),
        "statuses" => add(&mut filter.statuses, value, status, || {
            format!(
                "is one of {}",
                UserStatus::ALL.map(UserStatus::name).join(", ")
            )
        }),
        "roles" => add(&mut filter.roles, value, Role::parse, || {
            format!("is one of {}", Role::ALL.map(Role::name).join(", "))
        }),
        "authenticationSources" => {
            let sources = &mut filter.authentication_sources;
            add(sources, value, AuthenticationSource::parse, || {
                let known = AuthenticationSource::ALL.map(AuthenticationSource::name);
                format!("is one of {}", known.join(", "))
            })
        }
        _ if is_again => Err("is given twice".to_owned()),
        _ => single(filter, field, value, now),
    };
    listed.map_err(|fault| format!("{name}: {fault}"))
}

fn single(filter: &mut UserFilter, field: &str, value: &str, now: Timestamp) -> Result<(), String> {
    let place = match field {
        "emailDomain" => {
            let domain = domain_key(value).map_err(|error| error.to_string())?;
            filter.email_domain = Some(domain);
            return Ok(());
        }
        "passwordChangedAt" => &mut filter.password_changed_at,
        "passwordExpiresAt" => &mut filter.password_expires_at,
        "createdAt" => &mut filter.created_at,
        "lastSignInAt" => &mut filter.last_sign_in_at,
        other => {
            let place = match other {
                "hasEmail" => &mut filter.has_email,
                "emailVerified" => &mut filter.email_verified,
                "hasPassword" => &mut filter.has_password,
                "mustChangePassword" => &mut filter.must_change_password,
                _ => &mut filter.never_signed_in,
            };
            let read: bool = value.parse().ok().ok_or("is true or false")?;
            *place = Some(read);
            return Ok(());
        }
    };
    *place = range(value, now).ok_or(RANGE)?;
    Ok(())
}

/// The field of this name, or of its singular.
fn field_of(name: &str) -> Option<&'static str> {
    FIELDS.into_iter().find(|field| {
        let singular = match *field {
            "statuses" => Some("status"),
            "ids" | "roles" | "authenticationSources" => field.strip_suffix('s'),
            _ => None,
        };
        *field == name || singular == Some(name)
    })
}

fn unknown(name: &str) -> String {
    let names = near(name, &FIELDS);
    let known = if names.is_empty() {
        format!("; conditions are {}", FIELDS.join(", "))
    } else {
        did_you_mean(&names)
    };
    format!("{name:?} is no condition on users{known}")
}

fn add<T>(
    list: &mut Option<Vec<T>>,
    value: &str,
    read: impl Fn(&str) -> Option<T>,
    refused: impl Fn() -> String,
) -> Result<(), String> {
    for word in value.split(',') {
        let entry = read(word.trim()).ok_or_else(&refused)?;
        list.get_or_insert_default().push(entry);
    }
    Ok(())
}

fn status(name: &str) -> Option<UserStatus> {
    let mut all = UserStatus::ALL.into_iter();
    all.find(|status| status.name().eq_ignore_ascii_case(name))
}

fn range(text: &str, now: Timestamp) -> Option<TimeRange> {
    let (from, until) = text.split_once("..")?;
    let end = |text: &str| match text.strip_prefix('+') {
        _ if text.is_empty() => Some(None),
        Some(ahead) => When::read(ahead).ok().map(|when| Some(when.ahead(now))),
        None => When::read(text).ok().map(|when| Some(when.ago(now))),
    };
    Some(TimeRange {
        from: end(from)?,
        until: end(until)?,
    })
}
