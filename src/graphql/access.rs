//! Who is calling, and objects by their global ID.

use async_graphql::{Context, ID, Interface, Object, SimpleObject};

use super::api_keys::ApiKey;
use super::audit::AuditEvent;
use super::context::Reach as _;
use super::enums::{Role, Scope};
use super::error::{answer, checked, top_level};
use super::mail::MailDelivery;
use super::password_reset_links::PasswordResetLink;
use super::scalars::{DateTime, moment};
use super::sessions::Session;
use super::users::{MAX_LISTED, User};
use crate::domain::{access, audit, mail, password_reset, sessions, users};
use crate::types::actor::{ActorKind, Proof, ReadError};
use crate::types::ids::{
    ApiKeyId, AuditEventId, LinkId, MailDeliveryId, SessionId, UserId, prefix_of,
};

/// An object with a global ID.
#[derive(Interface, Clone)]
#[graphql(field(name = "id", ty = "ID", desc = "Global ID."))]
pub(crate) enum Node {
    User(User),
    ApiKey(ApiKey),
    AuditEvent(AuditEvent),
    MailDelivery(MailDelivery),
    Session(Session),
    PasswordResetLink(PasswordResetLink),
}

/// Whoever can act.
#[derive(Interface, Clone)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Global ID."),
    field(
        name = "display_name",
        ty = "&str",
        desc = "Name to show for this actor."
    )
)]
pub(crate) enum Actor {
    User(User),
    ApiKey(ApiKey),
}

/// Who is calling and what they may do.
#[derive(SimpleObject)]
pub(crate) struct Viewer {
    /// The caller.
    actor: Actor,
    /// The caller's rank over users.
    role: Role,
    /// Everything the caller may do.
    scopes: Vec<Scope>,
    /// The session the request came with. Null for API keys.
    session: Option<Session>,
    /// Until when sensitive mutations go through without `actorPassword`. Null when no window is open,
    /// and for API keys, which need none.
    step_up_valid_until: Option<DateTime>,
}

/// The part of `Query` about access.
#[derive(Default)]
pub(crate) struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Who is calling: the signed-in person or the API key, with role and scopes.
    ///
    /// Access: signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        let actor = ctx.actor();
        answer(ctx, actor.require_known().map_err(ReadError::from))?;
        let (session, confirmed_until) = match actor.proof {
            Proof::Session {
                id,
                confirmed_until,
                ..
            } => (Some(id), confirmed_until),
            Proof::Token { authenticated_at } => {
                let window = ctx.app().settings.security.sessions.step_up;
                let until = authenticated_at.map(|at| at.plus(window));
                (None, until.filter(|end| *end > ctx.app().clock.now()))
            }
            Proof::NotAsked => (None, None),
        };
        let session = match session {
            Some(id) => answer(ctx, sessions::find_many(ctx.app(), actor, &[id]).await)?.pop(),
            None => None,
        };
        Some(Viewer {
            actor: whoever(ctx).await?,
            role: actor.role.into(),
            scopes: actor.permissions.iter().copied().map(Into::into).collect(),
            session: session.map(Session),
            step_up_valid_until: moment(confirmed_until),
        })
    }

    /// One object of any kind by its global ID. Null when it does not exist or may not be seen.
    ///
    /// Access: signed in.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global ID as returned by any `id` field.")] id: ID,
    ) -> Option<Node> {
        answer(ctx, ctx.actor().require_known().map_err(ReadError::from))?;
        find(ctx, &[id]).await.into_iter().next().flatten()
    }

    /// Up to 100 objects by global ID, in the order asked for, with null for each one that does not
    /// exist or may not be seen.
    ///
    /// Access: signed in.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global IDs, at most 100.")] ids: Vec<ID>,
    ) -> Vec<Option<Node>> {
        if answer(ctx, ctx.actor().require_known().map_err(ReadError::from)).is_none() {
            return Vec::new();
        }
        if ids.len() > MAX_LISTED {
            let refused = Err::<(), _>(format!("`ids` takes at most {MAX_LISTED} entries."));
            checked(ctx, refused);
            return Vec::new();
        }
        find(ctx, &ids).await
    }
}

/// The caller as an object.
async fn whoever(ctx: &Context<'_>) -> Option<Actor> {
    let (app, actor) = (ctx.app(), ctx.actor());
    match actor.kind {
        ActorKind::ApiKey(id) => {
            let keys = answer(ctx, access::find_many(app, actor, &[id]).await)?;
            Some(Actor::ApiKey(keys.into_iter().next()?.into()))
        }
        ActorKind::User(_) => {
            let user = answer(ctx, users::find_self(app, actor).await)??;
            Some(Actor::User(user.into()))
        }
        ActorKind::Operator | ActorKind::System | ActorKind::LinkHolder | ActorKind::Anonymous => {
            None
        }
    }
}

/// One statement for each kind among the ids; what may not be seen is as if it were not there.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for each kind of object, not a procedure"
)]
async fn find(ctx: &Context<'_>, ids: &[ID]) -> Vec<Option<Node>> {
    let (app, actor) = (ctx.app(), ctx.actor());
    let mut found: Vec<(String, Node)> = Vec::new();
    for prefix in [
        UserId::PREFIX,
        ApiKeyId::PREFIX,
        MailDeliveryId::PREFIX,
        AuditEventId::PREFIX,
        SessionId::PREFIX,
        LinkId::PREFIX,
    ] {
        let of_kind = || ids.iter().filter(move |id| prefix_of(id) == Some(prefix));
        if of_kind().next().is_none() {
            continue;
        }
        let nodes: Result<Vec<(String, Node)>, ReadError> = match prefix {
            UserId::PREFIX => {
                let ids: Vec<_> = of_kind().filter_map(|id| UserId::parse(id)).collect();
                users::find_many(app, actor, &ids).await.map(|list| {
                    list.into_iter()
                        .map(|u| (u.id.to_string(), Node::User(u.into())))
                        .collect()
                })
            }
            ApiKeyId::PREFIX => {
                let ids: Vec<_> = of_kind().filter_map(|id| ApiKeyId::parse(id)).collect();
                access::find_many(app, actor, &ids).await.map(|list| {
                    list.into_iter()
                        .map(|k| (k.id.to_string(), Node::ApiKey(k.into())))
                        .collect()
                })
            }
            MailDeliveryId::PREFIX => {
                let ids: Vec<_> = of_kind()
                    .filter_map(|id| MailDeliveryId::parse(id))
                    .collect();
                mail::find_many(app, actor, &ids).await.map(|list| {
                    let node = |d: mail::Delivery| Node::MailDelivery(MailDelivery(d));
                    list.into_iter()
                        .map(|d| (d.id.to_string(), node(d)))
                        .collect()
                })
            }
            SessionId::PREFIX => {
                let ids: Vec<_> = of_kind().filter_map(|id| SessionId::parse(id)).collect();
                sessions::find_many(app, actor, &ids).await.map(|list| {
                    list.into_iter()
                        .map(|s| (s.id.to_string(), Node::Session(Session(s))))
                        .collect()
                })
            }
            LinkId::PREFIX => {
                let ids: Vec<_> = of_kind().filter_map(|id| LinkId::parse(id)).collect();
                password_reset::find_links(app, actor, &ids)
                    .await
                    .map(|list| {
                        let node = |l| Node::PasswordResetLink(PasswordResetLink(l));
                        list.into_iter()
                            .map(|l| (l.id.to_string(), node(l)))
                            .collect()
                    })
            }
            _ => {
                let ids: Vec<_> = of_kind().filter_map(|id| AuditEventId::parse(id)).collect();
                audit::find_many(app, actor, &ids).await.map(|list| {
                    let node = |e: audit::AuditEvent| Node::AuditEvent(AuditEvent(e));
                    list.into_iter()
                        .map(|e| (e.id.to_string(), node(e)))
                        .collect()
                })
            }
        };
        match nodes {
            Ok(nodes) => found.extend(nodes),
            Err(ReadError::Denied(_)) => {}
            Err(broken) => {
                answer::<()>(ctx, Err(broken));
            }
        }
    }
    let node = |id: &ID| {
        found
            .iter()
            .find(|(known, _)| *known == id.0)
            .map(|(_, node)| node.clone())
    };
    ids.iter().map(node).collect()
}

/// For a root field that nobody but the signed-in may use.
pub(crate) fn known(ctx: &Context<'_>) -> Option<()> {
    match ctx.actor().require_known() {
        Ok(()) => Some(()),
        Err(denied) => top_level(ctx, denied.code(), &denied.to_string()),
    }
}
