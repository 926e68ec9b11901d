//! The note an actor gives for the trail.

use crate::types::look_alikes::{TURNED, turns_text};

/// Longest note, in characters.
pub const MAX_REASON_CHARACTERS: usize = 1_000;

/// Why a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonMalformed {
    /// Too long, or with characters that are none of a text.
    #[error("Must be at most {MAX_REASON_CHARACTERS} characters without control characters.")]
    Shape,
    /// With characters that make it read like another one.
    #[error("{TURNED}")]
    Turned,
}

/// Reads a note; an empty one is none.
pub fn read_reason(reason: Option<&str>) -> Result<Option<String>, ReasonMalformed> {
    let Some(text) = reason.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let disturbing = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    if text.chars().count() > MAX_REASON_CHARACTERS || text.chars().any(disturbing) {
        return Err(ReasonMalformed::Shape);
    }
    if text.chars().any(turns_text) {
        return Err(ReasonMalformed::Turned);
    }
    Ok(Some(text.to_owned()))
}
