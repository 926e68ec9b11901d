//! The database's shape, step by step. See README.md for the rules every step keeps.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async_trait matches signatures by their written lifetimes, and the trait writes none"
)]

mod columns;
mod m20261121_000001_users;
mod m20261121_000002_access;
mod m20261121_000003_mail;
mod m20261121_000004_audit;
mod m20261121_000005_search;
mod m20261121_000006_counters;
mod m20261121_000007_selective;
mod m20261121_000008_sign_in;
mod m20261121_000009_audit_chain;
mod m20261121_000010_api_keys;
mod m20261121_000011_links;
mod m20261121_000012_recovery;
mod m20261121_000013_mail_product;
mod m20261130_000014_upgrade;
mod m20261130_000015_devices;
mod m20261130_000016_look_alikes;
mod min_reader;

use sea_orm_migration::prelude::*;

/// The ordered list of steps.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_users::Migration),
            Box::new(m20261121_000002_access::Migration),
            Box::new(m20261121_000003_mail::Migration),
            Box::new(m20261121_000004_audit::Migration),
            Box::new(m20261121_000005_search::Migration),
            Box::new(m20261121_000006_counters::Migration),
            Box::new(m20261121_000007_selective::Migration),
            Box::new(m20261121_000008_sign_in::Migration),
            Box::new(m20261121_000009_audit_chain::Migration),
            Box::new(m20261121_000010_api_keys::Migration),
            Box::new(m20261121_000011_links::Migration),
            Box::new(m20261121_000012_recovery::Migration),
            Box::new(m20261121_000013_mail_product::Migration),
            Box::new(m20261130_000014_upgrade::Migration),
            Box::new(m20261130_000015_devices::Migration),
            Box::new(m20261130_000016_look_alikes::Migration),
        ]
    }
}

pub use sea_orm_migration::{MigratorTrait, SchemaManager, sea_orm::DbErr};
