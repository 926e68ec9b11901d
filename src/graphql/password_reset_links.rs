//! Reset links as administrators see them; never what opens them.

use async_graphql::{Context, Enum, ID, Object};

use super::access::Actor;
use super::audit::actor_of;
use super::context::Reach as _;
use super::error::{answer, paging};
use super::loaders::{LinksOf, MailKey};
use super::mail::MailDelivery;
use super::paging::{Listing, connection, wants_total};
use super::scalars::{DateTime, moment};
use super::users::{User, loaded, user_by_id};
use crate::domain::one_time_links::{self, LinkFilter, LinkOrigin, LinkStatus, OneTimeLink};
use crate::platform::pagination::PageArguments;
use crate::types::actor::{Permission, ReadError};
use crate::types::ids::UserId;

/// How a reset link came about and how it reaches the user.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordResetLinkOrigin {
    /// An administrator had it mailed.
    AdminEmail,
    /// An administrator made it, here or at the command line, to hand it over.
    AdminHandover,
    /// The user asked for it.
    SelfService,
}

impl From<LinkOrigin> for PasswordResetLinkOrigin {
    fn from(origin: LinkOrigin) -> Self {
        match origin {
            LinkOrigin::AdminEmail => Self::AdminEmail,
            LinkOrigin::AdminHandover => Self::AdminHandover,
            // What a notice carries resets nothing, and is not among these links.
            LinkOrigin::SelfService | LinkOrigin::Notice => Self::SelfService,
        }
    }
}

/// What has become of a reset link.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "LinkStatus")]
pub(crate) enum PasswordResetLinkStatus {
    /// It works.
    Active,
    /// It was used.
    Used,
    /// Its time ran out.
    Expired,
    /// A newer one took its place.
    Superseded,
    /// An administrator revoked it, or the password or the account changed meanwhile.
    Revoked,
}

/// What kind of program opened a link, as far as it says so itself.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "one_time_links::ClientClass")]
pub(crate) enum ClientClass {
    /// A browser on a computer. Some scanners of mail name themselves like one.
    Desktop,
    /// A browser on a telephone or a tablet.
    Mobile,
    /// No browser: a scanner, a preview, a script.
    Program,
    /// It did not say.
    Unknown,
}

/// A chance to choose a new password: a link, or a code that stands for it.
#[derive(Clone)]
pub(crate) struct PasswordResetLink(pub(crate) OneTimeLink);

/// A chance to choose a new password: a link, or a code that stands for it. The secret part is not
/// here.
#[Object]
impl PasswordResetLink {
    /// Global ID.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The user it is for. Null when the caller may not see that user.
    async fn user(&self, ctx: &Context<'_>) -> Option<User> {
        user_by_id(ctx, Some(self.0.user)).await
    }

    /// How it came about and how it reaches the user.
    async fn origin(&self) -> PasswordResetLinkOrigin {
        self.0.origin.into()
    }

    /// Whether it still works.
    async fn status(&self, ctx: &Context<'_>) -> PasswordResetLinkStatus {
        self.0.status(ctx.app().clock.now()).into()
    }

    /// Whether the user is signed in by it once the new password is accepted.
    async fn sign_in_on_use(&self) -> bool {
        self.0.sign_in_on_use
    }

    /// Page the user can go on to after choosing a password. Null when there is none.
    async fn redirect_url(&self) -> Option<&str> {
        self.0.redirect_url.as_deref()
    }

    /// Who made it. Null for the command line and for links that users asked for, which `createdByLabel`
    /// names.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Actor> {
        let maker = &self.0.made_by;
        actor_of(ctx, maker.kind.as_deref()?, maker.id?).await
    }

    /// Name of whoever made it, at the time. Null for links from before this was written down.
    async fn created_by_label(&self) -> Option<&str> {
        self.0.made_by.label.as_deref()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it stops working.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// When its address was first opened; that alone changes nothing. Null when it was not, and for codes.
    async fn opened_at(&self) -> Option<DateTime> {
        moment(self.0.opened_at)
    }

    /// What opened it then. Null when it was not opened.
    async fn opened_by(&self) -> Option<ClientClass> {
        self.0.opened_by.map(Into::into)
    }

    /// When it was used. Null when it was not.
    async fn used_at(&self) -> Option<DateTime> {
        moment(self.0.used_at)
    }

    /// When a newer one took its place. Null when none did.
    async fn superseded_at(&self) -> Option<DateTime> {
        moment(self.0.superseded_at)
    }

    /// When it was revoked. Null when it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        moment(self.0.revoked_at)
    }

    /// The mail it went out with. Null for a link that was handed over. Needs scope MAIL_READ.
    async fn mail_delivery(&self, ctx: &Context<'_>) -> Option<MailDelivery> {
        let mail = ctx.loader().load_one(MailKey(self.0.mail?)).await;
        loaded(ctx, mail)?.map(MailDelivery)
    }
}

connection!(
    PasswordResetLink,
    PasswordResetLinkConnection,
    PasswordResetLinkEdge,
    "A page of reset links.",
    "One entry of a page of reset links."
);

/// A page of the links of a user.
pub(super) async fn of_user(
    ctx: &Context<'_>,
    user: UserId,
    arguments: PageArguments,
    statuses: Option<Vec<PasswordResetLinkStatus>>,
) -> Option<PasswordResetLinkConnection> {
    let allowed = ctx.actor().require(Permission::UsersRead);
    answer(ctx, allowed.map_err(ReadError::from))?;
    paging(ctx, arguments.read(&ctx.app().keys, one_time_links::ORDER))?;
    let statuses = statuses.map(|list| list.into_iter().map(Into::into).collect());
    let key = LinksOf {
        user,
        filter: LinkFilter { statuses },
        arguments,
        with_total: wants_total(ctx),
    };
    let (page, total) = loaded(ctx, ctx.loader().load_one(key).await)??;
    Some(PasswordResetLinkConnection(Listing::new(
        page.map(PasswordResetLink),
        one_time_links::ORDER,
        total,
    )))
}
