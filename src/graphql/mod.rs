//! The GraphQL door: unpacks arguments, calls one act, packs the outcome.
//!
//! Two schemas from the same parts: `full` for administrators, and `public`, a strict subset from
//! which no type that implements `Node` can be reached.

mod access;
mod audit;
mod context;
mod credentials;
mod enums;
mod error;
mod loaders;
mod mail;
mod mutation_error;
mod paging;
mod password_reset;
mod password_wish;
mod scalars;
mod server;
mod subscriptions;
mod user_mutations;
mod users;

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, Schema, SchemaBuilder};

pub use context::RequestContext;
pub use subscriptions::Subscription;

/// `Why:` these stop what is absurd; a guard that weighs what a request costs stands before
/// validation in `web/graphql.rs`.
const MAX_DEPTH: usize = 15;
const MAX_COMPLEXITY: usize = 1_000;
const MAX_DIRECTIVES: usize = 10;

/// Everything that can be read. No field here takes or returns a secret.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Query(
    access::AccessQuery,
    users::UserQuery,
    mail::MailQuery,
    audit::AuditQuery,
    credentials::CredentialQuery,
    server::ServerQuery,
);

/// Everything that changes something, and everything that takes or returns a secret. Every payload
/// has `errors`; it is empty when the mutation did what was asked.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutation(
    password_reset::PasswordResetMutation,
    user_mutations::UserMutation,
    credentials::GenerateMutation,
    credentials::CheckMutation,
);

/// What anyone may read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct PublicQuery(credentials::CredentialQuery);

/// What anyone may have done.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct PublicMutation(credentials::CheckMutation);

/// The schema of `/graphql`.
pub type FullSchema = Schema<Query, Mutation, Subscription>;
/// The schema of `/public/graphql`.
pub type PublicSchema = Schema<PublicQuery, PublicMutation, EmptySubscription>;

fn limited<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
where
    Q: async_graphql::ObjectType + 'static,
    M: async_graphql::ObjectType + 'static,
    S: async_graphql::SubscriptionType + 'static,
{
    builder
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .limit_directives(MAX_DIRECTIVES)
        .disable_suggestions()
}

/// Builds the schema of `/graphql`. Needs no database; data comes with each request.
pub fn full() -> FullSchema {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscription);
    limited(schema)
        .register_output_type::<access::Node>()
        .finish()
}

/// Builds the schema of `/public/graphql`.
pub fn public() -> PublicSchema {
    let schema = Schema::build(
        PublicQuery::default(),
        PublicMutation::default(),
        EmptySubscription,
    );
    limited(schema).finish()
}

/// The schema of `/graphql` in the schema language, as `schema.graphql` holds it.
pub fn full_sdl() -> String {
    full().sdl_with_options(sdl_options())
}

/// The schema of `/public/graphql` in the schema language, as `schema.public.graphql` holds it.
pub fn public_sdl() -> String {
    public().sdl_with_options(sdl_options())
}

fn sdl_options() -> SDLExportOptions {
    SDLExportOptions::new().include_specified_by()
}
