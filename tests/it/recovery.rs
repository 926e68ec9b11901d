//! Whoever forgot a password, and whoever says that somebody else changed it.

mod asking;
mod codes;
mod completing;
mod disputing;
mod holes;
mod locks;
mod races;
