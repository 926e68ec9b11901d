//! Values without input and output: identifiers, time, secrets, names, actors and their rights.

pub mod actor;
pub mod address;
pub mod clock;
pub mod colour;
pub mod error;
pub mod ids;
pub mod locale;
pub(crate) mod look_alikes;
pub mod network;
pub mod secret;
pub mod time_zone;
pub mod username;
