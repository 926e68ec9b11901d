//! Password resets: an act that replaces a credential without the old one.
//!
//! The topmost room: it may call every other one and is called by the doors alone.

mod by_admin;

pub use by_admin::{
    ResetOutcome, ResetPassword, SessionsAfter, StoredReset, blockers, reset_password,
};
