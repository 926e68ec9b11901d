//! What every act on keys asks first.

use std::time::Duration;

use super::error::{ApiKeyError, KeyFault};
use super::networks::Networks;
use crate::domain::access::store;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, ActorKind, Denied, Permission, Proof};
use crate::types::clock::Timestamp;
use crate::types::look_alikes::{TURNED, turns_text};

/// How long a person's key works unless said otherwise.
pub(super) const USUAL_LIFE: Duration = Duration::from_hours(24 * 90);
/// Longest life of a person's key, a leap year.
const LONGEST_LIFE: Duration = Duration::from_hours(24 * 366);
/// Longest name, in characters.
const MAX_NAME: usize = 100;

/// Persons with the right, and the command line; a key that could make keys would outlive itself.
pub fn require_manager(actor: &Actor) -> Result<(), Denied> {
    actor.require(Permission::ApiKeysManage)?;
    match actor.kind {
        ActorKind::ApiKey(_) => Err(Denied::PersonOnly),
        _ => Ok(()),
    }
}

/// Collects what is wrong with the inputs, so that a caller hears of everything at once.
#[derive(Default)]
pub(super) struct Reader {
    faults: Vec<KeyFault>,
}

impl Reader {
    fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        self.faults.push(KeyFault::new(field, message));
    }

    pub(super) fn name(&mut self, text: &str) -> String {
        let text = text.trim();
        if !(1..=MAX_NAME).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            let message = format!("Must be 1 to {MAX_NAME} characters without line breaks.");
            self.fault("name", message);
        }
        if text.chars().any(turns_text) {
            self.fault("name", TURNED);
        }
        text.to_owned()
    }

    /// In the usual order, each once.
    pub(super) fn scopes(&mut self, mut scopes: Vec<Permission>) -> Vec<Permission> {
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            self.fault("scopes", "A key needs at least one scope.");
        }
        scopes
    }

    pub(super) fn networks(&mut self, texts: &[String]) -> Networks {
        Networks::parse(texts).unwrap_or_else(|problem| {
            self.fault("allowedNetworks", problem);
            Networks::default()
        })
    }

    /// Any end of a key of the installation.
    pub(super) fn end(&mut self, end: Timestamp, now: Timestamp) -> Timestamp {
        if end <= now {
            self.fault("expiresAt", "Lies in the past.");
        }
        end
    }

    /// The end of a person's key.
    pub(super) fn end_within_a_year(&mut self, end: Timestamp, now: Timestamp) -> Timestamp {
        if end > now.plus(LONGEST_LIFE) {
            self.fault("expiresAt", "A key works for a year at most.");
        }
        self.end(end, now)
    }

    pub(super) fn finish(self) -> Result<(), ApiKeyError> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(ApiKeyError::Invalid(self.faults))
        }
    }
}

/// Errors: `ScopeNotGrantable` with those the actor does not hold.
pub(super) fn require_held(actor: &Actor, scopes: &[Permission]) -> Result<(), ApiKeyError> {
    let is_missing = |scope: &Permission| !actor.permissions.contains(scope);
    let missing: Vec<_> = scopes.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(ApiKeyError::ScopeNotGrantable(missing))
    }
}

/// Whether the person behind the actor may still act, inside the transaction of the act.
///
/// `Why:` who calls was asked when the request came in. A hash later they may be disabled, demoted or
/// signed out, and a key made after that would outlive what was meant to end.
pub(super) async fn require_standing(
    txn: &Txn,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ApiKeyError> {
    let Some(person) = actor.person else {
        return Ok(());
    };
    let is_known = store::keys::person(txn, person).await?.may_act(now);
    let stands = match actor.proof {
        Proof::Session { id, .. } => store::session_stands(txn, id).await?,
        Proof::NotAsked | Proof::Token { .. } => true,
    };
    if is_known && stands {
        Ok(())
    } else {
        Err(Denied::Unauthenticated.into())
    }
}
