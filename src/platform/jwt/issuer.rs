//! The one issuer whose tokens are taken.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::TokenError;
use super::claims::{self, Claims};
use super::keys::Key;
use super::kind;
use super::pem::{self, PemError};
use super::published::{LIMITS, OLD, Published};
use super::token::Token;
use crate::platform::fetch::Fetcher;
use crate::platform::settings::{JwtSettings, KeySource};
use crate::types::clock::{Clock, Timestamp};
use crate::types::secret::Secret;

/// How often a running server looks whether its keys grow old; it fetches this much before they are,
/// so that no request has to wait for it.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Verifies tokens. Clones share the keys.
#[derive(Clone, Debug)]
pub struct Issuer {
    settings: Arc<JwtSettings>,
    keys: Keys,
}

#[derive(Clone, Debug)]
enum Keys {
    /// From a file. It has no name, so it is taken whatever `kid` a token names.
    One(Arc<Key>),
    Published(Arc<Published>),
}

impl Issuer {
    /// From the settings; nothing is fetched yet.
    pub fn new(settings: JwtSettings) -> Result<Self, PemError> {
        let keys = match &settings.keys {
            KeySource::Pem(text) => {
                let key = pem::read(text)?;
                if !settings.algorithms.contains(&key.algorithm) {
                    return Err(PemError::NotAllowed(key.algorithm));
                }
                Keys::One(Arc::new(key))
            }
            KeySource::Url(url) => {
                Keys::Published(Arc::new(Published::new(Fetcher::new(url.clone(), LIMITS))))
            }
        };
        Ok(Self {
            settings: Arc::new(settings),
            keys,
        })
    }

    /// What the token says, if it is genuine, for this server, and good now.
    ///
    /// `Order:` the signature before the claims, so that nobody learns from a forged token how it
    /// would be judged.
    pub async fn verify(&self, presented: &Secret, now: Timestamp) -> Result<Claims, TokenError> {
        let token = Token::read(presented.expose(), &self.settings.algorithms)?;
        let is_genuine = match &self.keys {
            Keys::One(key) if key.algorithm == token.algorithm => is_signed(key, &token),
            Keys::One(_) => return Err(TokenError::KeyType),
            Keys::Published(published) => {
                let mut keys = published.keys(now).await?;
                if !names_known_key(&keys, &token) {
                    published.refresh(now).await;
                    keys = published.keys(now).await?;
                }
                let wanted = choose(&keys, &token)?;
                wanted.iter().any(|key| is_signed(key, &token))
            }
        };
        if !is_genuine {
            return Err(TokenError::Signature);
        }
        let claims = claims::read(&token.payload, &self.settings, now)?;
        let (audience, kind) = (&self.settings.audience, self.settings.token_kind);
        kind::check(&token.payload, token.is_access, audience, kind)?;
        Ok(claims)
    }

    /// Keeps the keys young until `stop`, and fetches them at once.
    pub async fn keep_fresh(self, clock: Clock, stop: CancellationToken) {
        let Keys::Published(published) = self.keys else {
            return;
        };
        loop {
            let age = OLD.saturating_sub(LOOK_EVERY);
            published.refresh_if_older(age, clock.now()).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }
}

fn is_signed(key: &Key, token: &Token<'_>) -> bool {
    key.verify(token.signed, &token.signature)
}

/// Whether fetching the keys anew would tell nothing about this token.
fn names_known_key(keys: &[Key], token: &Token<'_>) -> bool {
    let is_named = |key: &Key| key.id.is_some() && key.id == token.key_id;
    token.key_id.is_none() || keys.iter().any(is_named)
}

/// The key of that name and algorithm; without a name, the only one of that algorithm.
fn choose<'a>(keys: &'a [Key], token: &Token<'_>) -> Result<Vec<&'a Key>, TokenError> {
    let fits = |key: &&Key| key.algorithm == token.algorithm;
    let is_named = |key: &&Key| key.id == token.key_id;
    if token.key_id.is_none() {
        let fitting: Vec<&Key> = keys.iter().filter(fits).collect();
        return match fitting.len() {
            1 => Ok(fitting),
            _ => Err(TokenError::UnknownKey),
        };
    }
    let named: Vec<&Key> = keys.iter().filter(is_named).collect();
    if named.is_empty() {
        return Err(TokenError::UnknownKey);
    }
    let fitting: Vec<&Key> = named.into_iter().filter(fits).collect();
    if fitting.is_empty() {
        return Err(TokenError::KeyType);
    }
    Ok(fitting)
}
