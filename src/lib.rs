//! Keydesk: a self-hosted GraphQL Admin API for user accounts and safe password resets.

pub mod actor;
pub mod address;
pub mod app;
pub mod audit;
pub mod clock;
pub mod credentials;
pub mod db;
mod entities;
pub mod error;
pub mod hasher;
pub mod ids;
pub mod keyring;
mod keyset;
pub mod mail;
pub mod page;
pub mod secret;
pub mod settings;
pub mod telemetry;
pub mod username;
pub mod web;
