//! Keydesk: a self-hosted GraphQL Admin API for user accounts and safe password resets.

pub mod address;
pub mod credentials;
pub mod secret;
pub mod username;
