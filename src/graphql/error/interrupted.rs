//! Why a subscription ends early, in the words of a GraphQL error.

use async_graphql::ErrorExtensions;

use super::{Interrupted, UNAVAILABLE};

impl From<Interrupted> for async_graphql::Error {
    fn from(interrupted: Interrupted) -> Self {
        let (code, message) = match interrupted {
            Interrupted::TooSlow => (
                "SUBSCRIPTION_INTERRUPTED",
                "Answers were taken too slowly, and some are lost. Subscribe again, and read what was missed.",
            ),
            Interrupted::Unavailable => (
                UNAVAILABLE,
                "The database does not answer, or has too much to do. Subscribe again shortly, and read \
                 what was missed.",
            ),
            Interrupted::Broken => (
                "INTERNAL_SERVER_ERROR",
                "Something went wrong here. Subscribe again, and read what was missed.",
            ),
        };
        Self::new(message).extend_with(|_, extensions| extensions.set("code", code))
    }
}
