//! The HTTP door: what a browser or a portal talks to.
//!
//! axum and tower are used here and nowhere else.

pub mod pages;
