//! Users: who has an account, and everything an administrator may change about it but the password.
//!
//! Knows names, addresses, states and roles. A user's row is the lock of everything that belongs to
//! the user: every act that changes any of it first calls `lock` in its transaction.

mod alike;
mod change;
mod create;
mod delete;
mod deliverable;
mod deliveries;
mod disable;
mod error;
mod fill;
mod handover;
mod input;
mod list;
mod must_change;
mod noted;
mod notices;
mod owners;
mod purge;
mod revoke_device;
mod search;
mod seed;
mod sign_out;
mod store;
mod suggest;
mod target;
mod unlock;
mod user;

pub use alike::look_alikes;
pub use change::{UpdateUser, UserField, UserPatch, faults, update};
pub use create::{CreateOutcome, CreateUser, Prepared, StoredCreation, create, insert, prepare};
pub use delete::{DeleteOutcome, DeleteUser, delete, restore};
pub use deliverable::mark_deliverable;
pub use deliveries::{cancel_delivery, retry_delivery};
pub use disable::{DisableOutcome, DisableUser, disable, enable};
pub use error::{InvalidInput, Sought, UserError};
pub use fill::fill;
pub use handover::{ForceChange, Handover, check_password_mail, compose};
pub use input::{check_locale, check_reason};
pub use list::{
    TimeRange, UserFilter, UserOrder, UserOrderField, UserRef, count, find, find_many, find_self,
    list, login_subject, order_name,
};
pub use must_change::set_must_change;
pub use noted::{noting, require_noted};
pub use notices::notify_of_password;
pub use purge::purge;
pub use revoke_device::revoke_device;
pub use seed::seed;
pub use sign_out::{revoke_session, revoke_sessions};
pub use store::{
    PasswordState, any, find_by_id, find_by_login, hold, lock_own, read_again, set_password_state,
    unlock,
};
pub use suggest::suggest;
pub use target::{Own, check as check_target, get, lock_target, require_standing};
pub use unlock::unlock_user;
pub use user::{AuthenticationSource, User, UserStatus};
