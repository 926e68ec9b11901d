//! Sessions: signed-in browsers and programs.
//!
//! Nobody can sign in yet; what is here already are the calls that others owe this room: a new
//! password or a disabled account ends every session of the user, in the same transaction.

mod store;

pub use store::{revoke_all, sweep};
