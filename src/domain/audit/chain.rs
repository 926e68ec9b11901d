//! The chain: each sealed event carries a keyed hash over its place, its mac and the hash before it.
//!
//! Whoever changes, removes, moves or adds a row without the server key breaks it. What it cannot show
//! alone is a tail that was cut off; a checkpoint kept elsewhere shows that.

use super::row::Encoding;
use crate::platform::keyring::{Keyring, Purpose};

/// What stands before the first event.
pub(super) const BEGINNING: &[u8] = &[];

/// A place in the chain: the sequence of an event, and the hash up to there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counts from 1 without a gap.
    pub sequence: i64,
    /// The chain up to here.
    pub chain_hash: Vec<u8>,
}

impl Place {
    /// Before the first event.
    pub(super) fn beginning() -> Self {
        Self {
            sequence: 0,
            chain_hash: BEGINNING.to_vec(),
        }
    }

    /// The place of the event that comes after this one.
    pub(super) fn next(&self, keys: &Keyring, mac: Option<&[u8]>) -> Self {
        let sequence = self.sequence.saturating_add(1);
        let mut link = Encoding::default();
        link.value(&self.chain_hash)
            .value(&sequence.to_be_bytes())
            .optional(mac);
        Self {
            sequence,
            chain_hash: keys.tag(Purpose::AuditChain, &link.0).to_vec(),
        }
    }
}
