//! What is left of a password when its decoration is taken off, and what words it is made of.
//!
//! Attackers try `Passw0rd!` right after `password`; so does this file.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::patterns;

/// Digits and signs up to this many, before or after a word, add next to nothing.
const TRIVIAL_AFFIX: usize = 4;
/// Shorter words say nothing about anybody.
const SHORTEST_WORD: usize = 3;

/// Width and case taken away: `Ｐassword` becomes `password`.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// The plain texts a password is a trivial decoration of, the whole of it among them.
///
/// With and without the digits and signs around it, with and without letters written as signs.
pub(super) fn undecorated(password: &str) -> BTreeSet<String> {
    let whole = plain(password);
    let without_end = whole.trim_end_matches(|c: char| !c.is_alphabetic());
    let without_start = whole.trim_start_matches(|c: char| !c.is_alphabetic());
    let core = without_end.trim_start_matches(|c: char| !c.is_alphabetic());
    let mut forms = BTreeSet::from([whole.clone()]);
    for form in [whole.as_str(), without_end, without_start, core] {
        if form.is_empty() || !whole.split(form).all(is_trivial) {
            continue;
        }
        forms.insert(letters_and_digits(form));
        for one in ['i', 'l'] {
            let read: String = form.chars().map(|c| read_sign(c, one)).collect();
            forms.insert(letters_and_digits(&read));
        }
    }
    forms
}

/// The words in names, addresses and the like: each piece of three letters or more, and the whole.
pub(super) fn words(texts: &[&str]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in texts {
        let text = plain(text);
        words.insert(letters_and_digits(&text));
        for piece in text.split(|c: char| !c.is_alphanumeric()) {
            words.insert(piece.to_owned());
            words.insert(piece.trim_matches(char::is_numeric).to_owned());
        }
    }
    words.retain(|word| word.chars().count() >= SHORTEST_WORD);
    words
}

/// Whether a text is nothing but these words, one after the other, in any order and number.
pub(super) fn is_made_of(text: &str, words: &BTreeSet<String>) -> bool {
    let mut ends = BTreeSet::from([0]);
    while let Some(start) = ends.pop_first() {
        let rest = text.get(start..).unwrap_or_default();
        if rest.is_empty() {
            return !text.is_empty();
        }
        ends.extend(
            words
                .iter()
                .filter(|w| rest.starts_with(*w))
                .map(|w| start + w.len()),
        );
    }
    false
}

pub(super) fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// At most one group of digits and one of signs, each short or simple, and what sets them apart from a
/// word: `2024!!!`, `123456789`, ` - 2024!`.
fn is_trivial(affix: &str) -> bool {
    let sets_apart = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | ',');
    let characters: Vec<char> = affix.chars().filter(|c| !sets_apart(*c)).collect();
    let mut groups = characters.chunk_by(|one, next| one.is_numeric() == next.is_numeric());
    let trivial = |group: &[char]| {
        group.len() <= TRIVIAL_AFFIX || patterns::is_simple(&group.iter().collect::<String>())
    };
    groups.by_ref().take(2).all(trivial) && groups.next().is_none()
}

/// The letter a sign stands for; a `1` is read as the caller says.
fn read_sign(sign: char, one: char) -> char {
    match sign {
        '4' | '@' => 'a',
        '8' => 'b',
        '(' => 'c',
        '3' | '€' => 'e',
        '6' | '9' => 'g',
        '1' | '!' | '|' => one,
        '0' => 'o',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '2' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoration_comes_off() {
        for decorated in [
            "Password",
            "ＰＡＳＳＷＯＲＤ",
            "p4ssw0rd",
            "P@$$w0rd!",
            "pass-word",
            "2024password2024",
            "password123456789",
            "!!!!!!!!!!password",
            "password - 2024!",
            "_2024_password.",
        ] {
            assert!(undecorated(decorated).contains("password"), "{decorated}");
        }
        assert!(undecorated("w1nter").contains("winter"));
        assert!(undecorated("f1ower").contains("flower"));
        assert!(undecorated("$ecret!!").contains("secret"));
    }

    #[test]
    fn much_random_decoration_counts_as_a_password_of_its_own() {
        assert!(!undecorated("83720-password-61593").contains("password"));
        assert!(!undecorated("password83720615").contains("password"));
    }

    #[test]
    fn words_are_the_pieces_and_the_whole() {
        let expected = ["anna", "anna1987", "anna1987kovacs", "kovacs"];
        assert_eq!(
            words(&["Anna1987 Kovacs", "J."]),
            expected.map(str::to_owned).into()
        );
    }

    #[test]
    fn a_text_is_made_of_words_only_when_nothing_is_left_over() {
        let known = words(&["Anna Kovacs", "annabel"]);
        assert!(is_made_of("annakovacsanna", &known));
        assert!(is_made_of("annabelkovacs", &known));
        assert!(!is_made_of("annabellkovacs", &known));
        assert!(!is_made_of("", &known));
    }
}
