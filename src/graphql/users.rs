//! Users as administrators see them.

mod deliverable;
mod filter;
mod query;

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

pub(crate) use deliverable::EmailFailure;
pub(crate) use filter::{
    DateTimeRange, MAX_LISTED, UserFilter, UserOrder, UserRef, range, short, writable,
};
pub(crate) use query::UserQuery;

use super::audit::{AuditEvent, AuditEventConnection};
use super::context::Reach as _;
use super::devices::TrustedDevice;
use super::enums::{AuditAction, AuthenticationSource, Role, UserStatus};
use super::error::{answer, paging, refuse};
use super::loaders::{DevicesOf, EventsOf, MailOf, SessionsOf, Shared, UserKey};
use super::mail::{MailDelivery, MailDeliveryConnection};
use super::mutation_error::ErrorCode;
use super::paging::{Listing, connection, wants_total};
use super::password_reset_links::{self, PasswordResetLinkConnection, PasswordResetLinkStatus};
use super::scalars::{DateTime, EmailAddress, Locale, moment};
use super::sessions::{Session, SessionConnection};
use crate::domain::audit::EventFilter;
use crate::domain::{audit, mail, password_reset, sessions, users};
use crate::platform::pagination::PageArguments;
use crate::types::actor::{Permission, ReadError};
use crate::types::ids::UserId;

/// A person with an account, as administrators see them.
///
/// `Why:` shared, because a connection hands each of its entries out as a value of its own.
#[derive(Clone)]
pub(crate) struct User(Arc<users::User>);

impl From<users::User> for User {
    fn from(user: users::User) -> Self {
        Self(Arc::new(user))
    }
}

/// State of a password kept by this server.
#[derive(SimpleObject)]
pub(crate) struct PasswordStatus {
    /// Whether there is a password at all.
    is_set: bool,
    /// Whether the user has to choose a new one at the next sign-in.
    must_change: bool,
    /// When it was last set. Null when it never was.
    changed_at: Option<DateTime>,
    /// When a temporary password stops working. Null when it does not.
    expires_at: Option<DateTime>,
    /// Since when it opens nothing, because its owner said that somebody else had set it, or because an
    /// administrator said so; until a reset. Null when it is not blocked.
    blocked_at: Option<DateTime>,
}

/// A person with an account, as administrators see them.
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of a Relay connection"
)]
#[Object]
impl User {
    /// Global ID.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Unique name for signing in. Never contains `@`.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// Unique e-mail address, if there is one.
    async fn email(&self) -> Option<EmailAddress> {
        self.0.email.clone().map(EmailAddress)
    }

    /// When the address was shown to reach the user. Null when that has not happened yet.
    async fn email_verified_at(&self) -> Option<DateTime> {
        moment(self.0.email_verified_at)
    }

    /// Whether mail can be expected to arrive: there is an address, and no mail server has said that nobody
    /// reads mail there. Another address, a mail that arrives, and `markEmailDeliverable` make it true again.
    async fn email_deliverable(&self, ctx: &Context<'_>) -> bool {
        let failure = deliverable::failure(ctx, &self.0).await;
        self.0.email.is_some() && failure == Some(None)
    }

    /// Why mail to the present address does not arrive. Null when nothing speaks against it.
    async fn email_failure(&self, ctx: &Context<'_>) -> Option<EmailFailure> {
        let failure = deliverable::failure(ctx, &self.0).await??;
        Some(failure.into())
    }

    /// Full name, if given.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Full name, or else the username.
    pub(crate) async fn display_name(&self) -> &str {
        self.0.display_name()
    }

    /// Language for mail to this user. The server's default when null.
    async fn locale(&self) -> Option<Locale> {
        self.0.locale.clone().map(Locale)
    }

    /// Zone in which mail tells times, by its IANA name. UTC when null.
    async fn time_zone(&self) -> Option<&str> {
        self.0.time_zone.as_deref()
    }

    /// Identifier in some other system, for matching records.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// What the user may do in the Admin API.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Whether the user can sign in at present.
    async fn status(&self, ctx: &Context<'_>) -> UserStatus {
        self.0.status(ctx.app().clock.now()).into()
    }

    /// Why an administrator disabled the user, if they said so.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_reason.as_deref()
    }

    /// When a temporary disabling ends. Null when the user is not disabled or is disabled for good.
    async fn disabled_until(&self) -> Option<DateTime> {
        moment(self.0.disabled_until)
    }

    /// When the lock after failed sign-ins ends. Null when there is none.
    async fn locked_until(&self) -> Option<DateTime> {
        moment(self.0.locked_until)
    }

    /// Where the user's password is kept. It can only be reset here when this is `BUILT_IN`.
    async fn authentication_source(&self) -> AuthenticationSource {
        self.0.authentication_source.into()
    }

    /// State of the password. Null unless the authentication source is `BUILT_IN`.
    async fn password_status(&self) -> Option<PasswordStatus> {
        let built_in = self.0.authentication_source == users::AuthenticationSource::BuiltIn;
        built_in.then(|| PasswordStatus {
            is_set: self.0.password_changed_at.is_some(),
            must_change: self.0.must_change_password,
            changed_at: moment(self.0.password_changed_at),
            expires_at: moment(self.0.password_expires_at),
            blocked_at: moment(self.0.password_blocked_at),
        })
    }

    /// When the user was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When any of the user's fields last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// When the user last signed in. Null when they never have.
    async fn last_sign_in_at(&self) -> Option<DateTime> {
        moment(self.0.last_sign_in_at)
    }

    /// Grows with every change; pass it back as `ifVersion` to detect edits by others.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }

    /// Codes with which `resetPassword` with `generate: true` would be refused to this caller, in the order
    /// in which they would come; empty when it would go through. Step-up aside, which the caller can
    /// give with the mutation itself.
    async fn password_reset_blockers(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Whether the new password is to be mailed, as `sendEmail` of the mutation.",
            default = false
        )]
        send_email: bool,
    ) -> Vec<ErrorCode> {
        let (app, actor) = (ctx.app(), ctx.actor());
        let blockers = password_reset::blockers(app, actor, &self.0, send_email);
        let codes = blockers.into_iter().filter_map(|error| refuse(ctx, error));
        codes.flatten().map(|error| error.reason()).collect()
    }

    /// The user's sessions, newest first. Needs scope USERS_READ.
    async fn sessions(
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
    ) -> Option<SessionConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        answer(
            ctx,
            ctx.actor()
                .require(Permission::UsersRead)
                .map_err(ReadError::from),
        )?;
        paging(ctx, arguments.read(&ctx.app().keys, sessions::ORDER))?;
        let key = SessionsOf {
            user: self.0.id,
            arguments,
            with_total: wants_total(ctx),
        };
        let (page, total) = loaded(ctx, ctx.loader().load_one(key).await)??;
        Some(SessionConnection(Listing::new(
            page.map(Session),
            sessions::ORDER,
            total,
        )))
    }

    /// Browsers that have signed in to the account before, last used first, 50 at most. Needs scope USERS_READ.
    async fn trusted_devices(&self, ctx: &Context<'_>) -> Option<Vec<TrustedDevice>> {
        let allowed = ctx.actor().require(Permission::UsersRead);
        answer(ctx, allowed.map_err(ReadError::from))?;
        let found = loaded(ctx, ctx.loader().load_one(DevicesOf(self.0.id)).await)??;
        Some(found.into_iter().map(Into::into).collect())
    }

    /// Reset links and codes made for the user, newest first. Needs scope USERS_READ.
    async fn password_reset_links(
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
        #[graphql(desc = "Only links in these states.")] statuses: Option<
            Vec<PasswordResetLinkStatus>,
        >,
    ) -> Option<PasswordResetLinkConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        password_reset_links::of_user(ctx, self.0.id, arguments, statuses).await
    }

    /// Mail to the user, newest first. Needs scope MAIL_READ.
    async fn mail_deliveries(
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
    ) -> Option<MailDeliveryConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        answer(
            ctx,
            ctx.actor()
                .require(Permission::MailRead)
                .map_err(ReadError::from),
        )?;
        paging(ctx, arguments.read(&ctx.app().keys, mail::ORDER))?;
        let key = MailOf {
            user: self.0.id,
            arguments,
            with_total: wants_total(ctx),
        };
        let (page, total) = loaded(ctx, ctx.loader().load_one(key).await)??;
        Some(MailDeliveryConnection(Listing::new(
            page.map(MailDelivery),
            mail::ORDER,
            total,
        )))
    }

    /// What was done to the user, newest first. Needs scope AUDIT_READ.
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
        #[graphql(desc = "Only these actions.")] actions: Option<Vec<AuditAction>>,
    ) -> Option<AuditEventConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        answer(
            ctx,
            ctx.actor()
                .require(Permission::AuditRead)
                .map_err(ReadError::from),
        )?;
        paging(ctx, arguments.read(&ctx.app().keys, audit::ORDER))?;
        let actions = actions.map(|list| list.into_iter().map(Into::into).collect());
        let filter = EventFilter {
            actions,
            ..EventFilter::default()
        };
        let with_total = wants_total(ctx);
        let key = EventsOf {
            user: self.0.id,
            filter,
            arguments,
            with_total,
        };
        let (page, total) = loaded(ctx, ctx.loader().load_one(key).await)??;
        Some(AuditEventConnection(Listing::new(
            page.map(AuditEvent),
            audit::ORDER,
            total,
        )))
    }
}

/// What a loader gave, or its error at this field's path.
pub(crate) fn loaded<T>(ctx: &Context<'_>, result: Result<T, Shared>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(shared) => answer(
            ctx,
            Err(match shared.as_ref() {
                ReadError::Denied(denied) => ReadError::Denied(*denied),
                ReadError::Internal(cause) => {
                    crate::types::error::Internal::new("loading a nested field", cause.to_string())
                        .into()
                }
            }),
        ),
    }
}

/// The user with this id, through the loader. Null when unknown.
pub(crate) async fn user_by_id(ctx: &Context<'_>, id: Option<UserId>) -> Option<User> {
    let user = ctx.loader().load_one(UserKey(id?)).await;
    loaded(ctx, user)?.map(User::from)
}

connection!(
    User,
    UserConnection,
    UserEdge,
    "A page of users.",
    "One entry of a page of users."
);
