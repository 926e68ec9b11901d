//! Ending one's own sessions, one at a time.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::context::Reach as _;
use super::super::error::refusable;
use super::super::mutation_error::MutationError;
use super::super::scalars::Password;
use super::super::session_cookie;
use super::settle;
use super::shown::AccountSession;
use crate::domain::account;
use crate::types::actor::Proof;
use crate::types::ids::SessionId;

/// Input of `revokeOwnSession`.
#[derive(InputObject)]
pub(crate) struct RevokeOwnSessionInput {
    /// ID of the session.
    session_id: ID,
    /// The caller's own password, for any but the session they came with, when no confirmation is open. See
    /// `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
}

/// Outcome of `revokeOwnSession`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokeOwnSessionPayload {
    /// The session after the change. Null when there are errors.
    session: Option<AccountSession>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(RevokeOwnSessionPayload);

/// The part of `Mutation` about one's own sessions.
#[derive(Default)]
pub(crate) struct OwnSessionMutation;

#[Object]
impl OwnSessionMutation {
    /// Ends one of the caller's own sessions. It no longer works on the very next request. Ending the one
    /// the caller came with is signing out; ending another one asks for the caller's password.
    ///
    /// Access: signed in (public endpoint).
    /// Errors: NOT_FOUND, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED.
    async fn revoke_own_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeOwnSessionInput,
    ) -> Option<RevokeOwnSessionPayload> {
        let id = SessionId::parse(&input.session_id);
        let current = match ctx.actor().proof {
            Proof::Session { id, .. } => Some(id),
            Proof::NotAsked | Proof::Token { .. } => None,
        };
        let password = input.actor_password.as_ref().map(|password| &password.0);
        let done = account::revoke_own_session(ctx.app(), ctx.actor(), id, password).await;
        let payload = done.map(|session| {
            if current == Some(session.id) {
                session_cookie::set(ctx, session_cookie::gone(ctx.app()));
            }
            RevokeOwnSessionPayload {
                session: Some(AccountSession::seen_from(session, current)),
                errors: Vec::new(),
            }
        });
        settle(ctx, payload, "sessionId")
    }
}
