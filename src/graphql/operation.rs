//! Which operation of a document is meant, as far as the interfaces have to know before it runs.

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};

/// Whether a subscription is meant. Of several operations one is named; the library refuses what is
/// not.
pub(crate) fn is_subscription(document: &ExecutableDocument, name: Option<&str>) -> bool {
    document
        .operations
        .iter()
        .filter(|(known, _)| name.is_none() || known.map(Name::as_str) == name)
        .any(|(_, operation)| operation.node.ty == OperationType::Subscription)
}

/// Whether every subscription has one field, written out.
///
/// `Source:` GraphQL, section 5.2.4.1. The library runs several at once, mixes up their errors, and
/// does not see those in fragments.
pub(crate) fn subscriptions_have_one_field(document: &ExecutableDocument) -> bool {
    document
        .operations
        .iter()
        .filter(|(_, operation)| operation.node.ty == OperationType::Subscription)
        .all(|(_, operation)| {
            let items = &operation.node.selection_set.node.items;
            matches!(items.as_slice(), [item] if matches!(item.node, Selection::Field(_)))
        })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn the_named_operation_is_the_one_that_is_meant() {
        let document = parse_query("query A { a } subscription B { b }").unwrap();
        for (name, expected) in [(Some("A"), false), (Some("B"), true), (Some("C"), false)] {
            assert_eq!(is_subscription(&document, name), expected, "{name:?}");
        }
        let document = parse_query("subscription { b }").unwrap();
        assert!(is_subscription(&document, None));
    }

    #[test]
    fn a_subscription_has_one_field_and_no_fragment_at_its_root() {
        let is_fine = |text| subscriptions_have_one_field(&parse_query(text).unwrap());
        assert!(is_fine("subscription { a { b c } }"));
        assert!(is_fine("{ a b }"));
        assert!(!is_fine("subscription { a b }"));
        assert!(!is_fine("subscription { a other: a }"));
        assert!(!is_fine("subscription { ... { a } }"));
        assert!(!is_fine(
            "subscription { ...F } fragment F on Subscription { a }"
        ));
        assert!(!is_fine("query Q { a } subscription S { a b }"));
    }
}
