//! Names that the eye takes for one another (UTS 39): which ones mix alphabets, and what a name looks like.
//! And what makes any text read like another one.

use std::collections::BTreeSet;

use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, skeleton};

/// Why a name with letters of several alphabets is refused.
pub(crate) const MIXED: &str =
    "Use letters of one alphabet: this name mixes letters that look alike.";
/// Why a name that looks like another user's is refused.
pub(crate) const TAKEN: &str = "Choose another: this one looks like that of another user.";

/// Why a text with characters that turn the direction of writing is refused.
pub(crate) const TURNED: &str = "Remove the invisible characters that turn the direction of writing, such as \
                          U+202E: with them a text reads like another one.";

/// Whether a character turns the direction of writing and is seen by nobody (Unicode, Bidi_Control).
pub(crate) fn turns_text(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether a name is in one script, or in scripts that are written together (UTS 39, highly restrictive).
///
/// ASCII alone always is. Signs between the letters belong to every script.
pub(crate) fn is_one_script(name: &str) -> bool {
    let letters: String = name
        .chars()
        .filter(|letter| !letter.is_ascii() || letter.is_ascii_alphanumeric())
        .collect();
    letters.is_ascii()
        || letters
            .as_str()
            .check_restriction_level(RestrictionLevel::HighlyRestrictive)
}

/// What a name looks like, in its owner's spelling and in small letters; two that share one look alike.
///
/// `Why:` both, because letters look alike in one case only: `АРТ` is Cyrillic and `арт` looks like nothing
/// in Latin.
pub(crate) fn looks(typed: &str, key: &str) -> BTreeSet<String> {
    let of = |name: &str| skeleton(name).collect::<String>();
    let typed = of(typed).to_lowercase();
    BTreeSet::from([of(key), of(&typed)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> bool {
        let of = |name: &str| looks(name, &name.to_lowercase());
        !of(one).is_disjoint(&of(other))
    }

    #[test]
    fn letters_of_several_alphabets_are_not_one_script() {
        for one in [
            "olga",
            "a.b-c_1",
            "ольга",
            "ольга.2",
            "josé",
            "Ελένη",
            "田中さくら",
            "김철수",
            "田中ab",
            "a+b%c",
        ] {
            assert!(is_one_script(one), "{one}");
        }
        for mixed in [
            "olg\u{430}",
            "\u{43e}lga",
            "pαul",
            "ольгa",
            "田\u{430}",
            "αольга",
        ] {
            assert!(!is_one_script(mixed), "{mixed}");
        }
    }

    #[test]
    fn what_looks_alike_has_a_look_in_common() {
        for (one, other) in [
            ("olga", "olg\u{430}"),
            ("apple", "\u{430}\u{440}\u{440}\u{4cf}\u{435}"),
            ("APT", "\u{410}\u{420}\u{422}"),
            ("scope", "\u{455}\u{441}\u{43e}\u{440}\u{435}"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in [("olga", "ольга"), ("jose", "josé"), ("ada", "eve")] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
