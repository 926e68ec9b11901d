//! Passwords that are known from breaches and lists, as a filter that the program carries.
//!
//! `Shape:` a Bloom filter: a password that is on the lists is always found; a few in a million others are
//! found as well and refused without need. How it is made: `known/build.rs`.

mod build;
mod filter;

pub use build::{BuildError, Built, build, phrases};
pub use filter::Filter;

#[cfg(test)]
mod tests;
