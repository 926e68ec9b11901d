//! Passwords made by a simple rule: sequences, keyboard walks, short units repeated.
//!
//! Lists of common passwords hold few long ones; people who must write fifteen characters make them
//! in these ways instead.

/// The rows of a keyboard, shifted so that keys touching each other are at most one place apart.
const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
/// A unit up to this length is worth nothing more when it is repeated.
const SHORT_UNIT: usize = 8;

/// Whether a folded text is one short unit repeated, or mostly steps to a neighbour.
pub(super) fn is_simple(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let unit = unit_length(&characters);
    unit.is_some_and(|unit| unit <= SHORT_UNIT) || is_walk(&characters)
}

/// The text of the repeated unit, when the whole is that unit at least twice (the last may be cut).
pub(super) fn repeated_unit(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    unit_length(&characters).map(|unit| characters.into_iter().take(unit).collect())
}

/// The shortest period that fits at least twice.
fn unit_length(characters: &[char]) -> Option<usize> {
    (1..=characters.len() / 2).find(|unit| {
        characters
            .iter()
            .skip(*unit)
            .eq(characters.iter().take(characters.len() - unit))
    })
}

/// Whether at most every fourth character breaks off to a place that is no neighbour of the last.
fn is_walk(characters: &[char]) -> bool {
    let steps = characters.iter().zip(characters.iter().skip(1));
    let runs = 1 + steps
        .filter(|(from, to)| !are_neighbours(**from, **to))
        .count();
    runs * 4 <= characters.len()
}

/// The same character, the next or previous letter or digit, or a key beside, above or below.
fn are_neighbours(from: char, to: char) -> bool {
    let follows = u32::from(from).abs_diff(u32::from(to)) <= 1;
    let wraps = matches!((from, to), ('9', '0') | ('0', '9'));
    let touches = match (place(from), place(to)) {
        (Some((x, y)), Some((to_x, to_y))) => x.abs_diff(to_x) <= 1 && y.abs_diff(to_y) <= 1,
        _ => false,
    };
    follows || wraps || touches
}

fn place(key: char) -> Option<(usize, usize)> {
    ROWS.iter()
        .enumerate()
        .find_map(|(y, row)| row.find(key).map(|x| (x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_walks_and_repetitions_are_simple() {
        for text in [
            "abcabcabcabcabc",
            "passwordpassword",
            "passwordpasswordpass",
            "aaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "ponmlkjihgfedcba",
            "1234567890123456",
            "qwertyuiopasdfgh",
            "1qaz2wsx3edc4rfv",
            "1qazxsw23edcvfr4",
            "q1w2e3r4t5y6u7i8",
            "aaaabbbbccccdddd",
            "qwerty123456789",
        ] {
            assert!(is_simple(text), "{text}");
        }
    }

    #[test]
    fn words_and_random_texts_are_not() {
        for text in [
            "violinmarmaladeturbine",
            "correcthorsebatterystaple",
            "k7mQz2vXp9RwT4nHs",
            "treeweresadsand",
            "",
        ] {
            assert!(!is_simple(text), "{text}");
        }
    }

    #[test]
    fn a_long_unit_is_told_apart_from_the_whole() {
        assert_eq!(
            repeated_unit("sunflowers1sunflowers1").as_deref(),
            Some("sunflowers1")
        );
        assert_eq!(repeated_unit("sunflowers1"), None);
        assert_eq!(repeated_unit(""), None);
        assert!(!is_simple("sunflowersXsunflowersX"));
    }
}
