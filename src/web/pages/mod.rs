//! The pages that Keydesk shows by itself: plain HTML under a strict content security policy.

pub mod embedded;
pub mod examples;
pub mod graphiql;
mod link;
pub mod loopback;
pub mod mailbox;

pub(in crate::web) use link::router as link_pages;
