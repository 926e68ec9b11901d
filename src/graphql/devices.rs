//! Browsers that an account knows, and forgetting those of others.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::error::{refusable, settle};
use super::mutation_error::MutationError;
use super::scalars::DateTime;
use crate::domain::{sessions, users};
use crate::types::ids::DeviceId;

/// A browser that has signed in to the account before. Failed sign-ins of strangers do not keep it waiting. It
/// opens nothing by itself, and its token is not here.
#[derive(SimpleObject)]
pub(crate) struct TrustedDevice {
    /// ID of the device, for `revokeOwnDevice` and `revokeDevice`.
    device_id: ID,
    /// Address it last signed in from.
    ip_address: Option<String>,
    /// Program it last signed in with, as that program named itself.
    user_agent: Option<String>,
    /// When it first signed in.
    created_at: DateTime,
    /// When it last signed in.
    last_used_at: DateTime,
    /// When it is forgotten unless it signs in again.
    expires_at: DateTime,
}

impl From<sessions::Device> for TrustedDevice {
    fn from(device: sessions::Device) -> Self {
        Self {
            device_id: device.id.to_string().into(),
            ip_address: device.ip_address,
            user_agent: device.user_agent,
            created_at: DateTime(device.created_at),
            last_used_at: DateTime(device.last_used_at),
            expires_at: DateTime(device.expires_at),
        }
    }
}

/// Input of `revokeDevice`.
#[derive(InputObject)]
pub(crate) struct RevokeDeviceInput {
    /// ID of the device.
    device_id: ID,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `revokeDevice`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokeDevicePayload {
    /// ID of the device that was forgotten. Null when there are errors.
    revoked_device_id: Option<ID>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(RevokeDevicePayload);

/// The part of `Mutation` about the devices of others.
#[derive(Default)]
pub(crate) struct DeviceMutation;

#[Object]
impl DeviceMutation {
    /// Forgets one trusted device of a user. Its sessions go on; `revokeSessions` ends those and forgets every
    /// device.
    ///
    /// Access: scope SESSIONS_REVOKE.
    /// Errors: FORBIDDEN, NOT_FOUND, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE.
    async fn revoke_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeDeviceInput,
    ) -> Option<RevokeDevicePayload> {
        let id = DeviceId::parse(&input.device_id);
        let reason = input.reason.as_deref();
        let done = users::revoke_device(ctx.app(), ctx.actor(), id, reason).await;
        let payload = done.map(|id| RevokeDevicePayload {
            revoked_device_id: Some(id.to_string().into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }
}
