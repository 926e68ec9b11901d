//! The GraphQL interface: unpacks arguments, calls one act, packs the outcome.
//!
//! Two schemas from the same parts: `full` for administrators, and `public`, a strict subset from
//! which no type that implements `Node` can be reached.

mod access;
mod account;
mod answer;
mod api_key_mutations;
mod api_keys;
mod audit;
mod context;
mod credentials;
pub(crate) mod device_cookie;
mod devices;
mod endpoint;
mod enums;
mod error;
mod limits;
mod loaders;
mod mail;
mod mail_mutations;
mod mail_parts;
mod mail_templates;
mod mutation_error;
mod operation;
mod order;
mod paging;
mod password_reset;
mod password_reset_link_mutations;
mod password_reset_links;
mod password_wish;
mod recovery;
mod scalars;
mod server;
pub(crate) mod session_cookie;
mod sessions;
mod subscriptions;
mod user_lifecycle;
mod user_mutations;
mod users;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, Schema};

pub use answer::{retry_after, was_executed};
pub use async_graphql::Response;
pub use endpoint::{Answers, Endpoint, weigh};
pub use subscriptions::Subscription;

use crate::domain::mail::Templates;

/// Everything that can be read. No field here takes or returns a secret.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Query(
    access::AccessQuery,
    api_keys::ApiKeyQuery,
    users::UserQuery,
    mail::MailQuery,
    mail_templates::MailTemplateQuery,
    audit::AuditQuery,
    credentials::CredentialQuery,
    server::ServerQuery,
    account::AccountQuery,
    recovery::SignInQuery,
);

/// Everything that changes something, and everything that takes or returns a secret. Every payload
/// has `errors`; it is empty when the mutation did what was asked.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutation(
    password_reset::PasswordResetMutation,
    password_reset_link_mutations::LinkMutation,
    user_mutations::UserMutation,
    api_key_mutations::ApiKeyMutation,
    mail_templates::mutations::MailTemplateMutation,
    user_lifecycle::LifecycleMutation,
    mail_mutations::DeliveryMutation,
    sessions::SessionMutation,
    devices::DeviceMutation,
    credentials::GenerateMutation,
    credentials::CheckMutation,
    account::ConfirmMutation,
    account::AccountMutation,
    account::OwnSessionMutation,
    account::OwnDeviceMutation,
    recovery::RecoveryMutation,
);

/// What anyone may read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct PublicQuery(
    credentials::CredentialQuery,
    account::AccountQuery,
    recovery::SignInQuery,
);

/// What anyone may have done.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct PublicMutation(
    credentials::CheckMutation,
    account::AccountMutation,
    account::OwnSessionMutation,
    account::OwnDeviceMutation,
    recovery::RecoveryMutation,
);

/// The schema of `/graphql`.
pub type FullSchema = Schema<Query, Mutation, Subscription>;
/// The schema of `/public/graphql`.
pub type PublicSchema = Schema<PublicQuery, PublicMutation, EmptySubscription>;

/// Builds the schema of `/graphql`. Needs no database; data comes with each request. Suggestions such
/// as "Did you mean" name fields, so strangers get none.
fn full(with_suggestions: bool, templates: Option<&Arc<Templates>>) -> FullSchema {
    let mut schema = Schema::build(Query::default(), Mutation::default(), Subscription)
        .register_output_type::<access::Node>();
    if let Some(templates) = templates {
        schema = schema.data(Arc::clone(templates));
    }
    if with_suggestions {
        schema.finish()
    } else {
        schema.disable_suggestions().finish()
    }
}

/// Builds the schema of `/public/graphql`.
fn public() -> PublicSchema {
    Schema::build(
        PublicQuery::default(),
        PublicMutation::default(),
        EmptySubscription,
    )
    .disable_suggestions()
    .finish()
}

/// The schema of `/graphql` in the schema language, as `schema.graphql` holds it.
pub fn full_sdl() -> String {
    full(true, None).sdl_with_options(sdl_options())
}

/// The schema of `/public/graphql` in the schema language, as `schema.public.graphql` holds it.
pub fn public_sdl() -> String {
    public().sdl_with_options(sdl_options())
}

fn sdl_options() -> SDLExportOptions {
    SDLExportOptions::new().include_specified_by()
}
