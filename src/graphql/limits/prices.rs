//! What each field costs, read from the schema itself, so that a new field cannot be forgotten.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};

/// A hash of a password, as a multiple of an object. `Source:` `docs/security.md`, cost of a
/// request.
const HASHING: u64 = 100;
/// The scalars that hold secrets.
const SECRETS: [&str; 2] = ["Password", "OneTimeSecret"];

/// How often what stands below a field appears in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing can stand below.
    Leaf,
    /// Once.
    Object,
    /// A connection, whose entries appear once for each row of the page.
    Page,
    /// The entries of a connection: `edges` and `nodes`.
    Entries,
    /// A list with one entry for each value of a list argument.
    Listed,
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Price {
    /// The named type that it gives.
    pub(super) gives: String,
    /// How often what stands below appears.
    pub(super) shape: Shape,
    /// What the field itself costs.
    pub(super) own: u64,
    /// Whether it is a mutation that takes or gives a secret, and therefore hashes.
    pub(super) is_sensitive: bool,
}

/// Every field of a schema.
#[derive(Debug, Default)]
pub(crate) struct Prices(HashMap<String, HashMap<String, Price>>);

impl Prices {
    /// Reads them from the schema language. A schema that does not read has no prices, and then every
    /// field with a selection counts as an object.
    pub(crate) fn read(sdl: &str) -> Self {
        let Ok(document) = parse_schema(sdl) else {
            return Self::default();
        };
        let types: HashMap<&str, &TypeDefinition> = document
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(found) => {
                    Some((found.node.name.node.as_str(), &found.node))
                }
                _ => None,
            })
            .collect();
        let prices = types.values().map(|found| {
            let fields = fields(found).iter().map(|field| {
                let price = price(&types, found.name.node.as_str(), &field.node);
                (field.node.name.node.to_string(), price)
            });
            (found.name.node.to_string(), fields.collect())
        });
        Self(prices.collect())
    }

    /// The price of a field of a type. `None` for what the schema does not know.
    pub(super) fn of(&self, on: &str, field: &str) -> Option<&Price> {
        self.0.get(on)?.get(field)
    }
}

type Types<'a> = HashMap<&'a str, &'a TypeDefinition>;

fn fields(found: &TypeDefinition) -> &[async_graphql::Positioned<FieldDefinition>] {
    match &found.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => &[],
    }
}

fn price(types: &Types<'_>, on: &str, field: &FieldDefinition) -> Price {
    let gives = named(&field.ty.node);
    let is_list = is_list(&field.ty.node);
    let is_composite = types.get(gives).is_some_and(|found| {
        matches!(
            found.kind,
            TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)
        )
    });
    let takes_list = field
        .arguments
        .iter()
        .any(|argument| self::is_list(&argument.node.ty.node));
    let shape = match (is_composite, is_list) {
        (false, _) => Shape::Leaf,
        (true, true) if on.ends_with("Connection") => Shape::Entries,
        (true, true) if takes_list => Shape::Listed,
        (true, false) if gives.ends_with("Connection") => Shape::Page,
        (true, _) => Shape::Object,
    };
    let is_sensitive = on == "Mutation" && touches_secret(types, field);
    let own = match shape {
        Shape::Leaf | Shape::Page => 0,
        Shape::Entries if gives.ends_with("Edge") => 0,
        Shape::Object | Shape::Entries | Shape::Listed => 1,
    };
    Price {
        gives: gives.to_owned(),
        shape,
        own: own + if is_sensitive { HASHING } else { 0 },
        is_sensitive,
    }
}

/// Whether a secret can be in what a mutation takes or gives.
fn touches_secret(types: &Types<'_>, field: &FieldDefinition) -> bool {
    let mut open: Vec<&str> = field
        .arguments
        .iter()
        .map(|argument| named(&argument.node.ty.node))
        .collect();
    open.push(named(&field.ty.node));
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if SECRETS.contains(&name) {
            return true;
        }
        let Some(found) = types.get(name).filter(|_| seen.insert(name)) else {
            continue;
        };
        match &found.kind {
            TypeKind::InputObject(input) => {
                open.extend(input.fields.iter().map(|field| named(&field.node.ty.node)));
            }
            _ => open.extend(fields(found).iter().map(|field| named(&field.node.ty.node))),
        }
    }
    false
}

fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => named(inner),
    }
}

const fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}
