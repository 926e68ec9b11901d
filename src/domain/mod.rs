//! What Keydesk is about: one folder for each noun, one file for each use case.

pub mod access;
pub mod account;
pub mod api_keys;
pub mod audit;
pub mod bootstrap;
pub mod credentials;
pub mod mail;
pub mod mail_templates;
pub mod one_time_links;
pub mod password_reset;
pub mod sessions;
pub mod users;
