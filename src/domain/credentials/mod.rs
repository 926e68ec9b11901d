//! Passwords: what one is, which ones are refused, how good ones are made, and where hashes stand.
//!
//! This module knows users only by their id; what a password may not resemble comes in as words.

pub mod breached;
mod breached_api;
mod choose;
mod folding;
pub mod generator;
pub mod known;
mod origin;
mod password;
mod patterns;
pub mod policy;
mod popular;
mod replace;
mod store;
pub mod strength;
mod verify;
mod violation;

pub use choose::{
    ChooseError, Chosen, Judged, NewPassword, choose, choose_own, judge, may_generate, policy,
};
pub use origin::PasswordOrigin;
pub use password::{MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARACTERS, Password};
pub use replace::{NewHash, erase, hash, keep, outdate, replace};
pub use store::Versions;
pub use verify::{Verdict, hash_again, refresh, verify, version};
pub use violation::{PasswordRule, Violation};
