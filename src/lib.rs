//! Keydesk: a self-hosted GraphQL Admin API for user accounts and safe password resets.

pub mod cli;
pub mod domain;
pub mod graphql;
pub mod jobs;
pub mod platform;
pub mod types;
pub mod web;
