//! What a mutation wants of a new password, read from its switches.

use std::time::Duration;

use async_graphql::{Context, InputType, Value};

use super::context::Reach as _;
use super::credentials::{PasswordGenerator, recipe};
use super::scalars::Password;
use crate::domain::access::idempotency::Once;
use crate::domain::credentials::NewPassword;
use crate::domain::users::{ForceChange, Handover, InvalidInput, UserError};

/// How a new password is wished for, by the flat fields of an input.
pub(crate) struct Wish<'a> {
    pub(crate) typed: Option<&'a Password>,
    pub(crate) generate: bool,
    pub(crate) generator: Option<&'a PasswordGenerator>,
    pub(crate) mailed: bool,
    pub(crate) returned: bool,
    pub(crate) mail_field: &'static str,
}

impl Wish<'_> {
    /// Reads the wish; the flags become one of three ways of handing the password over.
    pub(crate) fn read(&self) -> Result<(Option<NewPassword>, Handover), InvalidInput> {
        let new = match (self.typed, self.generate) {
            (Some(_), true) => {
                let message = "Give either `password` or `generate: true`, not both.";
                return Err(InvalidInput::at("generate", message));
            }
            (Some(typed), false) => Some(NewPassword::Typed(typed.0.clone())),
            (None, true) => Some(NewPassword::Generated(recipe(self.generator))),
            (None, false) => None,
        };
        if self.generator.is_some() && !self.generate {
            let message = "Only together with `generate: true`.";
            return Err(InvalidInput::at("generator", message));
        }
        let handover = match (self.mailed, self.returned) {
            (true, true) => Handover::CallerAndMail,
            (true, false) => Handover::Mail,
            (false, false) if self.generate => {
                let message = format!(
                    "Without `{}` nobody would ever see the password.",
                    self.mail_field
                );
                return Err(InvalidInput::at("returnPassword", message));
            }
            (false, _) => Handover::Caller,
        };
        Ok((new, handover))
    }
}

/// Reads the forced change with its time.
pub(crate) fn force_change(
    forced: bool,
    seconds: Option<i32>,
) -> Result<ForceChange, InvalidInput> {
    match (forced, seconds) {
        (false, Some(_)) => Err(InvalidInput::at(
            "temporaryForSeconds",
            "Only together with `forceChangeOnLogin: true`.",
        )),
        (false, None) => Ok(ForceChange::NotForced),
        (true, seconds) => Ok(ForceChange::Forced {
            works_for: seconds.map(|span| Duration::from_secs(u64::try_from(span).unwrap_or(0))),
        }),
    }
}

/// Binds an idempotency key, where there is one, to the whole input but the caller's own password, which
/// is no part of what was asked for.
pub(crate) fn once(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<&String>,
    input: &impl InputType,
) -> Result<Option<Once>, UserError> {
    let Some(key) = key else { return Ok(None) };
    let mut input = input.to_value();
    if let Value::Object(fields) = &mut input {
        fields.shift_remove("actorPassword");
    }
    Ok(Some(Once::new(
        ctx.app(),
        ctx.actor(),
        mutation,
        key,
        &input,
    )?))
}
