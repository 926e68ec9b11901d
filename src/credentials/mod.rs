//! Passwords: what one is, which ones are refused, and how good ones are made.

pub mod breached;
mod folding;
pub mod generator;
mod password;
mod patterns;
pub mod policy;
pub mod strength;
mod violation;

pub use password::{MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARACTERS, Password};
pub use violation::{PasswordRule, Violation};
