//! Mail on its way, as administrators see it; never what it carries.

use async_graphql::{Context, ID, InputObject, Object};

use super::context::Reach as _;
use super::enums::{MailDeliveryStatus, MailKind, MailTemplateSource};
use super::error::{answer, checked, paging};
use super::mail_parts::{MailAttempt, MailContent};
use super::paging::{Listing, connection, wants_total};
use super::scalars::{DateTime, EmailAddress, Locale, moment};
use super::users::{DateTimeRange, User, range, short, user_by_id};
use crate::domain::mail::{self, DeliveryFilter};
use crate::platform::pagination::PageArguments;
use crate::types::actor::{Permission, ReadError};
use crate::types::ids::{MailDeliveryId, UserId};

/// One mail on its way to one address.
#[derive(Clone)]
pub(crate) struct MailDelivery(pub(crate) mail::Delivery);

/// One mail on its way to one address.
#[Object]
impl MailDelivery {
    /// Global ID.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Kind of mail.
    async fn kind(&self) -> MailKind {
        self.0.kind.into()
    }

    /// How far it has got.
    async fn status(&self) -> MailDeliveryStatus {
        self.0.status.into()
    }

    /// Address it goes to.
    async fn recipient(&self) -> EmailAddress {
        EmailAddress(self.0.recipient.clone())
    }

    /// The user it goes to. Null for test mail. Needs scope USERS_READ.
    async fn user(&self, ctx: &Context<'_>) -> Option<User> {
        user_by_id(ctx, self.0.user).await
    }

    /// Language that was wanted: of the request, else the user's, else the default.
    async fn wanted_locale(&self) -> Locale {
        Locale(self.0.wanted_locale.clone())
    }

    /// Language it is written in: the nearest to the wanted one that there are texts in. Before the first
    /// try the wanted one.
    async fn locale(&self) -> Locale {
        let written = self.0.written_locale.as_ref();
        Locale(written.unwrap_or(&self.0.wanted_locale).clone())
    }

    /// Where its text came from. Null before the first try.
    async fn template_source(&self) -> Option<MailTemplateSource> {
        self.0.template_source.map(Into::into)
    }

    /// Whether it carries, or carried, a password, a link or a code. When it is over, that is erased.
    async fn carries_secret(&self) -> bool {
        self.0.had_secret
    }

    /// What it says, with `••••••` in the place of what it carries, by the texts of today. Null when that
    /// is erased or cannot be read any more. Needs scope MAIL_READ.
    async fn content(&self, ctx: &Context<'_>) -> Option<MailContent> {
        let right = ctx.actor().require(Permission::MailRead);
        answer(ctx, right.map_err(ReadError::from))?;
        let shown = mail::shown(ctx.app(), ctx.templates(), &self.0).await;
        answer(ctx, shown.map_err(ReadError::from))?.map(MailContent::from)
    }

    /// The tries, oldest first.
    async fn attempts(&self) -> Vec<MailAttempt> {
        let attempts = self.0.attempts.iter().cloned();
        attempts.map(MailAttempt).collect()
    }

    /// How often sending was tried.
    async fn attempt_count(&self) -> i32 {
        i32::try_from(self.0.attempt_count).unwrap_or(i32::MAX)
    }

    /// What the mail server said when it last went wrong.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When it will be tried again. Null when it will not.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        moment(self.0.next_attempt_at)
    }

    /// When it is no longer worth sending: what it carries has ended, or it has waited too long. It is
    /// `EXPIRED` then.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// Whether `retryMailDelivery` would do something with it now.
    async fn is_retryable(&self, ctx: &Context<'_>) -> bool {
        self.0.is_retryable(ctx.app().clock.now())
    }

    /// Whether `cancelMailDelivery` would do something with it now.
    async fn is_cancellable(&self) -> bool {
        self.0.is_cancellable()
    }

    /// Name of whoever caused it, at the time.
    async fn requested_by_label(&self) -> &str {
        &self.0.requested_by_label
    }

    /// `Message-ID` header without angle brackets, the same over all tries, for finding the mail in
    /// the mail server's log.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// When it was queued.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When the mail server took it. Null when it has not.
    async fn sent_at(&self) -> Option<DateTime> {
        moment(self.0.sent_at)
    }
}

/// Conditions on mail. All that are given have to hold.
#[derive(InputObject, Default)]
pub(crate) struct MailDeliveryFilter {
    /// One of these kinds.
    kinds: Option<Vec<MailKind>>,
    /// In one of these states.
    statuses: Option<Vec<MailDeliveryStatus>>,
    /// To exactly this address, without regard to letter case.
    recipient: Option<String>,
    /// To an address at exactly this domain, such as `example.com`; not at the domains below it.
    recipient_domain: Option<String>,
    /// To one of these users, at most 100.
    user_ids: Option<Vec<ID>>,
    /// Queued in this range.
    created_at: Option<DateTimeRange>,
}

impl MailDeliveryFilter {
    fn read(self) -> Result<DeliveryFilter, String> {
        short("userIds", self.user_ids.as_ref())?;
        let recipient_key = self
            .recipient
            .map(|text| {
                crate::types::address::EmailAddress::parse(&text).map_err(|e| e.to_string())
            })
            .transpose()?
            .map(|address| address.key().to_owned());
        let recipient_domain = self
            .recipient_domain
            .map(|text| crate::types::address::domain_key(text.trim()).map_err(|e| e.to_string()))
            .transpose()?;
        let created_at = range(self.created_at);
        Ok(DeliveryFilter {
            kinds: self
                .kinds
                .map(|list| list.into_iter().map(Into::into).collect()),
            statuses: self
                .statuses
                .map(|list| list.into_iter().map(Into::into).collect()),
            recipient_key,
            recipient_domain,
            users: self
                .user_ids
                .map(|ids| ids.iter().filter_map(|id| UserId::parse(id)).collect()),
            from: created_at.from,
            until: created_at.until,
        })
    }
}

connection!(
    MailDelivery,
    MailDeliveryConnection,
    MailDeliveryEdge,
    "A page of mail deliveries.",
    "One entry of a page of mail deliveries."
);

/// The part of `Query` about mail.
#[derive(Default)]
pub(crate) struct MailQuery;

#[Object]
impl MailQuery {
    /// One mail by ID. Null when there is none.
    ///
    /// Access: scope MAIL_READ.
    async fn mail_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "ID of the delivery.")] id: ID,
    ) -> Option<MailDelivery> {
        let ids: Vec<_> = MailDeliveryId::parse(&id).into_iter().collect();
        let found = mail::find_many(ctx.app(), ctx.actor(), &ids).await;
        answer(ctx, found)?.pop().map(MailDelivery)
    }

    /// Mail that was queued or sent, newest first.
    ///
    /// Access: scope MAIL_READ.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a Relay connection"
    )]
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
        #[graphql(desc = "Conditions that must all hold. Omitted conditions do not restrict.")]
        filter: Option<MailDeliveryFilter>,
    ) -> Option<MailDeliveryConnection> {
        let (app, actor) = (ctx.app(), ctx.actor());
        answer(
            ctx,
            actor.require(Permission::MailRead).map_err(ReadError::from),
        )?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let request = paging(ctx, arguments.read(&app.keys, mail::ORDER))?;
        let filter = checked(ctx, filter.unwrap_or_default().read())?;
        let page = answer(ctx, mail::list(app, actor, &filter, &request).await)?;
        let total = if wants_total(ctx) {
            Some(answer(ctx, mail::count(app, actor, &filter).await)?)
        } else {
            None
        };
        Some(MailDeliveryConnection(Listing::new(
            page.map(MailDelivery),
            mail::ORDER,
            total,
        )))
    }
}
