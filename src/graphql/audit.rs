//! The audit trail as administrators read it.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::access::Actor;
use super::context::Reach as _;
use super::enums::{AuditAction, AuditOutcome};
use super::error::{answer, checked, paging};
use super::loaders::ApiKeyKey;
use super::paging::{Listing, connection, wants_total};
use super::scalars::DateTime;
use super::users::{DateTimeRange, User, loaded, range, short, user_by_id, writable};
use crate::domain::audit::{self, EventFilter};
use crate::platform::pagination::PageArguments;
use crate::types::actor::{Permission, ReadError};
use crate::types::ids::{ApiKeyId, UserId};

/// Something that was done or refused, with who tried it and on whom. Never changed; kept for as long as settings say.
#[derive(Clone)]
pub(crate) struct AuditEvent(pub(crate) audit::AuditEvent);

/// One field before and after.
#[derive(SimpleObject)]
pub(crate) struct AuditChange {
    /// Name of the field.
    field: String,
    /// Value before. Null when there was none or it is secret.
    before: Option<String>,
    /// Value after. Null when there is none or it is secret.
    after: Option<String>,
}

/// Something that was done or refused, with who tried it and on whom. Never changed; kept for as long as settings say.
#[Object]
impl AuditEvent {
    /// Global ID.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What was done.
    async fn action(&self) -> AuditAction {
        self.0.action.into()
    }

    /// What came of it.
    async fn outcome(&self) -> AuditOutcome {
        self.0.outcome.into()
    }

    /// Why nothing came of it, such as `FORBIDDEN`. Null when it was done. A text: events outlive codes.
    async fn error_code(&self) -> Option<&str> {
        self.0.error_code.as_deref()
    }

    /// Who did it. Null for the command line and the server itself, which `actorLabel` names.
    async fn actor(&self, ctx: &Context<'_>) -> Option<Actor> {
        actor_of(ctx, &self.0.actor_kind, self.0.actor_id?).await
    }

    /// Name of whoever did it at the time.
    async fn actor_label(&self) -> &str {
        &self.0.actor_label
    }

    /// The user it was done to. Null when it was not about a user. Needs scope USERS_READ.
    async fn user(&self, ctx: &Context<'_>) -> Option<User> {
        user_by_id(ctx, self.0.user).await
    }

    /// Name of the thing it was done to at the time.
    async fn target_label(&self) -> Option<&str> {
        self.0.target_label.as_deref()
    }

    /// Fields that changed. Secrets appear as changed, without their values.
    async fn changes(&self) -> Vec<AuditChange> {
        let change = |change: &audit::Change| AuditChange {
            field: change.field.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        };
        self.0.changes.iter().map(change).collect()
    }

    /// Note the actor gave.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Through which door it came: `GRAPHQL`, `WEB`, `CLI` or `WORKER`.
    async fn via(&self) -> &str {
        &self.0.via
    }

    /// Address the request came from.
    async fn ip_address(&self) -> Option<&str> {
        self.0.ip_address.as_deref()
    }

    /// Program the request came from, as that program named itself.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// The request, as in the `x-request-id` response header and in the logs.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }
}

/// An actor by what is stored of it. Null for what is neither a person nor a key.
pub(crate) async fn actor_of(ctx: &Context<'_>, kind: &str, id: Uuid) -> Option<Actor> {
    if kind == AuditActorKind::User.name() {
        let user = user_by_id(ctx, Some(UserId::from_uuid(id))).await;
        return user.map(Actor::User);
    }
    if kind != AuditActorKind::ApiKey.name() {
        return None;
    }
    let key = ApiKeyKey(ApiKeyId::from_uuid(id));
    let key = loaded(ctx, ctx.loader().load_one(key).await)??;
    Some(Actor::ApiKey(key.into()))
}

/// Conditions on audit events. All that are given have to hold.
#[derive(InputObject, Default)]
pub(crate) struct AuditEventFilter {
    /// One of these actions.
    actions: Option<Vec<AuditAction>>,
    /// With one of these outcomes.
    outcomes: Option<Vec<AuditOutcome>>,
    /// By an actor of one of these kinds.
    actor_kinds: Option<Vec<AuditActorKind>>,
    /// By one of these actors: IDs of API keys, at most 100.
    actor_ids: Option<Vec<ID>>,
    /// Done to one of these users, at most 100.
    user_ids: Option<Vec<ID>>,
    /// Within the request with this ID.
    request_id: Option<String>,
    /// In this range of time.
    occurred_at: Option<DateTimeRange>,
}

/// What kind of actor did something.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuditActorKind {
    /// A person who signed in.
    User,
    /// A program with an API key.
    ApiKey,
    /// Somebody at the machine's own command line.
    Operator,
    /// The server itself.
    System,
    /// Whoever held a link: for choosing a password, or for making the first owner.
    LinkHolder,
    /// Nobody known.
    Anonymous,
}

impl AuditActorKind {
    /// As the trail stores it; the one place that maps kinds.
    const fn name(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::ApiKey => "API_KEY",
            Self::Operator => "OPERATOR",
            Self::System => "SYSTEM",
            Self::LinkHolder => "LINK_HOLDER",
            Self::Anonymous => "ANONYMOUS",
        }
    }
}

fn actor_uuid(id: &ID) -> Option<Uuid> {
    let key = ApiKeyId::parse(id).map(ApiKeyId::uuid);
    key.or_else(|| UserId::parse(id).map(UserId::uuid))
}

impl AuditEventFilter {
    pub(super) fn read(self) -> Result<EventFilter, String> {
        short("actorIds", self.actor_ids.as_ref())?;
        short("userIds", self.user_ids.as_ref())?;
        writable("requestId", self.request_id.as_ref())?;
        let occurred_at = range(self.occurred_at);
        Ok(EventFilter {
            actions: self
                .actions
                .map(|list| list.into_iter().map(Into::into).collect()),
            outcomes: self
                .outcomes
                .map(|list| list.into_iter().map(Into::into).collect()),
            actor_kinds: self
                .actor_kinds
                .map(|list| list.into_iter().map(AuditActorKind::name).collect()),
            actors: self
                .actor_ids
                .map(|ids| ids.iter().filter_map(actor_uuid).collect()),
            users: self
                .user_ids
                .map(|ids| ids.iter().filter_map(|id| UserId::parse(id)).collect()),
            request_id: self.request_id,
            from: occurred_at.from,
            until: occurred_at.until,
        })
    }
}

connection!(
    AuditEvent,
    AuditEventConnection,
    AuditEventEdge,
    "A page of audit events.",
    "One entry of a page of audit events."
);

/// The part of `Query` about the audit trail.
#[derive(Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The audit trail, newest first.
    ///
    /// Access: scope AUDIT_READ.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a Relay connection"
    )]
    async fn audit_events(
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
        filter: Option<AuditEventFilter>,
    ) -> Option<AuditEventConnection> {
        let (app, actor) = (ctx.app(), ctx.actor());
        answer(
            ctx,
            actor
                .require(Permission::AuditRead)
                .map_err(ReadError::from),
        )?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let request = paging(ctx, arguments.read(&app.keys, audit::ORDER))?;
        let filter = checked(ctx, filter.unwrap_or_default().read())?;
        let page = answer(ctx, audit::list(app, actor, &filter, &request).await)?;
        let total = if wants_total(ctx) {
            Some(answer(ctx, audit::count(app, actor, &filter).await)?)
        } else {
            None
        };
        Some(AuditEventConnection(Listing::new(
            page.map(AuditEvent),
            audit::ORDER,
            total,
        )))
    }
}
