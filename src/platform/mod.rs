//! What any server needs: settings, the database, pagination, hashing, keys, tokens, telemetry.

pub mod app;
pub mod db;
pub mod denial_counter;
pub(crate) mod entities;
pub(crate) mod fetch;
pub mod hasher;
pub mod jwt;
pub mod keyring;
pub(crate) mod keyset;
pub mod links;
pub mod pagination;
pub mod pubsub;
pub mod qr;
pub mod settings;
pub mod telemetry;
