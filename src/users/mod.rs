//! Users: who has an account, and everything an administrator may change about it but the password.
//!
//! Knows names, addresses, states and roles. A user's row is the lock of everything that belongs to
//! the user: every act that changes any of it first calls `lock` in its transaction.

mod change;
mod create;
mod disable;
mod error;
mod fill;
mod handover;
mod input;
mod list;
mod must_change;
mod owners;
mod search;
mod seed;
mod store;
mod suggest;
mod user;

pub use change::{UpdateUser, UserField, UserPatch, faults, update};
pub use create::{CreateOutcome, CreateUser, Prepared, StoredCreation, create, insert, prepare};
pub use disable::{DisableOutcome, DisableUser, disable, enable};
pub use error::{InvalidInput, UserError};
pub use fill::fill;
pub use handover::{ForceChange, Handover, check_password_mail, compose};
pub use input::check_reason;
pub use list::{
    TimeRange, UserFilter, UserOrder, UserOrderField, UserRef, count, find, find_many, get, list,
    lock_own, lock_target, order_name,
};
pub use must_change::set_must_change;
pub use seed::seed;
pub use store::{PasswordState, any, find_by_id, set_password_state, unlock};
pub use suggest::suggest;
pub use user::{AuthenticationSource, User, UserStatus};
