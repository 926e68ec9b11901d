//! Password resets: an act that replaces a credential without the old one.
//!
//! One of the two topmost rooms: it may call every lower one and is called by the doors alone.

mod block;
mod by_admin;
mod by_link;
mod create_link;
mod replace;

pub use block::{Blocked, block};
pub use by_admin::{
    KeysAfter, ResetOutcome, ResetPassword, SessionsAfter, StoredReset, blockers, reset_password,
};
pub use by_link::{ByLinkError, ResetByLink, ResetLink, look, reset_by_link};
pub use create_link::{CreateLink, CreateLinkError, CreatedLink, create_link};
