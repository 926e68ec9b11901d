//! The schema as a guard reads it.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, ServiceDocument, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};

/// A field of an object.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The named type inside lists and non-null.
    pub(crate) reaches: String,
}

impl Field {
    /// `Owner.name`.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.owner, self.name)
    }

    /// What stands behind a word such as `Access:` in its description, to the end of the line.
    pub(crate) fn line(&self, word: &str) -> Option<String> {
        let mut lines = self.description.lines();
        lines.find_map(|line| Some(line.trim().strip_prefix(word)?.trim().to_owned()))
    }
}

/// A parsed schema.
pub(crate) struct Sdl(ServiceDocument);

impl Sdl {
    pub(crate) fn full() -> Self {
        Self::parse(&keydesk::graphql::full_sdl())
    }

    pub(crate) fn public() -> Self {
        Self::parse(&keydesk::graphql::public_sdl())
    }

    pub(crate) fn parse(text: &str) -> Self {
        Self(parse_schema(text).expect("the schema reads"))
    }

    fn types(&self) -> impl Iterator<Item = &TypeDefinition> {
        self.0
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(&definition.node),
                _ => None,
            })
    }

    /// Every field of every object.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        for definition in self.types() {
            if let TypeKind::Object(object) = &definition.kind {
                let owner = definition.name.node.to_string();
                fields.extend(object.fields.iter().map(|field| read(&owner, &field.node)));
            }
        }
        fields
    }

    /// Every field of `Query` and `Mutation`.
    pub(crate) fn root_fields(&self) -> Vec<Field> {
        let roots = ["Query", "Mutation", "Subscription"];
        let mut fields = self.fields();
        fields.retain(|field| roots.contains(&field.owner.as_str()));
        fields
    }

    /// The names of the values of an enum.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let definition = self.types().find(|definition| definition.name.node == name);
        match definition.map(|definition| &definition.kind) {
            Some(TypeKind::Enum(list)) => {
                let names = list.values.iter();
                names
                    .map(|value| value.node.value.node.to_string())
                    .collect()
            }
            _ => panic!("no enum {name}"),
        }
    }

    /// The names of the fields of an input.
    pub(crate) fn input_fields(&self, name: &str) -> Vec<String> {
        let definition = self.types().find(|definition| definition.name.node == name);
        match definition.map(|definition| &definition.kind) {
            Some(TypeKind::InputObject(input)) => {
                let fields = input.fields.iter();
                fields
                    .map(|field| field.node.name.node.to_string())
                    .collect()
            }
            _ => panic!("no input {name}"),
        }
    }

    /// The objects that implement an interface.
    pub(crate) fn implementors(&self, interface: &str) -> Vec<String> {
        let is_one = |definition: &&TypeDefinition| match &definition.kind {
            TypeKind::Object(object) => object.implements.iter().any(|name| name.node == interface),
            _ => false,
        };
        let found = self.types().filter(is_one);
        found
            .map(|definition| definition.name.node.to_string())
            .collect()
    }
}

fn read(owner: &str, field: &FieldDefinition) -> Field {
    Field {
        owner: owner.to_owned(),
        name: field.name.node.to_string(),
        description: field
            .description
            .as_ref()
            .map(|text| text.node.clone())
            .unwrap_or_default(),
        reaches: named(&field.ty.node),
    }
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(inner) => named(inner),
    }
}
