//! Unlocking, deleting and restoring users, and clearing their addresses.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::error::{refusable, settle};
use super::mutation_error::MutationError;
use super::scalars::{DateTime, Password};
use super::users::{User, UserRef};
use crate::domain::users;

/// Input of `unlockUser`.
#[derive(InputObject)]
pub(crate) struct UnlockUserInput {
    /// The user to unlock.
    user: UserRef,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `unlockUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct UnlockUserPayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `markEmailDeliverable`.
#[derive(InputObject)]
pub(crate) struct MarkEmailDeliverableInput {
    /// The user whose present address is meant.
    user: UserRef,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `markEmailDeliverable`.
#[derive(SimpleObject, Default)]
pub(crate) struct MarkEmailDeliverablePayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `deleteUser`.
#[derive(InputObject)]
pub(crate) struct DeleteUserInput {
    /// The user to delete.
    user: UserRef,
    /// Only go ahead when this is still the version; otherwise `VERSION_CONFLICT`.
    if_version: Option<i32>,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `deleteUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct DeleteUserPayload {
    /// The deleted user. Null when there are errors.
    user: Option<User>,
    /// Until when `restoreUser` brings the user back. Afterwards everything that tells who it was is
    /// erased but the audit trail. Null when there are errors.
    restorable_until: Option<DateTime>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `restoreUser`.
#[derive(InputObject)]
pub(crate) struct RestoreUserInput {
    /// The user to restore.
    user: UserRef,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `restoreUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct RestoreUserPayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(
    UnlockUserPayload,
    MarkEmailDeliverablePayload,
    DeleteUserPayload,
    RestoreUserPayload
);

/// The part of `Mutation` about the life of users.
#[derive(Default)]
pub(crate) struct LifecycleMutation;

#[Object]
impl LifecycleMutation {
    /// Lifts the lock after failed sign-ins, so that the user can try again at once.
    ///
    /// Access: scope USERS_UNLOCK.
    /// Errors: FORBIDDEN, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF.
    async fn unlock_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UnlockUserInput,
    ) -> Option<UnlockUserPayload> {
        let user = (&input.user).into();
        let reason = input.reason.as_deref();
        let done = users::unlock_user(ctx.app(), ctx.actor(), &user, reason).await;
        let payload = done.map(|user| UnlockUserPayload {
            user: Some(user.into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Says that mail to the user's present address arrives after all, although a mail server once said
    /// that nobody reads it there. May be repeated.
    ///
    /// Access: scope USERS_WRITE.
    /// Errors: FORBIDDEN, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE.
    async fn mark_email_deliverable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: MarkEmailDeliverableInput,
    ) -> Option<MarkEmailDeliverablePayload> {
        let user = (&input.user).into();
        let reason = input.reason.as_deref();
        let done = users::mark_deliverable(ctx.app(), ctx.actor(), &user, reason).await;
        let payload = done.map(|user| MarkEmailDeliverablePayload {
            user: Some(user.into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Deletes a user. They cannot sign in, get no mail, and appear in lists only when asked for; every
    /// session ends. `restoreUser` brings them back for 30 days, or as long as settings say.
    ///
    /// Access: scope USERS_DELETE.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, LAST_ADMIN, VERSION_CONFLICT.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DeleteUserInput,
    ) -> Option<DeleteUserPayload> {
        let command = users::DeleteUser {
            user: (&input.user).into(),
            if_version: input.if_version.map(i64::from),
            actor_password: input.actor_password.map(|password| password.0),
            reason: input.reason,
        };
        let done = users::delete(ctx.app(), ctx.actor(), command).await;
        let payload = done.map(|done| DeleteUserPayload {
            user: Some(done.user.into()),
            restorable_until: Some(DateTime(done.restorable_until)),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Brings a deleted user back, with their password but without their sessions and links.
    ///
    /// Access: scope USERS_DELETE.
    /// Errors: FORBIDDEN, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF.
    async fn restore_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RestoreUserInput,
    ) -> Option<RestoreUserPayload> {
        let user = (&input.user).into();
        let reason = input.reason.as_deref();
        let done = users::restore(ctx.app(), ctx.actor(), &user, reason).await;
        let payload = done.map(|user| RestoreUserPayload {
            user: Some(user.into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }
}
