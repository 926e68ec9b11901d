//! Near names: what was probably meant by a word nobody knows.

/// Most names in a suggestion.
const MOST: usize = 3;

/// The known names that look like what was typed, the likeliest first.
pub(super) fn near<'a>(typed: &str, known: &[&'a str]) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let slips = (typed.chars().count() / 3).clamp(1, 3);
    let mut found: Vec<(usize, &str)> = known
        .iter()
        .filter_map(|name| {
            let folded = name.to_lowercase();
            let far = strsim::osa_distance(&typed, &folded);
            let is_part = typed.len() > 2 && folded.contains(&typed);
            (far <= slips || is_part).then_some((far, *name))
        })
        .collect();
    found.sort_unstable();
    found.truncate(MOST);
    found.into_iter().map(|(_, name)| name).collect()
}

/// `; did you mean a or b?`, or nothing.
pub(super) fn did_you_mean<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", names.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_beginnings_are_understood_and_other_words_are_not() {
        let known = ["email", "emailVerified", "name", "username"];
        assert_eq!(near("emial", &known), ["email"]);
        assert_eq!(near("EMAIL", &known), ["email", "emailVerified"]);
        assert_eq!(near("verified", &known), ["emailVerified"]);
        assert!(near("colour", &known).is_empty());
        assert_eq!(did_you_mean(&["a", "b"]), "; did you mean a or b?");
        assert_eq!(did_you_mean::<&str>(&[]), "");
    }
}
