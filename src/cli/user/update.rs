//! `keydesk user update`: fields as `name=value`, by the names of the API.

use clap::Args;
use serde_json::json;

use super::shown;
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::near::{did_you_mean, near};
use crate::cli::output::{note, one_line, print_json};
use crate::domain::users::{
    self, AuthenticationSource, UpdateUser, User, UserError, UserField, UserPatch, UserRef,
};
use crate::platform::app::App;
use crate::types::actor::{Actor, Role};

/// Every field that can be changed.
const FIELDS: [&str; 9] = [
    "username",
    "email",
    "emailVerified",
    "name",
    "locale",
    "timeZone",
    "externalId",
    "role",
    "authenticationSource",
];
/// Tries before somebody else's changes are a reason to give up.
const TRIES: usize = 5;

/// Whom to change, and what.
#[derive(Args, Debug)]
pub(in crate::cli) struct Update {
    /// Username, e-mail address or id.
    login: String,
    /// Fields and their new values: username, email, emailVerified, name, locale, timeZone, externalId, role,
    /// authenticationSource. `field=` clears one.
    #[arg(required = true, value_name = "FIELD=VALUE")]
    changes: Vec<String>,
    /// Only go ahead when this is still the version, as `user show` tells it.
    #[arg(long, value_name = "N")]
    if_version: Option<i64>,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Update {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let mut reader = Reader::default();
        self.changes.iter().for_each(|text| reader.read(text));
        let Reader {
            patch,
            clear,
            mut faults,
            ..
        } = reader;
        let mut command = UpdateUser {
            user: UserRef::Nobody,
            patch,
            clear,
            if_version: self.if_version,
            actor_password: None,
            reason: self.reason,
        };
        if !faults.is_empty() {
            // Whatever else is wrong is told in the same breath.
            let others = users::faults(&command).into_iter();
            faults.extend(others.map(|fault| fault.to_string()));
            return Err(Failure::Usage(faults.join("\n")));
        }
        let (before, after) = update(app, actor, &self.login, &mut command).await?;
        let changed = before.version != after.version;
        if self.json {
            let more = json!({ "changed": changed });
            return print_json(&shown::with(&after, app.clock.now(), more));
        }
        note(&if changed {
            format!(
                "updated {}: {}",
                after.username,
                differences(&before, &after)
            )
        } else {
            format!("unchanged: {} is like that already", after.username)
        });
        Ok(())
    }
}

/// The user before and after.
///
/// `Why:` always with a version. Only so does the version tell whether this act changed the user, or
/// somebody else's between two looks; where the caller did not ask for one, it is tried again.
async fn update(
    app: &App,
    actor: &Actor,
    login: &str,
    command: &mut UpdateUser,
) -> Result<(User, User), Failure> {
    let is_asked_for = command.if_version.is_some();
    for tried in 1.. {
        let before = login::find_present(app, actor, login).await?;
        command.user = UserRef::Id(before.id);
        if !is_asked_for {
            command.if_version = Some(before.version);
        }
        match Box::pin(users::update(app, actor, command.clone())).await {
            Ok(after) => return Ok((before, after)),
            Err(UserError::VersionConflict(_)) if !is_asked_for && tried < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::Ours("counted to the end".to_owned()))
}

fn differences(before: &User, after: &User) -> String {
    let text = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), one_line);
    let rows = |user: &User| {
        [
            user.username.clone(),
            text(&user.email),
            user.email_verified_at.is_some().to_string(),
            text(&user.name),
            text(&user.locale),
            text(&user.time_zone),
            text(&user.external_id),
            user.role.name().to_owned(),
            user.authentication_source.name().to_owned(),
        ]
    };
    let (before, after) = (rows(before), rows(after));
    let pairs = FIELDS.iter().zip(before.iter().zip(&after));
    let changed = pairs
        .filter(|(_, (before, after))| before != after)
        .map(|(field, (before, after))| format!("{field} {before} → {after}"));
    changed.collect::<Vec<_>>().join(", ")
}

/// Collects what the words say, and every fault in them.
#[derive(Default)]
struct Reader {
    patch: UserPatch,
    clear: Vec<UserField>,
    seen: Vec<&'static str>,
    faults: Vec<String>,
}

impl Reader {
    fn read(&mut self, text: &str) {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let Some(field) = FIELDS.into_iter().find(|field| *field == name) else {
            self.faults.push(unknown(name));
            return;
        };
        if !text.contains('=') {
            self.faults.push(format!(
                "{field}: write {field}=VALUE, or {field}= to clear it"
            ));
        } else if self.seen.contains(&field) {
            self.faults.push(format!("{field}: is given twice"));
        } else if value.is_empty() {
            self.clear(field);
        } else {
            self.set(field, value);
        }
        self.seen.push(field);
    }

    fn clear(&mut self, field: &'static str) {
        match field {
            "email" => self.clear.push(UserField::Email),
            "name" => self.clear.push(UserField::Name),
            "locale" => self.clear.push(UserField::Locale),
            "timeZone" => self.clear.push(UserField::TimeZone),
            "externalId" => self.clear.push(UserField::ExternalId),
            _ => self.faults.push(format!("{field}: cannot be cleared")),
        }
    }

    fn set(&mut self, field: &'static str, value: &str) {
        let text = Some(value.to_owned());
        match field {
            "username" => self.patch.username = text,
            "email" => self.patch.email = text,
            "name" => self.patch.name = text,
            "locale" => self.patch.locale = text,
            "timeZone" => self.patch.time_zone = text,
            "externalId" => self.patch.external_id = text,
            "emailVerified" => {
                self.patch.email_verified = self.one_of(field, value.parse().ok(), "true, false");
            }
            "role" => {
                let known = Role::ALL.map(Role::name).join(", ");
                self.patch.role = self.one_of(field, Role::parse(value), &known);
            }
            _ => {
                let known = AuthenticationSource::ALL
                    .map(AuthenticationSource::name)
                    .join(", ");
                let source = AuthenticationSource::parse(value);
                self.patch.authentication_source = self.one_of(field, source, &known);
            }
        }
    }

    fn one_of<T>(&mut self, field: &str, read: Option<T>, known: &str) -> Option<T> {
        if read.is_none() {
            self.faults.push(format!("{field}: is one of {known}"));
        }
        read
    }
}

/// `Why:` the value is not repeated. Whoever writes `password=…` has shown it often enough.
fn unknown(name: &str) -> String {
    if name.to_lowercase().contains("password") {
        return "passwords are not given as arguments; use keydesk user reset-password".to_owned();
    }
    let names = near(name, &FIELDS);
    let known = if names.is_empty() {
        format!("; fields are {}", FIELDS.join(", "))
    } else {
        did_you_mean(&names)
    };
    format!("{name:?} is no field of a user{known}")
}
