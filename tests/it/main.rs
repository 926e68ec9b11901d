//! The integration tests: one binary, by the doors that users of Keydesk use.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy allows these in tests, but does not see that the helpers here are for tests alone"
)]
#![expect(
    clippy::large_futures,
    reason = "a test holds whole requests, on a stack of 8 MiB (.cargo/config.toml)"
)]

mod access;
mod account;
mod architecture;
mod attacks;
mod audit;
mod audits;
mod breached;
mod cleanup;
mod cli;
mod clocks;
mod door;
mod durability;
mod end_to_end;
mod entities;
mod examples;
mod explain;
mod http;
mod keys;
mod lists;
mod mail;
mod mail_templates;
mod migrations;
mod one_time_links;
mod one_transaction;
mod pages;
mod password_reset;
mod permissions;
mod playground;
mod postgres;
mod recipes;
mod recovery;
mod replicas;
mod reset_links;
mod schema;
mod secrets;
mod subscriptions;
mod support;
mod tokens;
mod upgrade;
mod users;
