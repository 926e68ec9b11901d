//! The pages that Keydesk shows by itself: plain HTML under a strict content security policy.

pub mod embedded;
pub mod examples;
pub mod graphiql;
pub mod loopback;
pub mod mailbox;
mod person;

pub(in crate::web) use person::router as person_pages;
