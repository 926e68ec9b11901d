//! What runs in the background.

pub mod audit_sealing;
pub mod change_poller;
pub mod cleanup;
pub mod heartbeat;
pub mod reset_requests;
