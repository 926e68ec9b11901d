//! Sessions: signed-in browsers and programs, by opaque tokens whose hash alone is kept.
//!
//! A session is checked on use: it counts only while its user may sign in and while the password it
//! began with is still the present one, so an act that changes either need not call up here.

mod begin;
mod device;
mod devices;
mod introspect;
mod list;
mod prove;
mod resolve;
mod session;
mod store;

pub use begin::{NewSession, begin};
pub use device::{Device, KNOWN_FOR, Known, MOST_IN_COOKIE};
pub use devices::{known, list_devices, list_devices_of, remember};
pub use introspect::{Introspect, IntrospectError, IntrospectScope, Introspected, introspect};
pub use list::{MOST_OWN, ORDER, count_by_user, find_many, list_by_user, list_own};
pub use prove::{ProofError, confirm, renew, require_step_up, verify_own};
pub use resolve::{TOKEN_PREFIX, resolve};
pub use session::{Session, SessionStatus, Transport};
pub use store::devices::{
    find_device, forget_device, forget_devices, forget_known_tries, forget_tries_at_rest,
    known_by_id, put_known, sweep_devices,
};
pub use store::{carry_on, end, end_others, find, forget_origins, revoke_all, stands, sweep};
