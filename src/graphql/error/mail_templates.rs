//! Refusals of acts on the texts of mails.

use async_graphql::Context;

use super::super::mutation_error::{ErrorCode as Code, MailTemplateError, MutationError, path};
use super::{
    incorrect_password, internal, overloaded, rate_limited, refuse_denied, step_up_required,
};
use crate::domain::mail::TemplateProblem;
use crate::domain::mail_templates::TemplateError;

/// Turns a refusal into entries of `errors`. `None` when it went the top-level road instead.
pub(crate) fn refuse(ctx: &Context<'_>, error: TemplateError) -> Option<Vec<MutationError>> {
    let one = match error {
        TemplateError::Denied(denied) => return refuse_denied(ctx, denied),
        TemplateError::Internal(cause) => return internal(ctx, &cause),
        TemplateError::StepUpRequired => step_up_required(ctx),
        TemplateError::IncorrectPassword { session_ended } => incorrect_password(session_ended),
        TemplateError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        TemplateError::Overloaded(span) => overloaded(ctx, span),
        TemplateError::NoPassword => MutationError::at(
            Code::InvalidInput,
            &["input", "actorPassword"],
            "Only people who signed in have a password to give; leave it out.",
        ),
        TemplateError::Invalid(faults) => {
            return Some(faults.iter().map(MutationError::invalid).collect());
        }
        TemplateError::Broken(problems) => broken(problems),
        TemplateError::AllBroken(problems) => broken(
            problems
                .into_iter()
                .map(|(_, _, problem)| problem)
                .collect(),
        ),
        TemplateError::VersionConflict(present) => MutationError::at(
            Code::VersionConflict,
            &["input", "ifVersion"],
            format!(
                "The text was changed meanwhile; the present version is {present}. Read it again."
            ),
        ),
    };
    Some(vec![one])
}

fn broken(problems: Vec<TemplateProblem>) -> MutationError {
    let first = problems.first().map_or("", |problem| &problem.message);
    MutationError::Template(MailTemplateError {
        code: Code::TemplateInvalid,
        message: format!("The text cannot be used. {first}"),
        path: Some(path(&["input", "text"])),
        problems: problems.into_iter().map(Into::into).collect(),
    })
}
