//! `keydesk user`.

use std::io::Read as _;

use clap::Subcommand;
use serde_json::{Value, json};

use super::api_key::read_role;
use super::failure::Failure;
use super::output::{print, print_json};
use crate::access::idempotency::Answer;
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::clock::Timestamp;
use crate::credentials::NewPassword;
use crate::credentials::generator::{Recipe, Style};
use crate::ids::UserId;
use crate::page::{Direction, MAX_SIZE, PageRequest};
use crate::secret::Secret;
use crate::settings::os_user;
use crate::users::{
    self, AuthenticationSource, CreateUser, ForceChange, Handover, User, UserFilter, UserOrder,
    UserOrderField, UserRef,
};

/// Lists, shows and creates users.
#[derive(Subcommand, Debug)]
pub(super) enum UserCommand {
    /// Lists users by username.
    #[command(after_help = "Example: keydesk user list --search ada --json")]
    List {
        /// Only users whose username, address or name contains this.
        #[arg(long)]
        search: Option<String>,
        /// How many at most.
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows one user.
    #[command(after_help = "Example: keydesk user show ada@example.org")]
    Show {
        /// Username, e-mail address or id.
        login: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Creates a user. Without --generate and --stdin the user has no password yet.
    #[command(after_help = "Example: keydesk user create ada --email ada@example.org --generate")]
    Create(CreateArguments),
}

#[derive(clap::Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has switches")]
pub(super) struct CreateArguments {
    /// Unique name for signing in.
    username: String,
    /// Unique e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Take the address as verified.
    #[arg(long, requires = "email")]
    email_verified: bool,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// Language for mail, such as en or de.
    #[arg(long)]
    locale: Option<String>,
    /// What the user may do in the Admin API.
    #[arg(long, default_value = "member", value_parser = read_role)]
    role: Role,
    /// Make a first password and print it, this one time.
    #[arg(long, conflicts_with = "stdin")]
    generate: bool,
    /// Read the first password from standard input.
    #[arg(long)]
    stdin: bool,
    /// Mail the first password to the user.
    #[arg(long)]
    send_email: bool,
    /// Let the user keep the first password.
    #[arg(long)]
    no_force_change: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl UserCommand {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        match self {
            Self::List {
                search,
                limit,
                json,
            } => {
                let users = list(app, &actor, search, limit).await?;
                let now = app.clock.now();
                if json {
                    let users = users.iter().map(|user| to_json(user, now)).collect();
                    return print_json(&Value::Array(users));
                }
                users.iter().try_for_each(|user| print(&line(user, now)))
            }
            Self::Show { login, json } => show(app, &actor, login, json).await,
            Self::Create(arguments) => create(app, &actor, arguments).await,
        }
    }
}

async fn list(
    app: &App,
    actor: &Actor,
    search: Option<String>,
    limit: usize,
) -> Result<Vec<User>, Failure> {
    let filter = UserFilter {
        search,
        ..UserFilter::default()
    };
    let order = UserOrder {
        field: UserOrderField::Username,
        descending: false,
    };
    let mut request = PageRequest {
        size: MAX_SIZE,
        direction: Direction::Forward,
        after: None,
        before: None,
    };
    let mut users = Vec::new();
    while users.len() < limit {
        let page = users::list(app, actor, &filter, order, &request).await?;
        request.after = page.rows.last().map(|row| row.position.clone());
        users.extend(page.rows.into_iter().map(|row| row.item));
        if !page.has_next {
            break;
        }
    }
    users.truncate(limit);
    Ok(users)
}

async fn show(app: &App, actor: &Actor, login: String, as_json: bool) -> Result<(), Failure> {
    let reference = UserId::parse(&login).map_or(UserRef::Login(login), UserRef::Id);
    let found = users::find(app, actor, &reference).await?;
    let user = found.ok_or_else(|| Failure::Refused("there is no such user".to_owned()))?;
    let value = to_json(&user, app.clock.now());
    match &value {
        Value::Object(fields) if !as_json => fields.iter().try_for_each(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            print(&format!("{name:22} {text}"))
        }),
        _ => print_json(&value),
    }
}

async fn create(app: &App, actor: &Actor, arguments: CreateArguments) -> Result<(), Failure> {
    if arguments.send_email && !arguments.generate && !arguments.stdin {
        let text = "--send-email needs a password to send: add --generate or --stdin";
        return Err(Failure::Usage(text.to_owned()));
    }
    let password = match (arguments.generate, arguments.stdin) {
        (true, _) => Some(NewPassword::Generated(Recipe {
            style: Style::Characters,
            length: None,
        })),
        (false, true) => Some(NewPassword::Typed(read_password()?)),
        (false, false) => None,
    };
    let command = CreateUser {
        username: arguments.username,
        email: arguments.email,
        email_verified: arguments.email_verified,
        name: arguments.name,
        locale: arguments.locale,
        external_id: None,
        role: arguments.role,
        authentication_source: AuthenticationSource::BuiltIn,
        password,
        handover: if arguments.send_email {
            Handover::CallerAndMail
        } else {
            Handover::Caller
        },
        force_change: if arguments.no_force_change {
            ForceChange::NotForced
        } else {
            ForceChange::Forced { works_for: None }
        },
        actor_password: None,
        reason: None,
        once: None,
    };
    let Answer::Done(outcome) = users::create(app, actor, command).await? else {
        return Err(Failure::Ours(
            "a request without a key was repeated".to_owned(),
        ));
    };
    if arguments.json {
        let mut value = to_json(&outcome.user, app.clock.now());
        if let (Value::Object(fields), Some(secret)) = (&mut value, &outcome.generated) {
            fields.insert("generatedPassword".to_owned(), secret.expose().into());
        }
        return print_json(&value);
    }
    print(&format!(
        "created {} ({})",
        outcome.user.username, outcome.user.id
    ))?;
    match &outcome.generated {
        Some(secret) => print(secret.expose()),
        None => Ok(()),
    }
}

/// The first line of standard input.
fn read_password() -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|error| Failure::Refused(format!("standard input: {error}")))?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() {
        return Err(Failure::Usage(
            "no password came by standard input".to_owned(),
        ));
    }
    Ok(Secret::new(line))
}

fn line(user: &User, now: Timestamp) -> String {
    format!(
        "{}  {:24} {:9} {:9} {}",
        user.id,
        user.username,
        user.status(now).name(),
        user.role.name(),
        user.email.as_deref().unwrap_or("-")
    )
}

fn to_json(user: &User, now: Timestamp) -> Value {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    json!({
        "id": user.id.to_string(),
        "username": user.username,
        "email": user.email,
        "emailVerifiedAt": moment(user.email_verified_at),
        "name": user.name,
        "locale": user.locale,
        "externalId": user.external_id,
        "role": user.role.name(),
        "status": user.status(now).name(),
        "authenticationSource": user.authentication_source.name(),
        "disabledUntil": moment(user.disabled_until),
        "disabledReason": user.disabled_reason,
        "lockedUntil": moment(user.locked_until),
        "passwordChangedAt": moment(user.password_changed_at),
        "passwordExpiresAt": moment(user.password_expires_at),
        "mustChangePassword": user.must_change_password,
        "lastSignInAt": moment(user.last_sign_in_at),
        "createdAt": user.created_at.to_rfc3339(),
        "updatedAt": user.updated_at.to_rfc3339(),
        "version": user.version,
    })
}
