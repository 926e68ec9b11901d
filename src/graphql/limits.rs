//! The guard before validation: what a document may hold and cost.
//!
//! `Why:` the library's own limits are looked at while it validates, which walks every spread of a
//! fragment again. A kilobyte of doubled fragments keeps it busy for seconds. Here each token is
//! looked at once and each fragment weighed once, so a refusal takes no longer than reading.

mod prices;
mod tokens;
mod weigh;

use std::collections::HashSet;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Value, Variables};

pub(crate) use prices::Prices;
use weigh::{Scale, Weight};

/// Longest document, in bytes.
const MAX_DOCUMENT: usize = 15_000;
/// Names, numbers, strings and signs in a document.
const MAX_TOKENS: usize = 1_000;
/// Aliases, and repetitions of a field beside itself, in a document.
const MAX_ALIASES: u64 = 15;
/// Directives in a document.
const MAX_DIRECTIVES: u64 = 10;
/// Fields of an operation's root.
const MAX_ROOT_FIELDS: u64 = 20;
/// Fields inside one another.
const MAX_DEPTH: u64 = 10;
/// Fields and spreads, once fragments are put in place.
const MAX_EXPANDED: u64 = 1_000;
/// Lists inside one another in a description of the schema, as in `fields { args }`.
const MAX_SCHEMA_LISTS: u64 = 2;
/// Single values in the variables, and bytes of text in them.
const MAX_VALUES: usize = 1_000;
const MAX_VALUES_TEXT: usize = 64 * 1024;

/// What an operation may cost, by who asks. `Source:` `docs/security.md`, cost of a request.
const MAX_COST_KNOWN: u64 = 2_000;
const MAX_COST_ANONYMOUS: u64 = 200;

/// What an operation costs, and what it may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Objects in the answer at most, and 100 for each hash.
    pub(crate) complexity: u64,
    /// The most that this caller may ask for.
    pub(crate) limit: u64,
}

/// Who asks, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Whether the caller is signed in.
    pub(crate) is_known: bool,
    /// Whether it is the public endpoint.
    pub(crate) is_public: bool,
}

/// Why a document is not looked at further.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooComplex {
    #[error("The document has more than {MAX_DOCUMENT} bytes. Split it.")]
    Document,
    #[error("The document has more than {MAX_TOKENS} tokens. Split it, or use variables.")]
    Tokens,
    #[error(
        "The variables hold more than {MAX_VALUES} values or {MAX_VALUES_TEXT} bytes of text. Split \
         the request."
    )]
    Variables,
    #[error("The document has {0} aliases and repeated fields; {MAX_ALIASES} are allowed.")]
    Aliases(u64),
    #[error("The document has {0} directives; {MAX_DIRECTIVES} are allowed.")]
    Directives(u64),
    #[error("The operation has {0} fields at its root; {MAX_ROOT_FIELDS} are allowed.")]
    RootFields(u64),
    #[error("The operation is {0} fields deep; {MAX_DEPTH} are allowed.")]
    Depth(u64),
    #[error(
        "With its fragments in place, the operation has more than {MAX_EXPANDED} fields. Ask for less \
         at once."
    )]
    Expanded,
    #[error(
        "The description of the schema is nested too deeply: at most {MAX_SCHEMA_LISTS} lists inside \
         one another."
    )]
    Introspection,
    #[error(
        "A document may hold one mutation that takes or gives a password or another secret; this one \
         holds {0}. Send them one by one."
    )]
    Secrets(u64),
    #[error("Here a document may hold one mutation; this one holds {0}. Send them one by one.")]
    PublicMutations(u64),
    #[error(
        "The operation costs {}; {} is allowed. Ask for smaller pages, or for less below them.",
        .0.complexity, .0.limit
    )]
    Cost(Cost),
}

/// Looks at the text alone, before it is parsed.
pub(crate) fn check_text(document: &str) -> Result<(), TooComplex> {
    if document.len() > MAX_DOCUMENT {
        return Err(TooComplex::Document);
    }
    if tokens::count(document, MAX_TOKENS) > MAX_TOKENS {
        return Err(TooComplex::Tokens);
    }
    Ok(())
}

/// Looks at the values of the variables.
pub(crate) fn check_variables(variables: &Variables) -> Result<(), TooComplex> {
    let (mut values, mut text) = (0_usize, 0_usize);
    let mut open: Vec<&Value> = Vec::new();
    for (name, value) in variables.iter() {
        text = text.saturating_add(name.len());
        open.push(value);
    }
    while let Some(value) = open.pop() {
        values = values.saturating_add(1);
        match value {
            Value::String(string) => text = text.saturating_add(string.len()),
            Value::List(entries) => open.extend(entries),
            Value::Object(fields) => {
                text = fields
                    .keys()
                    .fold(text, |sum, key| sum.saturating_add(key.len()));
                open.extend(fields.values());
            }
            _ => {}
        }
        if values > MAX_VALUES || text > MAX_VALUES_TEXT {
            return Err(TooComplex::Variables);
        }
    }
    Ok(())
}

/// Looks at a parsed document, and weighs each of its operations. Gives the greatest cost.
pub(crate) fn check(
    prices: &Prices,
    document: &ExecutableDocument,
    variables: &Variables,
    asked: Asked,
) -> Result<Cost, TooComplex> {
    check_literally(document)?;
    let limit = if asked.is_known {
        MAX_COST_KNOWN
    } else {
        MAX_COST_ANONYMOUS
    };
    let mut cost = Cost {
        complexity: 0,
        limit,
    };
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let weight = Scale::new(prices, document, operation, variables).weigh();
        let is_mutation = operation.ty == OperationType::Mutation;
        check_shape(weight)?;
        if weight.sensitive > 1 {
            return Err(TooComplex::Secrets(weight.sensitive));
        }
        if is_mutation && asked.is_public && weight.width > 1 {
            return Err(TooComplex::PublicMutations(weight.width));
        }
        // A description of the schema is bounded by its lists alone: those of code generators go
        // deeper than any data.
        if weight.data == 0 {
            continue;
        }
        if weight.depth > MAX_DEPTH {
            return Err(TooComplex::Depth(weight.depth));
        }
        let complexity = weight.once.saturating_add(weight.each);
        cost.complexity = cost.complexity.max(complexity);
        if complexity > limit {
            return Err(TooComplex::Cost(cost));
        }
    }
    Ok(cost)
}

fn check_shape(weight: Weight) -> Result<(), TooComplex> {
    if weight.expanded > MAX_EXPANDED {
        return Err(TooComplex::Expanded);
    }
    if weight.width > MAX_ROOT_FIELDS {
        return Err(TooComplex::RootFields(weight.width));
    }
    if weight.lists > MAX_SCHEMA_LISTS {
        return Err(TooComplex::Introspection);
    }
    Ok(())
}

/// What can be counted without putting fragments in place.
fn check_literally(document: &ExecutableDocument) -> Result<(), TooComplex> {
    let mut counted = Counted::default();
    for (_, operation) in document.operations.iter() {
        let variables = &operation.node.variable_definitions;
        counted.directives += operation.node.directives.len() as u64;
        counted.directives += variables
            .iter()
            .map(|variable| variable.node.directives.len() as u64)
            .sum::<u64>();
        counted.selection(&operation.node.selection_set.node);
    }
    for fragment in document.fragments.values() {
        counted.directives += fragment.node.directives.len() as u64;
        counted.selection(&fragment.node.selection_set.node);
    }
    if counted.aliases > MAX_ALIASES {
        return Err(TooComplex::Aliases(counted.aliases));
    }
    if counted.directives > MAX_DIRECTIVES {
        return Err(TooComplex::Directives(counted.directives));
    }
    Ok(())
}

#[derive(Default)]
struct Counted {
    aliases: u64,
    directives: u64,
}

impl Counted {
    fn selection(&mut self, set: &SelectionSet) {
        let mut here = HashSet::new();
        for item in &set.items {
            self.directives += item.node.directives().len() as u64;
            match &item.node {
                Selection::Field(field) => {
                    let is_repeated = !here.insert(field.node.response_key().node.as_str());
                    self.aliases += u64::from(field.node.alias.is_some() || is_repeated);
                    self.selection(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.selection(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
