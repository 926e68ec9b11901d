//! The password policy, and trying passwords out without giving them to anyone.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::access::known;
use super::context::Reach as _;
use super::enums::PasswordStyle;
use super::error::{answer, rate_limited, refuse};
use super::mutation_error::{ErrorCode, MutationError};
use super::scalars::{OneTimeSecret, Password};
use crate::domain::access::rate_limit::{self, Taken};
use crate::domain::credentials::generator::{self, Recipe};
use crate::domain::credentials::{self, strength};

/// How to make up a password. What comes out always meets the password policy.
#[derive(InputObject, Clone)]
pub(crate) struct PasswordGenerator {
    /// Kind of password.
    #[graphql(default_with = "PasswordStyle::Characters")]
    style: PasswordStyle,
    /// Number of characters, 15 to 128, or of words, 5 to 16. Without it, 20 characters or 6 words.
    /// Never less than the policy asks for.
    length: Option<i32>,
}

/// Reads the wish; absent means the defaults.
pub(crate) fn recipe(wish: Option<&PasswordGenerator>) -> Recipe {
    let style = wish
        .map_or(PasswordStyle::Characters, |wish| wish.style)
        .into();
    let length = wish.and_then(|wish| wish.length);
    Recipe {
        style,
        length: length.map(|length| u32::try_from(length).unwrap_or(0)),
    }
}

/// Rules for new passwords.
#[derive(SimpleObject)]
pub(crate) struct PasswordPolicy {
    /// Fewest characters allowed.
    min_length: i32,
    /// Most characters allowed.
    max_length: i32,
    /// Lowest strength score allowed, 0 to 4. With 0, strength is not looked at.
    min_strength: i32,
    /// Whether common passwords are refused.
    reject_common: bool,
    /// Whether passwords on the operator's list of breached ones are refused.
    reject_breached: bool,
    /// Whether passwords that resemble the user's names or address are refused.
    reject_similar_to_user: bool,
    /// How many earlier passwords may not be used again, the present one included.
    history_count: i32,
    /// The rules as sentences in English, ready to show.
    descriptions: Vec<String>,
}

/// Estimate of how hard a password is to guess.
#[derive(SimpleObject)]
pub(crate) struct PasswordStrength {
    /// From 0, guessed at once, to 4, very hard to guess.
    score: i32,
    /// Main weakness, in English. Null when there is none.
    warning: Option<String>,
    /// Hints for a better one, in English.
    suggestions: Vec<String>,
}

impl From<strength::Strength> for PasswordStrength {
    fn from(strength: strength::Strength) -> Self {
        Self {
            score: i32::from(strength.score),
            warning: strength.warning,
            suggestions: strength.suggestions,
        }
    }
}

/// Input of `generatePassword`.
#[derive(InputObject)]
pub(crate) struct GeneratePasswordInput {
    /// How to make it up. The defaults when omitted.
    generator: Option<PasswordGenerator>,
}

/// Outcome of `generatePassword`.
#[derive(SimpleObject, Default)]
pub(crate) struct GeneratePasswordPayload {
    /// The password. Null when there are errors.
    generated_password: Option<OneTimeSecret>,
    /// How strong it is. Null when there are errors.
    strength: Option<PasswordStrength>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `checkPassword`.
#[derive(InputObject)]
pub(crate) struct CheckPasswordInput {
    /// The password to look at.
    #[graphql(secret)]
    password: Password,
    /// Words it should not resemble, such as the user's names. At most 10 of at most 200 characters.
    avoid: Option<Vec<String>>,
}

/// Outcome of `checkPassword`.
#[derive(SimpleObject, Default)]
pub(crate) struct CheckPasswordPayload {
    /// Whether the policy would accept it. Earlier passwords of a user are not looked at. Null when
    /// there are errors other than broken rules.
    is_acceptable: Option<bool>,
    /// How strong it is. Null when it is too long or cannot be read.
    strength: Option<PasswordStrength>,
    /// One entry for each rule it breaks, or why it was not looked at.
    errors: Vec<MutationError>,
}

/// The part of `Query` about passwords.
#[derive(Default)]
pub(crate) struct CredentialQuery;

#[Object]
impl CredentialQuery {
    /// The rules a new password has to meet, for showing beside a password field.
    ///
    /// Access: anyone (public endpoint).
    async fn password_policy(&self, ctx: &Context<'_>) -> Option<PasswordPolicy> {
        present_policy(ctx)
    }
}

/// The rules as they are now.
pub(crate) fn present_policy(ctx: &Context<'_>) -> Option<PasswordPolicy> {
    let policy = credentials::policy(&ctx.app().settings);
    let policy = answer(ctx, policy.map_err(Into::into))?;
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    Some(PasswordPolicy {
        min_length: number(policy.min_length),
        max_length: number(policy.max_length),
        min_strength: i32::from(policy.min_strength),
        reject_common: policy.reject_common,
        reject_breached: policy.refuses_breached(),
        reject_similar_to_user: policy.reject_similar_to_user,
        history_count: number(policy.history_count),
        descriptions: policy.descriptions(),
    })
}

/// The part of `Mutation` that anyone may use to judge a password.
#[derive(Default)]
pub(crate) struct CheckMutation;

#[Object]
impl CheckMutation {
    /// Tells how strong a password is and which rules it breaks. Changes nothing; it is a mutation
    /// only so that the password never lands in a client's query cache.
    ///
    /// Access: anyone (public endpoint).
    /// Errors: INVALID_INPUT, PASSWORD_POLICY_VIOLATED, RATE_LIMITED, OVERLOADED.
    async fn check_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CheckPasswordInput,
    ) -> Option<CheckPasswordPayload> {
        let taken = rate_limit::take_password_check(ctx.app(), &ctx.actor().origin).await;
        if let Taken::RetryAt(retry_at) = answer(ctx, taken.map_err(Into::into))? {
            return Some(CheckPasswordPayload {
                errors: vec![rate_limited(ctx, retry_at)],
                ..Default::default()
            });
        }
        let avoid = input.avoid.unwrap_or_default();
        if avoid.len() > 10 || avoid.iter().any(|word| word.chars().count() > 200) {
            let message = "Takes at most 10 words of at most 200 characters.";
            let error = MutationError::at(ErrorCode::InvalidInput, &["input", "avoid"], message);
            return Some(CheckPasswordPayload {
                errors: vec![error],
                ..Default::default()
            });
        }
        let about: Vec<&str> = avoid.iter().map(String::as_str).collect();
        // Anyone may ask, as often as they like, so everybody else goes first.
        let hasher = ctx.app().hasher.last();
        let judged = credentials::judge(ctx.app(), &hasher, input.password.0, &about).await;
        let judged = match judged {
            Ok(judged) => judged,
            Err(error) => {
                let errors = refuse(ctx, error.into())?;
                return Some(CheckPasswordPayload {
                    errors,
                    ..Default::default()
                });
            }
        };
        Some(CheckPasswordPayload {
            is_acceptable: Some(judged.verdict.is_ok()),
            strength: judged.strength.map(Into::into),
            errors: judged
                .verdict
                .err()
                .unwrap_or_default()
                .iter()
                .map(MutationError::rule)
                .collect(),
        })
    }
}

/// The part of `Mutation` that makes passwords up.
#[derive(Default)]
pub(crate) struct GenerateMutation;

#[Object]
impl GenerateMutation {
    /// Returns a fresh password that meets the policy, without giving it to anyone.
    ///
    /// Access: signed in.
    /// Errors: INVALID_INPUT, OVERLOADED.
    async fn generate_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: GeneratePasswordInput,
    ) -> Option<GeneratePasswordPayload> {
        known(ctx)?;
        let policy = answer(
            ctx,
            credentials::policy(&ctx.app().settings).map_err(Into::into),
        )?;
        let recipe = recipe(input.generator.as_ref());
        let drawing = move || {
            let secret = generator::generate(&recipe, &policy, &[])?;
            let password = credentials::Password::parse(secret.clone()).ok();
            let strength = password.map(|password| strength::estimate(&password, &[]));
            Ok((secret, strength))
        };
        let errors = match ctx.app().hasher.last().compute(drawing).await {
            Ok(Ok((secret, strength))) => {
                return Some(GeneratePasswordPayload {
                    strength: strength.map(Into::into),
                    generated_password: Some(OneTimeSecret(secret)),
                    errors: Vec::new(),
                });
            }
            Ok(Err(error)) => vec![MutationError::generator(&error)],
            Err(error) => refuse(ctx, error.into())?,
        };
        Some(GeneratePasswordPayload {
            errors,
            ..Default::default()
        })
    }
}
