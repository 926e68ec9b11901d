//! Turning a token of the identity provider into a person of this server.

use super::store::keys as store;
use crate::platform::app::App;
use crate::platform::jwt::{Issuer, TokenError};
use crate::types::actor::{Actor, ActorKind, Origin, Proof};
use crate::types::address::EmailAddress;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// Whether it has the shape of a token. Neither keys nor sessions have dots.
pub(super) fn is_token(presented: &Secret) -> bool {
    presented.expose().matches('.').count() == 2
}

/// The person a token stands for. `None` when it is not good, and when nobody here is meant or may act.
///
/// By their `externalId`, which has to be the token's subject; else by an address that the issuer *and*
/// this server have verified, of somebody without an `externalId`. `Why:` an address that only one of
/// the two has verified may be anybody's, and whoever is bound to another subject is another person.
///
/// `Order:` the signature first, which costs no statement; then one statement.
pub(super) async fn person(
    app: &App,
    issuer: &Issuer,
    presented: &Secret,
    origin: Origin,
) -> Result<Option<Actor>, Internal> {
    let now = app.clock.now();
    let claims = match issuer.verify(presented, now).await {
        Ok(claims) => claims,
        Err(TokenError::Unavailable) => {
            return Err(Internal::new("verifying a token", TokenError::Unavailable));
        }
        Err(reason) => {
            tracing::debug!(%reason, "a token was refused");
            return Ok(None);
        }
    };
    let address = claims.verified_email.as_deref().map(EmailAddress::parse);
    let address = address.and_then(Result::ok);
    let key = address.as_ref().map(EmailAddress::key);
    let found = store::person_named(app.db.read(), &claims.subject, key).await?;
    let Some((person, username)) = found else {
        tracing::debug!("a token was refused: no user has its sub as externalId, or its address");
        return Ok(None);
    };
    let Some(role) = person.role.filter(|_| person.may_act(now)) else {
        tracing::debug!(user = %person.id, "a token was refused: its user may not act");
        return Ok(None);
    };
    let limit = claims.role_limit;
    let held = role.permissions().iter().copied();
    Ok(Some(Actor {
        kind: ActorKind::User(person.id),
        label: username,
        role: role.lower(limit),
        permissions: held
            .filter(|right| limit.permissions().contains(right))
            .collect(),
        person: Some(person.id),
        proof: Proof::Token {
            authenticated_at: claims.authenticated_at,
        },
        origin,
    }))
}
