//! `keydesk reset-admin-password`: the way back in when nobody who may help can sign in.
//!
//! It needs the database and the server key, so whoever runs it could do everything anyway; what it
//! adds is that it is done right and leaves its trace: the same act, the same audit event.

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use super::login;
use super::output::{complain, note, print, print_json};
use super::typed_password::{Typed, ask_openly};
use super::user::{Reset, reset, reset_as_json, reset_told};
use crate::domain::credentials::NewPassword;
use crate::domain::credentials::generator::Recipe;
use crate::domain::password_reset::{KeysAfter, ResetOutcome, SessionsAfter};
use crate::domain::users::{
    self, AuthenticationSource, ForceChange, Handover, User, UserFilter, UserOrder, UserOrderField,
    UserRef, UserStatus,
};
use crate::platform::app::App;
use crate::platform::pagination::{MAX_SIZE, PageRequest};
use crate::platform::settings::os_user;
use crate::types::actor::{Actor, Role};
use crate::types::clock::Timestamp;

/// Whose password to replace.
#[derive(Args, Debug)]
pub(super) struct ResetAdminPassword {
    /// Username, e-mail address or id; may be left out when there is one active owner.
    login: Option<String>,
    #[command(flatten)]
    typed: Typed,
    /// Enable the user again if they are disabled.
    #[arg(long)]
    enable: bool,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ResetAdminPassword {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        let target = match &self.login {
            Some(login) => login::find_present(app, &actor, login).await?,
            None => only_owner(app, &actor).await?,
        };
        check(&target)?;
        let typed = self.typed.read(&target.username)?;
        let how = Reset {
            new: typed.map_or(
                NewPassword::Generated(Recipe::default()),
                NewPassword::Typed,
            ),
            handover: Handover::Caller,
            force_change: ForceChange::Forced { works_for: None },
            sessions: SessionsAfter::Revoked,
            keys: KeysAfter::Revoked,
            reason: self.reason.clone(),
        };
        let outcome = reset(app, &actor, target.id, how).await?;
        // From here on the password counts: whatever follows, it must be shown.
        let enabled = self.enable_again(app, &actor, &outcome.user).await;
        let is_enabled = matches!(enabled, Ok(true));
        self.tell(&outcome, is_enabled, app.clock.now())?;
        enabled.map(|_done| ())
    }

    /// Whether the user was disabled and no longer is.
    async fn enable_again(&self, app: &App, actor: &Actor, user: &User) -> Result<bool, Failure> {
        if !self.enable || !user.is_disabled(app.clock.now()) {
            return Ok(false);
        }
        let reference = UserRef::Id(user.id);
        users::enable(app, actor, &reference, self.reason.as_deref()).await?;
        Ok(true)
    }

    fn tell(&self, outcome: &ResetOutcome, enabled: bool, now: Timestamp) -> Result<(), Failure> {
        let user = &outcome.user;
        let is_disabled = user.is_disabled(now) && !enabled;
        if is_disabled {
            complain(&format!(
                "{} is still disabled; --enable lets them in again",
                user.username
            ));
        }
        if self.json {
            let mut value = reset_as_json(outcome);
            if let (Value::Object(fields), Value::Object(more)) = (
                &mut value,
                json!({ "enabled": enabled, "isDisabled": is_disabled }),
            ) {
                fields.extend(more);
            }
            return print_json(&value);
        }
        let again = if enabled { "; enabled again" } else { "" };
        note(&format!("{}{again}", reset_told(outcome)));
        match &outcome.generated {
            Some(password) => print(password.expose()),
            None => Ok(()),
        }
    }
}

/// What a user has to be for this command.
fn check(user: &User) -> Result<(), Failure> {
    let name = &user.username;
    let text = if user.role == Role::Member {
        format!("{name} is a member and no administrator; use keydesk user reset-password {name}")
    } else if user.authentication_source != AuthenticationSource::BuiltIn {
        let source = user.authentication_source.label();
        format!(
            "{name} signs in through {source}; to keep their password here, first run \
             keydesk user update {name} authenticationSource=BUILT_IN"
        )
    } else {
        return Ok(());
    };
    Err(Failure::Refused(text))
}

/// The one owner who can act, or the one chosen on the terminal.
async fn only_owner(app: &App, actor: &Actor) -> Result<User, Failure> {
    let mut owners = owners(app, actor).await?;
    let list = |owners: &[User]| {
        let line = |(number, owner): (usize, &User)| {
            let email = owner.email.as_deref().unwrap_or("-");
            format!("  {}  {:24} {email}", number + 1, owner.username)
        };
        owners
            .iter()
            .enumerate()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    };
    match owners.len() {
        0 => Err(Failure::Refused(
            "there is no active owner; name whom you mean (--enable for a disabled one), or make one: \
             keydesk admin create NAME --generate"
                .to_owned(),
        )),
        1 => Ok(owners.remove(0)),
        _ => {
            note(&format!("There are several owners:\n{}", list(&owners)));
            let Some(answer) = ask_openly("Which one? Number: ")? else {
                let text = "name the one you mean: keydesk reset-admin-password LOGIN";
                return Err(Failure::Usage(text.to_owned()));
            };
            let number = answer.parse::<usize>().ok();
            let chosen = number.and_then(|number| owners.into_iter().nth(number.checked_sub(1)?));
            chosen.ok_or_else(|| {
                Failure::Usage("that is none of these numbers; nothing was changed".to_owned())
            })
        }
    }
}

/// Owners who are not disabled and whose password is kept here.
async fn owners(app: &App, actor: &Actor) -> Result<Vec<User>, Failure> {
    let filter = UserFilter {
        roles: Some(vec![Role::Owner]),
        statuses: Some(vec![
            UserStatus::Active,
            UserStatus::Pending,
            UserStatus::Locked,
        ]),
        authentication_sources: Some(vec![AuthenticationSource::BuiltIn]),
        ..UserFilter::default()
    };
    let order = UserOrder {
        field: UserOrderField::Username,
        descending: false,
    };
    let request = PageRequest::first(MAX_SIZE);
    let page = users::list(app, actor, &filter, order, &request).await?;
    Ok(page.rows.into_iter().map(|row| row.item).collect())
}
