//! API keys as administrators see them.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};

use super::context::Reach as _;
use super::enums::{ApiKeyStatus, Role, Scope};
use super::error::{answer, checked, paging};
use super::paging::{Listing, connection, wants_total};
use super::scalars::{DateTime, moment};
use super::users::{User, short, user_by_id};
use crate::domain::access::{self, API_KEY_ORDER, ApiKeyFilter as Filter};
use crate::platform::pagination::PageArguments;
use crate::types::actor::{Permission, ReadError};
use crate::types::ids::UserId;

/// A program's key to this API. Its secret is not here.
///
/// `Why:` shared, because a connection hands each of its entries out as a value of its own.
#[derive(Clone)]
pub(crate) struct ApiKey(Arc<access::ApiKey>);

impl From<access::ApiKey> for ApiKey {
    fn from(key: access::ApiKey) -> Self {
        Self(Arc::new(key))
    }
}

/// A program's key to this API. Its secret is not here.
#[Object]
impl ApiKey {
    /// Global ID.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Same as `name`.
    pub(crate) async fn display_name(&self) -> &str {
        &self.0.name
    }

    /// First characters of the secret, for recognising it.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it was given. A person's key never does more than its creator may do at the time.
    async fn scopes(&self) -> Vec<Scope> {
        self.0.scopes.iter().copied().map(Into::into).collect()
    }

    /// Its rank: it acts on users below this role, or on anyone when it is `OWNER`. A person's key
    /// has its creator's present role.
    async fn rank(&self) -> Role {
        self.0.role().into()
    }

    /// Networks it may be used from, in CIDR notation. Empty means any.
    async fn allowed_networks(&self) -> Vec<String> {
        self.0.networks.names()
    }

    /// Whether it works.
    async fn status(&self, ctx: &Context<'_>) -> ApiKeyStatus {
        self.0.status(ctx.app().clock.now()).into()
    }

    /// The person it acts for, who created it. Null for keys of the installation, which are made on
    /// the command line. Needs scope USERS_READ.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<User> {
        let creator = self.0.creator.as_ref().map(|creator| creator.id);
        user_by_id(ctx, creator).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it stops working. Null when it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        moment(self.0.expires_at)
    }

    /// When it was last used, to the minute. Null when it never was.
    async fn last_used_at(&self) -> Option<DateTime> {
        moment(self.0.last_used_at)
    }

    /// Address it was used from at that time.
    async fn last_used_ip_address(&self) -> Option<&str> {
        self.0.last_used_ip_address.as_deref()
    }

    /// When it was revoked. Null when it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        moment(self.0.revoked_at)
    }

    /// Grows with every change; for `ifVersion`.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }
}

/// Conditions on API keys. All that are given have to hold.
#[derive(InputObject, Default)]
pub(crate) struct ApiKeyFilter {
    /// In one of these states.
    statuses: Option<Vec<ApiKeyStatus>>,
    /// Made by one of these users, at most 100.
    created_by_ids: Option<Vec<ID>>,
}

impl ApiKeyFilter {
    fn read(self) -> Result<Filter, String> {
        short("createdByIds", self.created_by_ids.as_ref())?;
        let users = |ids: Vec<ID>| ids.iter().filter_map(|id| UserId::parse(id)).collect();
        Ok(Filter {
            statuses: self
                .statuses
                .map(|list| list.into_iter().map(Into::into).collect()),
            created_by: self.created_by_ids.map(users),
        })
    }
}

connection!(
    ApiKey,
    ApiKeyConnection,
    ApiKeyEdge,
    "A page of API keys.",
    "One entry of a page of API keys."
);

/// The part of `Query` about API keys.
#[derive(Default)]
pub(crate) struct ApiKeyQuery;

#[Object]
impl ApiKeyQuery {
    /// API keys, newest first, ended ones included. Secrets are not part of the result.
    ///
    /// Access: scope API_KEYS_READ.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a Relay connection"
    )]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many to return from the start of the range, 1 to 100. Without `first` and `last`, 25."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end of the range, 1 to 100.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Conditions that must all hold. Omitted conditions do not restrict.")]
        filter: Option<ApiKeyFilter>,
    ) -> Option<ApiKeyConnection> {
        let (app, actor) = (ctx.app(), ctx.actor());
        let allowed = actor.require(Permission::ApiKeysRead);
        answer(ctx, allowed.map_err(ReadError::from))?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let request = paging(ctx, arguments.read(&app.keys, API_KEY_ORDER))?;
        let filter = checked(ctx, filter.unwrap_or_default().read())?;
        let page = answer(ctx, access::list(app, actor, &filter, &request).await)?;
        let total = if wants_total(ctx) {
            Some(answer(ctx, access::count(app, actor, &filter).await)?)
        } else {
            None
        };
        let listing = Listing::new(page.map(ApiKey::from), API_KEY_ORDER, total);
        Some(ApiKeyConnection(listing))
    }
}
