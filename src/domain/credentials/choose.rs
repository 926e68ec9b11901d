//! Choosing a new password: typed and judged, or generated; never stored here.

use std::sync::Arc;
use std::time::Duration;

use super::breached::BreachedList;
use super::generator::{self, GeneratorError, Recipe};
use super::policy::PasswordPolicy;
use super::strength::{self, Strength};
use super::{
    MAX_PASSWORD_CHARACTERS, Password, PasswordOrigin, PasswordRule, Violation, breached_api, store,
};
use crate::platform::app::App;
use crate::platform::hasher::{HashError, Hasher};
use crate::platform::settings::{AdminPasswords, Settings};
use crate::types::actor::{Actor, ActorKind};
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::secret::Secret;

/// Where a new password comes from.
#[derive(Clone, Debug)]
pub enum NewPassword {
    /// The caller typed it.
    Typed(Secret),
    /// The server makes it.
    Generated(Recipe),
}

/// A password that may be stored.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The password itself.
    pub password: Secret,
    /// Whether the server made it.
    pub generated: bool,
}

impl Chosen {
    /// Where it came from, once it is known whether its user must replace it.
    pub fn origin(&self, must_change: bool) -> PasswordOrigin {
        if must_change {
            PasswordOrigin::Temporary
        } else if self.generated {
            PasswordOrigin::Generated
        } else {
            PasswordOrigin::Chosen
        }
    }
}

/// Why a password is not taken.
#[derive(Debug)]
pub enum ChooseError {
    /// Every rule that is broken.
    Rejected(Vec<Violation>),
    /// The generator was asked for what it cannot or may not make.
    Generator(GeneratorError),
    /// Settings keep administrators from choosing passwords this way.
    NotAllowed(AdminPasswords),
    /// Too many passwords are being hashed.
    Overloaded(Duration),
    /// Broken.
    Internal(Internal),
}

impl From<Internal> for ChooseError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl From<HashError> for ChooseError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded { retry_after } => Self::Overloaded(retry_after),
            HashError::Internal(cause) => Self::Internal(cause),
        }
    }
}

/// The rules in force.
///
/// Errors: the list of breached passwords cannot be used; the message says why.
pub fn policy(settings: &Settings) -> Result<PasswordPolicy, Internal> {
    let rules = &settings.policy;
    let breached = rules
        .breached_file
        .as_ref()
        .map(BreachedList::open)
        .transpose()
        .map_err(Internal::while_doing("opening policy.breached_file"))?;
    let mut words = rules.words.clone();
    words.push(settings.server.site_name.clone());
    if let Some(host) = settings
        .server
        .public_url
        .as_ref()
        .and_then(|url| url.host_str())
    {
        words.push(host.to_owned());
    }
    Ok(PasswordPolicy {
        min_length: rules.min_length,
        max_length: MAX_PASSWORD_CHARACTERS,
        min_strength: rules.min_strength,
        reject_common: rules.reject_common,
        reject_similar_to_user: rules.reject_similar_to_user,
        history_count: rules.history_count,
        words,
        breached: breached.map(Arc::new),
        asks_breached_api: rules.breached_api.is_some(),
    })
}

/// What was found about a typed password.
#[derive(Debug)]
pub struct Judged {
    /// The password, or every rule it breaks.
    pub verdict: Result<Password, Vec<Violation>>,
    /// How strong it is, unless it cannot be read.
    pub strength: Option<Strength>,
}

/// Judges a typed password.
///
/// `Order:` on a hashing thread. Estimating the strength of a long password takes as long as hashing
/// it, and would keep other requests waiting on an async thread. A service is asked last, and only about
/// a password that keeps every other rule.
pub async fn judge(
    app: &App,
    hasher: &Hasher,
    typed: Secret,
    about: &[&str],
) -> Result<Judged, HashError> {
    let mut judged = judge_here(hasher, policy(&app.settings)?, typed, about).await?;
    if let (Ok(password), Some(service)) = (&judged.verdict, &app.breached_api)
        && breached_api::is_breached(service, password).await
    {
        judged.verdict = Err(vec![Violation::new(PasswordRule::Breached, None, None)]);
    }
    Ok(judged)
}

async fn judge_here(
    hasher: &Hasher,
    policy: PasswordPolicy,
    typed: Secret,
    about: &[&str],
) -> Result<Judged, HashError> {
    let about: Vec<String> = about.iter().map(|word| (*word).to_owned()).collect();
    let judging = move || {
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        let password = match Password::parse(typed) {
            Ok(password) => password,
            Err(violation) => {
                return Judged {
                    verdict: Err(vec![violation]),
                    strength: None,
                };
            }
        };
        let strength = Some(strength::estimate(&password, &about));
        let violations = policy.judge(&password, &about);
        let verdict = if violations.is_empty() {
            Ok(password)
        } else {
            Err(violations)
        };
        Judged { verdict, strength }
    };
    hasher.compute(judging).await
}

/// Takes a typed password that keeps every rule, or makes one.
///
/// `about` are the user's names, which it may not resemble; `user` has earlier passwords, which may
/// not come back. The command line is exempt from the setting that keeps administrators from
/// choosing: it is the way back in. So is whoever holds a link: they choose for themselves.
pub async fn choose(
    app: &App,
    actor: &Actor,
    new: NewPassword,
    about: &[&str],
    user: Option<UserId>,
) -> Result<Chosen, ChooseError> {
    match &new {
        NewPassword::Typed(_) => may_type(app, actor)?,
        NewPassword::Generated(_) => may_generate(app, actor)?,
    }
    match new {
        NewPassword::Generated(recipe) => {
            let policy = policy(&app.settings)?;
            // What is drawn is judged too, and judging belongs on a hashing thread: see `judge`.
            let about: Vec<String> = about.iter().map(|word| (*word).to_owned()).collect();
            let drawing = move || {
                let about: Vec<&str> = about.iter().map(String::as_str).collect();
                generator::generate(&recipe, &policy, &about)
            };
            let drawn = app.hasher.compute(drawing).await?;
            let password = drawn.map_err(ChooseError::Generator)?;
            Ok(Chosen {
                password,
                generated: true,
            })
        }
        NewPassword::Typed(typed) => {
            let judged = judge(app, &app.hasher, typed, about).await?;
            let password = judged.verdict.map_err(ChooseError::Rejected)?;
            let password = Secret::new(password.expose().to_owned());
            if let Some(user) = user {
                refuse_reused(app, user, &password).await?;
            }
            Ok(Chosen {
                password,
                generated: false,
            })
        }
    }
}

/// Takes a password that a user typed for themselves and that keeps every rule.
pub async fn choose_own(
    app: &App,
    typed: Secret,
    about: &[&str],
    user: UserId,
) -> Result<Secret, ChooseError> {
    let judged = judge(app, &app.hasher, typed, about).await?;
    let password = judged.verdict.map_err(ChooseError::Rejected)?;
    let password = Secret::new(password.expose().to_owned());
    refuse_reused(app, user, &password).await?;
    Ok(password)
}

/// Whether settings let this actor have passwords generated.
pub fn may_generate(app: &App, actor: &Actor) -> Result<(), ChooseError> {
    match app.settings.security.admin_passwords {
        AdminPasswords::Any | AdminPasswords::Generated => Ok(()),
        _ if actor.kind == ActorKind::Operator => Ok(()),
        setting @ AdminPasswords::LinksOnly => Err(ChooseError::NotAllowed(setting)),
    }
}

/// Whether settings let this actor type the passwords of others.
fn may_type(app: &App, actor: &Actor) -> Result<(), ChooseError> {
    match app.settings.security.admin_passwords {
        AdminPasswords::Any => Ok(()),
        _ if matches!(actor.kind, ActorKind::Operator | ActorKind::LinkHolder) => Ok(()),
        setting @ (AdminPasswords::Generated | AdminPasswords::LinksOnly) => {
            Err(ChooseError::NotAllowed(setting))
        }
    }
}

async fn refuse_reused(app: &App, user: UserId, password: &Secret) -> Result<(), ChooseError> {
    let count = app.settings.policy.history_count;
    for earlier in store::history::refused(app.db.read(), user, count).await? {
        if app.hasher.verify(password, earlier).await? {
            let rule = PasswordRule::Reused;
            let violation = Violation {
                rule,
                required: Some(count),
                actual: None,
            };
            return Err(ChooseError::Rejected(vec![violation]));
        }
    }
    Ok(())
}
