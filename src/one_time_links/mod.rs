//! One-time links: a token, one purpose, one use.
//!
//! No act makes a link yet; what is here already are the calls that others owe it: a new password
//! makes every outstanding link of the user useless, in the same transaction.

mod store;

pub use store::{revoke_all, sweep};
