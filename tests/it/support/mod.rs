//! What the tests share.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod catalog;
pub(crate) mod database;
pub(crate) mod faults;
pub(crate) mod frames;
pub(crate) mod hold;
pub(crate) mod issuer;
pub(crate) mod log;
pub(crate) mod mta;
pub(crate) mod network;
pub(crate) mod people;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod recovery;
pub(crate) mod rows;
pub(crate) mod sdl;
pub(crate) mod smtp;
pub(crate) mod socket;
pub(crate) mod statistics;
pub(crate) mod waiting;
