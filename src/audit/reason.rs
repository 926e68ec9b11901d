//! The note an actor gives for the trail.

/// Longest note, in characters.
pub const MAX_REASON_CHARACTERS: usize = 1_000;

/// Why a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Must be at most {MAX_REASON_CHARACTERS} characters without control characters.")]
pub struct ReasonMalformed;

/// Reads a note; an empty one is none.
pub fn read_reason(reason: Option<&str>) -> Result<Option<String>, ReasonMalformed> {
    let Some(text) = reason.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let disturbing = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    if text.chars().count() > MAX_REASON_CHARACTERS || text.chars().any(disturbing) {
        return Err(ReasonMalformed);
    }
    Ok(Some(text.to_owned()))
}
