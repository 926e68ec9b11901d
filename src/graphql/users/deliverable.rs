//! Whether mail to a user arrives.

use async_graphql::{Context, SimpleObject};

use super::loaded;
use crate::domain::mail::AddressFailure;
use crate::domain::users::User;
use crate::graphql::context::Reach as _;
use crate::graphql::loaders::AddressKey;
use crate::graphql::scalars::DateTime;

/// Why mail to an address does not arrive.
#[derive(SimpleObject)]
pub(crate) struct EmailFailure {
    /// The mail server's words.
    reason: String,
    /// When it said so last.
    failed_at: DateTime,
}

impl From<AddressFailure> for EmailFailure {
    fn from(failure: AddressFailure) -> Self {
        Self {
            reason: failure.reason,
            failed_at: DateTime(failure.at),
        }
    }
}

/// What failed at the user's present address, through the loader. The outer `None` is a failure of
/// reading, noted at the field.
pub(super) async fn failure(ctx: &Context<'_>, user: &User) -> Option<Option<AddressFailure>> {
    let Some(key) = user.email_key.clone() else {
        return Some(None);
    };
    loaded(ctx, ctx.loader().load_one(AddressKey(key)).await)
}
