//! `keydesk user reset-password`: one user or several, each for itself.

use clap::Args;
use serde_json::{Value, json};

use super::failing;
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{complain, note, print};
use crate::cli::typed_password::{Typed, is_terminal};
use crate::domain::access::idempotency::Answer;
use crate::domain::credentials::NewPassword;
use crate::domain::credentials::generator::Recipe;
use crate::domain::password_reset::{self, KeysAfter, ResetOutcome, ResetPassword, SessionsAfter};
use crate::domain::users::{ForceChange, Handover, User, UserRef};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::ids::UserId;
use crate::types::secret::Secret;

/// Whose passwords to replace, and how.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has switches")]
pub(in crate::cli) struct ResetPasswords {
    /// Usernames, e-mail addresses or ids.
    #[arg(required = true, value_name = "LOGIN")]
    logins: Vec<String>,
    /// Make the passwords; the default with several users.
    #[arg(long, conflicts_with_all = ["stdin", "prompt"])]
    generate: bool,
    #[command(flatten)]
    typed: Typed,
    /// Mail the new password to the user.
    #[arg(long)]
    send_email: bool,
    /// Let the user keep the new password.
    #[arg(long)]
    no_force_change: bool,
    /// Print a generated password although it is mailed.
    #[arg(long, requires = "send_email")]
    show: bool,
    /// Let the user's sessions go on.
    #[arg(long)]
    keep_sessions: bool,
    /// Revoke the API keys that the user made.
    #[arg(long)]
    revoke_api_keys: bool,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON: an object for each user, each on its own line.
    #[arg(long)]
    json: bool,
}

/// A reset without its user.
pub(in crate::cli) struct Reset {
    pub(in crate::cli) new: NewPassword,
    pub(in crate::cli) handover: Handover,
    pub(in crate::cli) force_change: ForceChange,
    pub(in crate::cli) sessions: SessionsAfter,
    pub(in crate::cli) keys: KeysAfter,
    pub(in crate::cli) reason: Option<String>,
}

/// Replaces a user's password.
pub(in crate::cli) async fn reset(
    app: &App,
    actor: &Actor,
    user: UserId,
    how: Reset,
) -> Result<ResetOutcome, Failure> {
    let command = ResetPassword {
        user: UserRef::Id(user),
        new: how.new,
        handover: how.handover,
        force_change: how.force_change,
        sessions: how.sessions,
        keys: how.keys,
        actor_password: None,
        reason: how.reason,
        once: None,
    };
    let Answer::Done(outcome) =
        Box::pin(password_reset::reset_password(app, actor, command)).await?
    else {
        return Err(Failure::Ours(
            "a request without a key was repeated".to_owned(),
        ));
    };
    Ok(outcome)
}

/// What came of a reset, with the password that was made where it may be shown.
pub(in crate::cli) fn as_json(outcome: &ResetOutcome) -> Value {
    let user = &outcome.user;
    json!({
        "id": user.id.to_string(),
        "username": user.username,
        "role": user.role.name(),
        "changed": true,
        "generatedPassword": outcome.generated.as_ref().map(Secret::expose),
        "mustChangePassword": user.must_change_password,
        "temporaryUntil": user.password_expires_at.map(Timestamp::to_rfc3339),
        "revokedSessions": outcome.revoked_sessions,
        "revokedLinks": outcome.revoked_links,
        "revokedApiKeys": outcome.revoked_keys,
        "mailDelivery": outcome.delivery.as_ref().map(|mail| mail.id.to_string()),
    })
}

impl ResetPasswords {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let several = self.logins.len() > 1;
        if several && self.typed.is_wanted() {
            let text = "one password for several users is nobody's own; name one user, or leave out \
                        --stdin and --prompt to have a password made for each";
            return Err(Failure::Usage(text.to_owned()));
        }
        let (mut seen, mut refused) = (Vec::new(), Vec::new());
        for (place, login) in self.logins.iter().enumerate() {
            let done = self.reset_one(app, actor, login, &mut seen).await;
            match done {
                Ok(()) => {}
                Err(failure @ Failure::Refused(_)) if several => {
                    self.tell_refused(login, &failure.to_string())?;
                    refused.push(login.as_str());
                }
                Err(failure) => {
                    let left = self.logins.get(place..).unwrap_or_default();
                    if several {
                        complain(&format!("stopped; not done: {}", left.join(", ")));
                    }
                    return Err(failure);
                }
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        Err(Failure::Refused(format!(
            "{} of {} were refused: {}",
            refused.len(),
            self.logins.len(),
            refused.join(", ")
        )))
    }

    fn tell_refused(&self, login: &str, text: &str) -> Result<(), Failure> {
        complain(&format!("{login}: {text}"));
        if !self.json {
            return Ok(());
        }
        let entry = json!({ "login": login, "changed": false, "refused": text });
        print(&entry.to_string())
    }

    async fn reset_one(
        &self,
        app: &App,
        actor: &Actor,
        login: &str,
        seen: &mut Vec<UserId>,
    ) -> Result<(), Failure> {
        let target = login::find_present(app, actor, login).await?;
        if seen.contains(&target.id) {
            return Err(Failure::Refused(format!(
                "{} is named twice; the first password counts",
                target.username
            )));
        }
        seen.push(target.id);
        let how = self.how(&target)?;
        // Read beforehand: from the reset on, nothing may fail that keeps the password from being printed.
        let failure = failing::email_failure(app, &target).await?;
        let outcome = reset(app, actor, target.id, how).await?;
        if self.json {
            let mut value = as_json(&outcome);
            if let Value::Object(fields) = &mut value {
                let failure = failing::as_json(failure.as_ref());
                fields.insert("emailFailure".to_owned(), failure);
            }
            return print(&value.to_string());
        }
        if let (Some(failure), Some(_)) = (&failure, &outcome.delivery) {
            failing::warn(&outcome.user, failure);
        }
        note(&told(&outcome));
        match &outcome.generated {
            Some(secret) if self.logins.len() > 1 => {
                print(&format!("{}\t{}", outcome.user.username, secret.expose()))
            }
            Some(secret) => print(secret.expose()),
            None => Ok(()),
        }
    }

    fn how(&self, target: &User) -> Result<Reset, Failure> {
        let handover = match (self.send_email, self.show) {
            (false, _) => Handover::Caller,
            (true, false) => Handover::Mail,
            (true, true) => Handover::CallerAndMail,
        };
        Ok(Reset {
            new: self.new_password(target)?,
            handover,
            force_change: if self.no_force_change {
                ForceChange::NotForced
            } else {
                ForceChange::Forced { works_for: None }
            },
            sessions: if self.keep_sessions {
                SessionsAfter::Kept
            } else {
                SessionsAfter::Revoked
            },
            keys: if self.revoke_api_keys {
                KeysAfter::Revoked
            } else {
                KeysAfter::Kept
            },
            reason: self.reason.clone(),
        })
    }

    fn new_password(&self, target: &User) -> Result<NewPassword, Failure> {
        let generated = NewPassword::Generated(Recipe::default());
        if self.generate || self.logins.len() > 1 {
            return Ok(generated);
        }
        let typed = if self.typed.is_wanted() {
            self.typed
        } else if is_terminal() {
            Typed::ON_TERMINAL
        } else {
            let text = "say where the password comes from: --generate, --stdin or --prompt";
            return Err(Failure::Usage(text.to_owned()));
        };
        Ok(typed
            .read(&target.username)?
            .map_or(generated, NewPassword::Typed))
    }
}

/// One sentence for people.
pub(in crate::cli) fn told(outcome: &ResetOutcome) -> String {
    let user = &outcome.user;
    let end = user.password_expires_at.map(Timestamp::to_rfc3339);
    let parts = [
        Some(format!(
            "reset the password of {} ({})",
            user.username,
            user.role.name()
        )),
        end.map(|end| format!("it works until {end}")),
        user.must_change_password
            .then(|| "it must be changed at the next sign-in".to_owned()),
        outcome
            .delivery
            .as_ref()
            .map(|mail| format!("mailed as {}", mail.id)),
        Some(format!(
            "{} session(s), {} link(s) and {} API key(s) ended",
            outcome.revoked_sessions, outcome.revoked_links, outcome.revoked_keys
        )),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
