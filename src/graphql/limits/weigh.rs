//! Weighing an operation: one pass over its text, with what a fragment weighs remembered.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value, Variables};

use super::prices::{Price, Prices, Shape};
use crate::platform::pagination::{DEFAULT_SIZE, MAX_SIZE};

/// What a selection weighs. Every figure saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Cost of what appears once.
    pub(super) once: u64,
    /// Cost of one row of the page that stands around the selection.
    pub(super) each: u64,
    /// Fields and fragments, each counted as often as it is spread.
    pub(super) expanded: u64,
    /// Fields on the longest way down.
    pub(super) depth: u64,
    /// Fields directly here.
    pub(super) width: u64,
    /// Fields directly here that are no introspection.
    pub(super) data: u64,
    /// Mutations directly here that take or give a secret.
    pub(super) sensitive: u64,
    /// Lists of the schema's own description inside one another.
    pub(super) lists: u64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.once = self.once.saturating_add(other.once);
        self.each = self.each.saturating_add(other.each);
        self.expanded = self.expanded.saturating_add(other.expanded);
        self.depth = self.depth.max(other.depth);
        self.width = self.width.saturating_add(other.width);
        self.data = self.data.saturating_add(other.data);
        self.sensitive = self.sensitive.saturating_add(other.sensitive);
        self.lists = self.lists.max(other.lists);
    }
}

/// The lists that a description of a schema can nest without end.
const SCHEMA_LISTS: [&str; 5] = [
    "fields",
    "args",
    "interfaces",
    "possibleTypes",
    "inputFields",
];

/// Weighs one operation of a document.
pub(super) struct Scale<'a> {
    prices: &'a Prices,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    /// `None` while a fragment is being weighed: one that spreads itself adds nothing more, and
    /// validation refuses it.
    known: HashMap<&'a str, Option<Weight>>,
}

impl<'a> Scale<'a> {
    pub(super) fn new(
        prices: &'a Prices,
        document: &'a ExecutableDocument,
        operation: &'a OperationDefinition,
        variables: &'a Variables,
    ) -> Self {
        Self {
            prices,
            document,
            operation,
            variables,
            known: HashMap::new(),
        }
    }

    pub(super) fn weigh(mut self) -> Weight {
        let root = match self.operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        self.selection(&self.operation.selection_set.node, root)
    }

    fn selection(&mut self, set: &'a SelectionSet, on: &'a str) -> Weight {
        let mut whole = Weight::default();
        for item in &set.items {
            let weight = match &item.node {
                Selection::Field(field) => self.field(&field.node, on),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(on, |condition| condition.node.on.node.as_str());
                    spread(self.selection(&fragment.node.selection_set.node, on))
                }
                Selection::FragmentSpread(name) => {
                    spread(self.fragment(name.node.fragment_name.node.as_str()))
                }
            };
            whole.add(weight);
        }
        whole
    }

    fn fragment(&mut self, name: &'a str) -> Weight {
        if let Some(known) = self.known.get(name) {
            return known.unwrap_or_default();
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Weight::default();
        };
        self.known.insert(name, None);
        let on = fragment.node.type_condition.node.on.node.as_str();
        let weight = self.selection(&fragment.node.selection_set.node, on);
        self.known.insert(name, Some(weight));
        weight
    }

    fn field(&mut self, field: &'a Field, on: &'a str) -> Weight {
        let name = field.name.node.as_str();
        let is_meta = name.starts_with("__");
        let inside_meta = on.starts_with("__");
        let prices = self.prices;
        let price = prices.of(on, name);
        let gives = match price {
            Some(price) => price.gives.as_str(),
            None if is_meta || inside_meta => "__Type",
            None => "",
        };
        let below = self.selection(&field.selection_set.node, gives);
        let has_selection = !field.selection_set.node.items.is_empty();
        let is_list = inside_meta && SCHEMA_LISTS.contains(&name);
        let mut weight = self.cost(field, price, below, has_selection);
        weight.expanded = below.expanded.saturating_add(1);
        weight.depth = below.depth.saturating_add(1);
        weight.width = 1;
        weight.data = u64::from(!is_meta);
        weight.sensitive = u64::from(price.is_some_and(|price| price.is_sensitive));
        weight.lists = below.lists.saturating_add(u64::from(is_list));
        weight
    }

    fn cost(
        &self,
        field: &'a Field,
        price: Option<&Price>,
        below: Weight,
        has_selection: bool,
    ) -> Weight {
        let inner = below.once.saturating_add(below.each);
        let (once, each) = match price.map(|price| (price.shape, price.own)) {
            None => (inner.saturating_add(u64::from(has_selection)), 0),
            Some((Shape::Leaf | Shape::Object, own)) => (inner.saturating_add(own), 0),
            Some((Shape::Entries, own)) => (0, inner.saturating_add(own)),
            Some((Shape::Page, own)) => {
                let rows = self.page_size(field).saturating_mul(below.each);
                let page = rows.saturating_add(below.once).max(1);
                (page.saturating_add(own), 0)
            }
            Some((Shape::Listed, own)) => {
                let entries = self.list_length(field);
                (entries.saturating_mul(inner.saturating_add(own)), 0)
            }
        };
        Weight {
            once,
            each,
            ..Weight::default()
        }
    }

    /// Rows of a page. A size out of range is refused by the field itself, and costs nothing more.
    fn page_size(&self, field: &'a Field) -> u64 {
        let asked =
            ["first", "last"]
                .into_iter()
                .filter_map(|name| match self.argument(field, name)? {
                    Value::Number(number) => number.as_u64(),
                    _ => None,
                });
        asked
            .max()
            .unwrap_or(u64::from(DEFAULT_SIZE))
            .clamp(1, u64::from(MAX_SIZE))
    }

    fn list_length(&self, field: &'a Field) -> u64 {
        let names = field.arguments.iter().map(|(name, _)| name.node.as_str());
        let lengths = names.filter_map(|name| match self.argument(field, name)? {
            Value::List(values) => Some(values.len() as u64),
            _ => None,
        });
        lengths.max().unwrap_or(1).max(1)
    }

    fn argument(&self, field: &'a Field, name: &str) -> Option<Value> {
        let given = field.get_argument(name)?.node.clone();
        given
            .into_const_with(|variable| self.variable(&variable).ok_or(()))
            .ok()
    }

    /// A variable or its default: a number, or the length of a list.
    fn variable(&self, name: &Name) -> Option<Value> {
        let definitions = &self.operation.variable_definitions;
        let default = || {
            definitions
                .iter()
                .find(|definition| definition.node.name.node == *name)
                .and_then(|definition| definition.node.default_value())
        };
        Some(match self.variables.get(name).or_else(default)? {
            Value::Number(number) => Value::Number(number.clone()),
            Value::List(values) => Value::List(vec![Value::Null; values.len()]),
            _ => Value::Null,
        })
    }
}

/// A spread counts for itself, so that fragments of nothing but spreads still weigh.
const fn spread(mut weight: Weight) -> Weight {
    weight.expanded = weight.expanded.saturating_add(1);
    weight
}
