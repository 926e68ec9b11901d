//! A person and their own account: signing in and out, changing their password, confirming who they are.
//!
//! What everyone may do to themselves; whatever is done to others stands in `users` and
//! `password_reset`. Tells a stranger nothing: every failed sign-in looks and costs the same.

mod change_password;
mod confirm;
mod counting;
mod error;
mod lock_notices;
mod own_devices;
mod own_sessions;
mod read;
mod sign_in;
mod sign_out;
mod store;
mod tries;

pub use change_password::{ChangePassword, PasswordChange, change_password};
pub use confirm::{Confirmation, confirm_identity};
pub use error::AccountError;
pub use lock_notices::tell_locked;
pub use own_devices::{list_own_devices, revoke_own_device};
pub use own_sessions::{list_own_sessions, revoke_own_session};
pub use read::{Account, read};
pub use sign_in::{SignIn, SignedIn, sign_in};
pub use sign_out::{SignOut, sign_out};
