//! Keydesk: a self-hosted GraphQL Admin API for user accounts and safe password resets.

pub mod secret;
pub mod web;
