//! Popular passwords: on the list of the `passwords` crate, or made by a simple rule.

use std::collections::BTreeSet;

use super::patterns;

/// Whether one of the forms of a password is.
pub(super) fn is_any(forms: &BTreeSet<String>) -> bool {
    forms.iter().any(|form| is_popular(form))
}

/// On the list, a simple pattern, or a listed password written several times.
fn is_popular(form: &str) -> bool {
    let is_listed = |text: &str| passwords::analyzer::is_common_password(text);
    patterns::is_simple(form)
        || is_listed(form)
        || patterns::repeated_unit(form).is_some_and(|unit| is_listed(&unit))
}
