//! Forgetting one of the browsers that one's own account knows.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::context::Reach as _;
use super::super::error::refusable;
use super::super::mutation_error::MutationError;
use super::settle;
use crate::domain::account;
use crate::types::ids::DeviceId;

/// Input of `revokeOwnDevice`.
#[derive(InputObject)]
pub(crate) struct RevokeOwnDeviceInput {
    /// ID of the device.
    device_id: ID,
}

/// Outcome of `revokeOwnDevice`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokeOwnDevicePayload {
    /// ID of the device that was forgotten. Null when there are errors.
    revoked_device_id: Option<ID>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(RevokeOwnDevicePayload);

/// The part of `Mutation` about the devices of one's own account.
#[derive(Default)]
pub(crate) struct OwnDeviceMutation;

#[Object]
impl OwnDeviceMutation {
    /// Forgets one of the caller's own trusted devices. Failed sign-ins of strangers then keep it waiting like
    /// any other; its sessions go on.
    ///
    /// Access: signed in (public endpoint).
    /// Errors: NOT_FOUND.
    async fn revoke_own_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeOwnDeviceInput,
    ) -> Option<RevokeOwnDevicePayload> {
        let id = DeviceId::parse(&input.device_id);
        let done = account::revoke_own_device(ctx.app(), ctx.actor(), id).await;
        let payload = done.map(|id| RevokeOwnDevicePayload {
            revoked_device_id: Some(id.to_string().into()),
            errors: Vec::new(),
        });
        settle(ctx, payload, "deviceId")
    }
}
