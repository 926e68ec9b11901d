//! Settings that are lists.

use serde::Deserialize;

/// A list in the file; words separated by commas in the environment.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum List {
    Words(Vec<String>),
    Commas(String),
}

impl List {
    pub(super) fn words(self) -> Vec<String> {
        match self {
            Self::Words(words) => words,
            Self::Commas(text) => text.split(',').map(|word| word.trim().to_owned()).collect(),
        }
    }
}
