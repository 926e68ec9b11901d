//! Keys against doing a thing twice: one effect and one answer for a request that is repeated.
//!
//! The stored outcome holds no secret, so a repeat is answered without it. It is written in the
//! transaction of the act: of two requests at once the second finds the row taken, loses its whole
//! transaction and answers what the first one stored.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::store;
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, Txn};
use crate::platform::keyring::Purpose;
use crate::types::actor::Actor;
use crate::types::error::Internal;

/// Longest key, in characters.
pub const MAX_KEY_CHARACTERS: usize = 255;

/// A key with what it stands for.
#[derive(Clone, Debug)]
pub struct Once {
    pub(super) actor: String,
    pub(super) mutation: &'static str,
    pub(super) key: String,
    pub(super) input_hash: [u8; 32],
}

/// What came of a request.
#[derive(Debug)]
pub enum Answer<Done, Stored> {
    /// It was done now.
    Done(Done),
    /// It had been done before; this was stored then.
    Replay(Stored),
}

/// The key was used before with another input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyReused;

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("An idempotency key must be 1 to {MAX_KEY_CHARACTERS} characters without line breaks.")]
pub struct KeyMalformed;

impl Once {
    /// Binds a key to an actor, a mutation and an input.
    ///
    /// `Why:` the input is kept as an HMAC under the server key. It may hold a typed password, which
    /// a plain hash would leave open to guessing.
    pub fn new(
        app: &App,
        actor: &Actor,
        mutation: &'static str,
        key: &str,
        input: &impl Serialize,
    ) -> Result<Self, KeyMalformed> {
        let length = key.chars().count();
        if !(1..=MAX_KEY_CHARACTERS).contains(&length) || key.chars().any(char::is_control) {
            return Err(KeyMalformed);
        }
        let input = serde_json::to_vec(input).map_err(|_unserialisable| KeyMalformed)?;
        Ok(Self {
            actor: actor.key(),
            mutation,
            key: key.to_owned(),
            input_hash: app.keys.tag(Purpose::Idempotency, &input),
        })
    }

    /// Stores the outcome. Fails when another request with this key was first; then the whole
    /// transaction must be dropped.
    pub async fn store(
        &self,
        txn: &Txn,
        app: &App,
        outcome: &impl Serialize,
    ) -> Result<(), Internal> {
        let outcome = serde_json::to_string(outcome)
            .map_err(Internal::while_doing("writing an idempotent outcome"))?;
        store::insert_outcome(txn, self, outcome, app.clock.now()).await
    }

    async fn replay<T: DeserializeOwned, E: From<Internal> + From<KeyReused>>(
        &self,
        app: &App,
    ) -> Result<Option<T>, E> {
        let Some((input_hash, outcome)) = store::outcome(app.db.read(), self).await? else {
            return Ok(None);
        };
        if input_hash != self.input_hash {
            return Err(KeyReused.into());
        }
        let stored = serde_json::from_str(&outcome)
            .map_err(Internal::while_doing("reading an idempotent outcome"))?;
        Ok(Some(stored))
    }
}

/// Acts, unless the same request was answered before.
///
/// `Order:` looked at again after a refusal, because the refusal may come from what the first of two
/// simultaneous requests has just done.
pub async fn once<Done, Stored, E>(
    app: &App,
    key: Option<&Once>,
    act: impl Future<Output = Result<Done, E>>,
) -> Result<Answer<Done, Stored>, E>
where
    Stored: DeserializeOwned,
    E: From<Internal> + From<KeyReused>,
{
    let Some(key) = key else {
        return act.await.map(Answer::Done);
    };
    if let Some(stored) = key.replay::<_, E>(app).await? {
        return Ok(Answer::Replay(stored));
    }
    match act.await {
        Ok(done) => Ok(Answer::Done(done)),
        Err(refusal) => match key.replay::<_, E>(app).await? {
            Some(stored) => Ok(Answer::Replay(stored)),
            None => Err(refusal),
        },
    }
}

/// Deletes outcomes past their time.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let keep = app.settings.database.keep.idempotency;
    let before = app.clock.now().minus(keep);
    budget
        .in_batches(|most| store::delete_outcomes_before(app.db.write(), before, most))
        .await
}
