//! Folding of the part before the `@`: what makes two spellings the same address.

use std::iter::successors;

use unicode_normalization::UnicodeNormalization;

/// NFKC and full case folding, repeated until nothing changes, so that folding twice is folding once.
pub(super) fn fold(local: &str) -> String {
    let mut forms = successors(Some(local.to_owned()), |form| {
        let next: String = form.nfkc().flat_map(fold_case).nfkc().collect();
        (next != *form).then_some(next)
    });
    // Three rounds are more than any known text needs.
    let first = forms.next().unwrap_or_default();
    forms.take(8).last().unwrap_or(first)
}

/// Full case folding by way of the capital: `ß` and `SS` meet in `ss`, the three sigmas in `σ`.
///
/// `Why:` the dotless `ı` stays itself. Its capital is `I`, and by that road `mıke@` once took over
/// `mike@` (CVE-2019-19844).
fn fold_case(c: char) -> Vec<char> {
    match c {
        'ı' => vec![c],
        _ => c.to_uppercase().flat_map(char::to_lowercase).collect(),
    }
}
