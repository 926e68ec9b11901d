//! Changing the texts of mails.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{MailTemplate, MailTemplateText};
use crate::domain::mail_templates::{self, NewText};
use crate::graphql::context::Reach as _;
use crate::graphql::enums::MailKind;
use crate::graphql::error::mail_templates::refuse;
use crate::graphql::mutation_error::MutationError;
use crate::graphql::scalars::{Locale, Password};

/// Input of `updateMailTemplate`.
#[derive(InputObject)]
pub(crate) struct UpdateMailTemplateInput {
    /// Kind of mail.
    kind: MailKind,
    /// Language of the text, any BCP 47 tag; at most 20 languages in all.
    locale: Locale,
    /// The text.
    text: MailTemplateText,
    /// Only go ahead when this is still the version; otherwise `VERSION_CONFLICT`. 0 for a text that was
    /// never changed.
    if_version: Option<i32>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
}

/// Outcome of `updateMailTemplate`.
#[derive(SimpleObject, Default)]
pub(crate) struct UpdateMailTemplatePayload {
    /// The text after the change. Null when there are errors.
    mail_template: Option<MailTemplate>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `resetMailTemplate`.
#[derive(InputObject)]
pub(crate) struct ResetMailTemplateInput {
    /// Kind of mail.
    kind: MailKind,
    /// Language of the text.
    locale: Locale,
    /// Only go ahead when this is still the version; otherwise `VERSION_CONFLICT`.
    if_version: Option<i32>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
}

/// Outcome of `resetMailTemplate`.
#[derive(SimpleObject, Default)]
pub(crate) struct ResetMailTemplatePayload {
    /// The text after the change. Null when there are errors.
    mail_template: Option<MailTemplate>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// The part of `Mutation` about texts of mails.
#[derive(Default)]
pub(crate) struct MailTemplateMutation;

#[Object]
impl MailTemplateMutation {
    /// Gives a kind of mail another text in one language, at once and for every mail that is still to be
    /// sent. For owners alone: whoever writes the mail that carries a link could take the account.
    ///
    /// Access: scope MAIL_TEMPLATES_WRITE.
    /// Errors: FORBIDDEN, INVALID_INPUT, TEMPLATE_INVALID, VERSION_CONFLICT, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED.
    async fn update_mail_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateMailTemplateInput,
    ) -> Option<UpdateMailTemplatePayload> {
        let new = NewText {
            kind: input.kind.into(),
            locale: input.locale.0,
            text: Some(input.text.into()),
            if_version: input.if_version.map(i64::from),
            reason: input.reason,
        };
        let password = input.actor_password.map(|password| password.0);
        let (app, templates, actor) = (ctx.app(), ctx.templates(), ctx.actor());
        match mail_templates::update(app, templates, actor, new, password.as_ref()).await {
            Ok(changed) => Some(UpdateMailTemplatePayload {
                mail_template: Some(MailTemplate(changed)),
                errors: Vec::new(),
            }),
            Err(error) => Some(UpdateMailTemplatePayload {
                errors: refuse(ctx, error)?,
                ..Default::default()
            }),
        }
    }

    /// Goes back to the text of the file, or to the one the program came with. May be repeated.
    ///
    /// Access: scope MAIL_TEMPLATES_WRITE.
    /// Errors: FORBIDDEN, INVALID_INPUT, VERSION_CONFLICT, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED.
    async fn reset_mail_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ResetMailTemplateInput,
    ) -> Option<ResetMailTemplatePayload> {
        let new = NewText {
            kind: input.kind.into(),
            locale: input.locale.0,
            text: None,
            if_version: input.if_version.map(i64::from),
            reason: input.reason,
        };
        let password = input.actor_password.map(|password| password.0);
        let (app, templates, actor) = (ctx.app(), ctx.templates(), ctx.actor());
        match mail_templates::reset(app, templates, actor, new, password.as_ref()).await {
            Ok(changed) => Some(ResetMailTemplatePayload {
                mail_template: Some(MailTemplate(changed)),
                errors: Vec::new(),
            }),
            Err(error) => Some(ResetMailTemplatePayload {
                errors: refuse(ctx, error)?,
                ..Default::default()
            }),
        }
    }
}
