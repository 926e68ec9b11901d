//! Making, changing and revoking API keys.

use async_graphql::{Context, ID, InputObject, InputType, Object, SimpleObject};

use super::api_keys::ApiKey;
use super::context::Reach as _;
use super::enums::Scope;
use super::error::api_keys::refuse;
use super::mutation_error::MutationError;
use super::scalars::{DateTime, OneTimeSecret, Password};
use crate::domain::access::idempotency::{Answer, Once};
use crate::domain::access::{self, ApiKeyError, ApiKeyPatch as Patch};
use crate::domain::api_keys;
use crate::types::ids::ApiKeyId;

/// Input of `createApiKey`.
#[derive(InputObject)]
pub(crate) struct CreateApiKeyInput {
    /// What to call it, 1 to 100 characters.
    name: String,
    /// What it may do, at least one. No more than the caller may.
    scopes: Vec<Scope>,
    /// When it stops working, at most a year from now. Left out, after 90 days.
    expires_at: Option<DateTime>,
    /// Networks it may be used from: addresses, or ranges such as `10.0.0.0/8`; at most 50. Left out
    /// or empty, any.
    allowed_networks: Option<Vec<String>>,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Any string unique to this request, at most 255 characters. Repeating the mutation with the
    /// same key within 24 hours does nothing further and gives the same answer, without its secrets.
    idempotency_key: Option<String>,
}

/// Outcome of `createApiKey`.
#[derive(SimpleObject, Default)]
pub(crate) struct CreateApiKeyPayload {
    /// The new key. Null when there are errors.
    api_key: Option<ApiKey>,
    /// Its secret, this one time. Null when there are errors or when this repeats an earlier request.
    secret: Option<OneTimeSecret>,
    /// Whether this answers a repeated idempotency key; then nothing was done again and secrets are
    /// left out.
    is_replay: bool,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Changes to an API key. A field left out or null stays as it is.
#[derive(InputObject)]
pub(crate) struct ApiKeyPatch {
    /// New name, 1 to 100 characters.
    name: Option<String>,
    /// New scopes, in place of all present ones.
    scopes: Option<Vec<Scope>>,
    /// New end; for a person's key at most a year from now.
    expires_at: Option<DateTime>,
    /// New networks, in place of all present ones; at most 50. An empty list means any.
    allowed_networks: Option<Vec<String>>,
}

/// Input of `updateApiKey`.
#[derive(InputObject)]
pub(crate) struct UpdateApiKeyInput {
    /// ID of the key.
    api_key_id: ID,
    /// New values.
    patch: ApiKeyPatch,
    /// Only go ahead when this is still the version; otherwise `VERSION_CONFLICT`.
    if_version: Option<i32>,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
}

/// Outcome of `updateApiKey`.
#[derive(SimpleObject, Default)]
pub(crate) struct UpdateApiKeyPayload {
    /// The key after the change. Null when there are errors.
    api_key: Option<ApiKey>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `revokeApiKey`.
#[derive(InputObject)]
pub(crate) struct RevokeApiKeyInput {
    /// ID of the key.
    api_key_id: ID,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `revokeApiKey`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokeApiKeyPayload {
    /// The key after the change. Null when there are errors.
    api_key: Option<ApiKey>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

fn scopes(list: Vec<Scope>) -> Vec<crate::types::actor::Permission> {
    list.into_iter().map(Into::into).collect()
}

async fn create(
    ctx: &Context<'_>,
    input: CreateApiKeyInput,
) -> Result<CreateApiKeyPayload, ApiKeyError> {
    let (app, actor) = (ctx.app(), ctx.actor());
    let value = input.to_value();
    let key = input.idempotency_key.as_deref();
    let once = key.map(|key| Once::new(app, actor, "createApiKey", key, &value));
    let password = input.actor_password.map(|password| password.0);
    let command = access::CreateApiKey {
        name: input.name,
        scopes: scopes(input.scopes),
        expires_at: input.expires_at.map(|at| at.0),
        networks: input.allowed_networks.unwrap_or_default(),
        once: once.transpose()?,
    };
    Ok(
        match api_keys::create(app, actor, command, password.as_ref()).await? {
            Answer::Done((key, secret)) => CreateApiKeyPayload {
                api_key: Some(key.into()),
                secret: Some(OneTimeSecret(secret)),
                ..Default::default()
            },
            Answer::Replay(stored) => CreateApiKeyPayload {
                api_key: access::made(app, &stored).await?.map(ApiKey::from),
                is_replay: true,
                ..Default::default()
            },
        },
    )
}

async fn update(
    ctx: &Context<'_>,
    input: UpdateApiKeyInput,
) -> Result<access::ApiKey, ApiKeyError> {
    let patch = Patch {
        name: input.patch.name,
        scopes: input.patch.scopes.map(scopes),
        expires_at: input.patch.expires_at.map(|at| at.0),
        networks: input.patch.allowed_networks,
    };
    let command = access::UpdateApiKey {
        id: ApiKeyId::parse(&input.api_key_id),
        patch,
        if_version: input.if_version.map(i64::from),
    };
    let password = input.actor_password.map(|password| password.0);
    api_keys::update(ctx.app(), ctx.actor(), command, password.as_ref()).await
}

/// The part of `Mutation` about API keys.
#[derive(Default)]
pub(crate) struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Creates an API key that acts for the caller and returns its secret, this one time. Only a
    /// person may do this; keys of the installation are made on the command line.
    ///
    /// Access: scope API_KEYS_MANAGE.
    /// Errors: FORBIDDEN, INVALID_INPUT, SCOPE_NOT_GRANTABLE, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, IDEMPOTENCY_KEY_REUSED.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CreateApiKeyInput,
    ) -> Option<CreateApiKeyPayload> {
        match create(ctx, input).await {
            Ok(payload) => Some(payload),
            Err(error) => Some(CreateApiKeyPayload {
                errors: refuse(ctx, error, &["input"])?,
                ..Default::default()
            }),
        }
    }

    /// Renames an API key or changes its scopes, end or networks: one's own, or of somebody of a lower
    /// rank; as an owner also one of the installation. The secret stays. Only a person may do this.
    ///
    /// Access: scope API_KEYS_MANAGE.
    /// Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, SCOPE_NOT_GRANTABLE, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, VERSION_CONFLICT.
    async fn update_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateApiKeyInput,
    ) -> Option<UpdateApiKeyPayload> {
        match update(ctx, input).await {
            Ok(key) => Some(UpdateApiKeyPayload {
                api_key: Some(key.into()),
                errors: Vec::new(),
            }),
            Err(error) => Some(UpdateApiKeyPayload {
                errors: refuse(ctx, error, &["input", "patch"])?,
                ..Default::default()
            }),
        }
    }

    /// Makes an API key useless, at once and for good: one's own, or of somebody of a lower rank; as an
    /// owner also one of the installation. May be repeated. Only a person may do this.
    ///
    /// Access: scope API_KEYS_MANAGE.
    /// Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokeApiKeyInput,
    ) -> Option<RevokeApiKeyPayload> {
        let (app, actor) = (ctx.app(), ctx.actor());
        let id = ApiKeyId::parse(&input.api_key_id);
        match api_keys::revoke(app, actor, id, input.reason.as_deref()).await {
            Ok(key) => Some(RevokeApiKeyPayload {
                api_key: Some(key.into()),
                errors: Vec::new(),
            }),
            Err(error) => Some(RevokeApiKeyPayload {
                errors: refuse(ctx, error, &["input"])?,
                ..Default::default()
            }),
        }
    }
}
