//! Folding texts for searching and sorting: letter case and accents do not count.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::User;

/// Lower case, without accents, width and other compatibility forms.
pub(super) fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a search looks through: one folded line each for username, address and name.
pub(super) fn text(user: &User) -> String {
    let lines = [
        Some(user.username.as_str()),
        user.email.as_deref(),
        user.name.as_deref(),
    ];
    lines
        .into_iter()
        .flatten()
        .map(fold)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_do_not_count() {
        for text in [
            "Ångström",
            "ÅNGSTRÖM",
            "A\u{30a}ngstro\u{308}m",
            "Ａｎｇｓｔｒｏｍ",
        ] {
            assert_eq!(fold(text), "angstrom");
        }
    }
}
