//! Trying mails again, taking them off the queue, and sending one for trying out.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::enums::MailKind;
use super::error::deliveries::settle;
use super::error::refusable;
use super::mail::MailDelivery;
use super::mutation_error::MutationError;
use crate::domain::mail::{self, SendTest};
use crate::domain::users;
use crate::types::ids::MailDeliveryId;

/// Input of `retryMailDelivery`.
#[derive(InputObject)]
pub(crate) struct RetryMailDeliveryInput {
    /// ID of the delivery.
    id: ID,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `retryMailDelivery`.
#[derive(SimpleObject, Default)]
pub(crate) struct RetryMailDeliveryPayload {
    /// The mail as it waits now. Null when there are errors.
    mail_delivery: Option<MailDelivery>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `cancelMailDelivery`.
#[derive(InputObject)]
pub(crate) struct CancelMailDeliveryInput {
    /// ID of the delivery.
    id: ID,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `cancelMailDelivery`.
#[derive(SimpleObject, Default)]
pub(crate) struct CancelMailDeliveryPayload {
    /// The mail as it ended. Null when there are errors.
    mail_delivery: Option<MailDelivery>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `sendTestEmail`.
#[derive(InputObject)]
pub(crate) struct SendTestEmailInput {
    /// The one address it goes to.
    recipient: String,
    /// Which mail. What it carries is made up and opens nothing.
    #[graphql(default_with = "MailKind::Test")]
    kind: MailKind,
    /// Its language, such as `de` or `de-AT`. The server's default when null.
    locale: Option<String>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `sendTestEmail`.
#[derive(SimpleObject, Default)]
pub(crate) struct SendTestEmailPayload {
    /// The mail as it was queued. Null when there are errors.
    mail_delivery: Option<MailDelivery>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(
    RetryMailDeliveryPayload,
    CancelMailDeliveryPayload,
    SendTestEmailPayload
);

/// The part of `Mutation` about mail.
#[derive(Default)]
pub(crate) struct DeliveryMutation;

#[Object]
impl DeliveryMutation {
    /// Lets a waiting mail be tried at once. One that ended unsent and carried no password, link or code is
    /// queued again, with 72 hours and as many tries as a new one. What a mail carried is erased when it
    /// ends; then the refusal names the mutation that makes a new one.
    ///
    /// Access: scope MAIL_WRITE.
    /// Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, DELIVERY_NOT_RETRYABLE, MAIL_NOT_CONFIGURED.
    async fn retry_mail_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RetryMailDeliveryInput,
    ) -> Option<RetryMailDeliveryPayload> {
        let (app, actor) = (ctx.app(), ctx.actor());
        let id = MailDeliveryId::parse(&input.id);
        let done = users::retry_delivery(app, actor, id, input.reason.as_deref()).await;
        let payload = done.map(|delivery| RetryMailDeliveryPayload {
            mail_delivery: Some(MailDelivery(delivery)),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Takes a waiting mail off the queue and erases what it carries. One whose last answer was lost stays
    /// `UNKNOWN` and is not tried again.
    ///
    /// Access: scope MAIL_WRITE.
    /// Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, DELIVERY_NOT_CANCELLABLE.
    async fn cancel_mail_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CancelMailDeliveryInput,
    ) -> Option<CancelMailDeliveryPayload> {
        let (app, actor) = (ctx.app(), ctx.actor());
        let id = MailDeliveryId::parse(&input.id);
        let done = users::cancel_delivery(app, actor, id, input.reason.as_deref()).await;
        let payload = done.map(|delivery| CancelMailDeliveryPayload {
            mail_delivery: Some(MailDelivery(delivery)),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Queues a mail of any kind, filled with made-up values, to one address. What it carries opens
    /// nothing. Each caller may send ten at once, then one a minute.
    ///
    /// Access: scope MAIL_WRITE.
    /// Errors: FORBIDDEN, INVALID_INPUT, RATE_LIMITED, MAIL_NOT_CONFIGURED, PUBLIC_URL_MISSING.
    async fn send_test_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SendTestEmailInput,
    ) -> Option<SendTestEmailPayload> {
        let command = SendTest {
            recipient: input.recipient,
            kind: input.kind.into(),
            locale: input.locale,
            reason: input.reason,
        };
        let done = mail::send_test(ctx.app(), ctx.actor(), command).await;
        let payload = done.map(|delivery| SendTestEmailPayload {
            mail_delivery: Some(MailDelivery(delivery)),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }
}
