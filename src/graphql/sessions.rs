//! Sessions as administrators see them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::enums::{SessionStatus, SessionTransport};
use super::error::{refusable, settle};
use super::mutation_error::MutationError;
use super::paging::connection;
use super::scalars::{DateTime, Password, moment};
use super::users::{User, UserRef, user_by_id};
use crate::domain::{sessions, users};
use crate::types::actor::Proof;
use crate::types::ids::SessionId;

/// A signed-in browser or program.
#[derive(Clone)]
pub(crate) struct Session(pub(crate) sessions::Session);

/// A signed-in browser or program. Its token is not here.
#[Object]
impl Session {
    /// Global ID.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who is signed in. Null when the caller may not see that user.
    async fn user(&self, ctx: &Context<'_>) -> Option<User> {
        user_by_id(ctx, Some(self.0.user)).await
    }

    /// Whether it still works.
    async fn status(&self, ctx: &Context<'_>) -> SessionStatus {
        let app = ctx.app();
        let settings = &app.settings.security.sessions;
        self.0.status(settings, app.clock.now()).into()
    }

    /// Whether it only serves to change the password.
    async fn is_restricted(&self) -> bool {
        self.0.is_restricted
    }

    /// Whether the present request came with it.
    async fn is_current(&self, ctx: &Context<'_>) -> bool {
        matches!(ctx.actor().proof, Proof::Session { id, .. } if id == self.0.id)
    }

    /// How the client holds on to it.
    async fn transport(&self) -> SessionTransport {
        self.0.transport.into()
    }

    /// Address it was opened from.
    async fn ip_address(&self) -> Option<&str> {
        self.0.ip_address.as_deref()
    }

    /// Program it was opened with, as that program named itself.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> DateTime {
        DateTime(self.0.last_used_at)
    }

    /// When it ends by itself if it is not used again.
    async fn expires_at(&self, ctx: &Context<'_>) -> DateTime {
        let settings = &ctx.app().settings.security.sessions;
        DateTime(self.0.expires_at(settings))
    }

    /// When it was ended early. Null when it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        moment(self.0.ended_at)
    }
}

connection!(
    Session,
    SessionConnection,
    SessionEdge,
    "A page of sessions.",
    "One entry of a page of sessions."
);

/// Input of `revokeSession`.
#[derive(InputObject)]
pub(crate) struct RevokeSessionInput {
    /// ID of the session.
    session_id: ID,
    /// The caller's own password, for one of their own sessions but the one they came with, when no
    /// confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `revokeSession`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokeSessionPayload {
    /// The session after the change. Null when there are errors.
    session: Option<Session>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `revokeSessions`.
#[derive(InputObject)]
pub(crate) struct RevokeSessionsInput {
    /// The user to sign out everywhere.
    user: UserRef,
    /// The caller's own password, for their own sessions when no confirmation is open. See
    /// `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `revokeSessions`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokeSessionsPayload {
    /// The user. Null when there are errors.
    user: Option<User>,
    /// How many sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(RevokeSessionPayload, RevokeSessionsPayload);

/// The part of `Mutation` about the sessions of others.
#[derive(Default)]
pub(crate) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Ends one session. It no longer works on the very next request.
    ///
    /// Access: scope SESSIONS_REVOKE.
    /// Errors: FORBIDDEN, NOT_FOUND, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeSessionInput,
    ) -> Option<RevokeSessionPayload> {
        let id = SessionId::parse(&input.session_id);
        let password = input.actor_password.as_ref().map(|password| &password.0);
        let reason = input.reason.as_deref();
        let done = users::revoke_session(ctx.app(), ctx.actor(), id, password, reason).await;
        let payload = done.map(|session| RevokeSessionPayload {
            session: Some(Session(session)),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Signs a user out everywhere. None of their sessions works on the very next request.
    ///
    /// Access: scope SESSIONS_REVOKE.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE.
    async fn revoke_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeSessionsInput,
    ) -> Option<RevokeSessionsPayload> {
        let password = input.actor_password.as_ref().map(|password| &password.0);
        let reason = input.reason.as_deref();
        let user = (&input.user).into();
        let done = users::revoke_sessions(ctx.app(), ctx.actor(), &user, password, reason).await;
        let payload = done.map(|(user, count)| RevokeSessionsPayload {
            user: Some(user.into()),
            revoked_session_count: Some(i32::try_from(count).unwrap_or(i32::MAX)),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }
}
