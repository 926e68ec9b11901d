//! Keydesk.

pub mod actor;
pub mod app;
pub mod clock;
pub mod db;
mod entities;
pub mod error;
pub mod hasher;
pub mod ids;
pub mod keyring;
pub mod page;
pub mod secret;
pub mod settings;
pub mod telemetry;
