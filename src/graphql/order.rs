//! The order of an answer's fields: that of the document.
//!
//! `Why:` the library puts each field where it stands when it is ready, so two that wait for the database
//! change places. The specification promises the document's order (§ 7.2.2), and people read it.

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Value};

/// The keys of an object in their order, each with those below it.
#[derive(Debug, Default)]
pub(super) struct Order {
    keys: Vec<(Name, Order)>,
}

impl Order {
    /// The order of what an operation answers. Of a document that has no such operation, none.
    ///
    /// `Order:` after the guard, which bounds how much a document's fragments spread out to.
    pub(super) fn of(document: &ExecutableDocument, operation: Option<&str>) -> Self {
        let mut order = Self::default();
        if let Some(operation) = chosen(document, operation) {
            order.add(document, &operation.selection_set.node, &mut Vec::new());
        }
        order
    }

    /// `open` are the fragments being spread: one within itself is left out, and refused later.
    fn add<'a>(
        &mut self,
        document: &'a ExecutableDocument,
        set: &'a SelectionSet,
        open: &mut Vec<&'a Name>,
    ) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let below = &field.node.selection_set.node;
                    self.below(key).add(document, below, open);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(document, &fragment.node.selection_set.node, open);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = document.fragments.get(name);
                    if let Some(fragment) = fragment.filter(|_| !open.contains(&name)) {
                        open.push(name);
                        self.add(document, &fragment.node.selection_set.node, open);
                        open.pop();
                    }
                }
            }
        }
    }

    fn below(&mut self, key: &Name) -> &mut Self {
        let place = self.keys.iter().position(|(known, _)| known == key);
        let place = place.unwrap_or_else(|| {
            self.keys.push((key.clone(), Self::default()));
            self.keys.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found there, or pushed just now")]
        &mut self.keys[place].1
    }

    /// Puts every object of an answer in order; most are already.
    pub(super) fn apply(&self, value: &mut Value) {
        match value {
            Value::List(list) => list.iter_mut().for_each(|value| self.apply(value)),
            Value::Object(object) => {
                for (key, order) in &self.keys {
                    if let Some(value) = object.get_mut(key) {
                        order.apply(value);
                    }
                }
                let mut places = self.keys.iter();
                let is_ordered = object.keys().all(|key| places.any(|(name, _)| name == key));
                if !is_ordered {
                    object.sort_by_cached_key(|key, _| {
                        self.keys.iter().position(|(name, _)| name == key)
                    });
                }
            }
            _ => {}
        }
    }
}

fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(known, _)| known.is_some_and(|known| known == name)),
        None => operations.next(),
    };
    found.map(|(_, operation)| &operation.node)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn ordered(document: &str, operation: Option<&str>, answer: &str) -> String {
        let document = parse_query(document).unwrap();
        let mut value: Value = serde_json::from_str(answer).unwrap();
        Order::of(&document, operation).apply(&mut value);
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn fields_stand_as_in_the_document_at_every_depth() {
        let document = "{ z: viewer { scopes role } a: users { nodes { id name } total } }";
        let answer = r#"{"a":{"total":2,"nodes":[{"name":"x","id":1},{"id":2,"name":"y"}]},"z":{"role":1,"scopes":[]}}"#;
        let wanted = r#"{"z":{"scopes":[],"role":1},"a":{"nodes":[{"id":1,"name":"x"},{"id":2,"name":"y"}],"total":2}}"#;
        assert_eq!(ordered(document, None, answer), wanted);
    }

    #[test]
    fn fragments_stand_where_they_are_spread_and_repeats_where_they_came_first() {
        let document = "query Q { a { x } ...F ... { c } a { y } } query P { c b a }
            fragment F on Query { b a { w } }";
        let answer = r#"{"c":3,"b":2,"a":{"y":2,"w":1,"x":0}}"#;
        let wanted = r#"{"a":{"x":0,"w":1,"y":2},"b":2,"c":3}"#;
        assert_eq!(ordered(document, Some("Q"), answer), wanted);
        let wanted = r#"{"c":3,"b":2,"a":{"y":2,"w":1,"x":0}}"#;
        assert_eq!(ordered(document, Some("P"), answer), wanted);
    }

    #[test]
    fn a_fragment_within_itself_ends() {
        let document = "{ ...A } fragment A on Query { a { ...B } } fragment B on A { b { ...A } }";
        assert_eq!(ordered(document, None, r#"{"a":1}"#), r#"{"a":1}"#);
    }

    #[test]
    fn what_is_missing_and_what_is_null_stays_so() {
        let answer = r#"{"c":null,"a":[null,{"y":1,"x":2}]}"#;
        let wanted = r#"{"a":[null,{"x":2,"y":1}],"c":null}"#;
        assert_eq!(ordered("{ a { x y } b c }", None, answer), wanted);
    }
}
