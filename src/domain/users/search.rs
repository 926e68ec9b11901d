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

/// What is looked for, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needle {
    /// Anywhere in username, address or name.
    Anywhere(String),
    /// Where one of them begins.
    AtStart(String),
}

/// Reads what somebody typed. `None` when there is nothing to look for.
///
/// `Why:` what gives the index no trigram is looked for at the beginnings only: it would mean to read
/// every user.
pub(super) fn needle(typed: &str) -> Option<Needle> {
    // Folded texts are joined by line ends; none is part of a name.
    let folded = fold(typed).replace('\n', " ");
    if folded.is_empty() {
        None
    } else if has_trigram(&folded) {
        Some(Needle::Anywhere(folded))
    } else {
        Some(Needle::AtStart(folded))
    }
}

/// Whether both databases find a trigram in it. SQLite wants three characters, whatever they are.
/// PostgreSQL wants three letters or digits in a row, where a word that begins inside brings two spaces
/// along and one that ends inside brings one.
///
/// Source: <https://www.postgresql.org/docs/15/pgtrgm.html>, F.35.1.
fn has_trigram(folded: &str) -> bool {
    if folded.chars().nth(2).is_none() {
        return false;
    }
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).collect();
    let last = words.len().saturating_sub(1);
    words.iter().enumerate().any(|(at, word)| {
        let brought = 2 * usize::from(at > 0) + usize::from(at < last);
        !word.is_empty() && word.chars().count() + brought >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_trigram_is_looked_for_at_the_beginning() {
        assert_eq!(needle(""), None);
        for text in [
            "a", "ad", "%", "---", "a@", "a ", "\u{e9}m", "@.@", "@a", " \u{e9}",
        ] {
            let wanted = Needle::AtStart(fold(text));
            assert_eq!(needle(text), Some(wanted), "{text}");
        }
        for text in [
            "ada", "@ab", "ad@", "ad ", "a@b.c", "100%", "c:\\temp", " \u{e9}m",
        ] {
            let wanted = Needle::Anywhere(fold(text));
            assert_eq!(needle(text), Some(wanted), "{text}");
        }
    }

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
