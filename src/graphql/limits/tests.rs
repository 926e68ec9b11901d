use async_graphql::parser::parse_query;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::graphql::{full_sdl, public_sdl};

const KNOWN: Asked = Asked {
    is_known: true,
    is_public: false,
};

fn checked(asked: Asked, document: &str, variables: Json) -> Result<u64, TooComplex> {
    check_text(document)?;
    let variables = Variables::from_json(variables);
    check_variables(&variables)?;
    let sdl = if asked.is_public {
        public_sdl()
    } else {
        full_sdl()
    };
    let document = parse_query(document).unwrap();
    Ok(check(&Prices::read(&sdl), &document, &variables, asked)?.complexity)
}

fn cost(document: &str, variables: Json) -> u64 {
    checked(KNOWN, document, variables).unwrap()
}

fn refusal(document: &str) -> TooComplex {
    checked(KNOWN, document, json!({})).unwrap_err()
}

#[test]
fn scalars_cost_nothing_and_objects_one() {
    assert_eq!(cost("{ __typename }", json!({})), 0);
    assert_eq!(cost("{ viewer { role scopes } }", json!({})), 1);
    assert_eq!(
        cost("{ user(id: 1) { id password { mustChange } } }", json!({})),
        2
    );
    assert_eq!(cost("{ nothing { at { all } } }", json!({})), 2);
}

#[test]
fn a_page_costs_its_size_times_its_entry() {
    let entry = "{ nodes { id password { mustChange } } pageInfo { endCursor } totalCount }";
    for (arguments, variables, rows) in [
        ("", json!({}), 25),
        ("(first: 10)", json!({}), 10),
        ("(last: 10)", json!({}), 10),
        ("(first: $n)", json!({ "n": 40 }), 40),
        ("(first: $n)", json!({}), 7),
        ("(first: $n)", json!({ "n": 4_000_000 }), 100),
        ("(first: $n)", json!({ "n": -4 }), 25),
        ("(first: 0)", json!({}), 1),
    ] {
        let document = format!("query($n: Int = 7) {{ users{arguments} {entry} }}");
        assert_eq!(
            cost(&document, variables.clone()),
            rows * 2 + 1,
            "{arguments} {variables}"
        );
    }
    let edges = "{ users(first: 10) { edges { cursor node { id } } } }";
    assert_eq!(cost(edges, json!({})), 10);
    assert_eq!(cost("{ users { totalCount } }", json!({})), 1);
}

#[test]
fn a_list_of_ids_costs_as_many_objects() {
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    assert_eq!(cost(document, json!({ "ids": vec!["x"; 50] })), 50);
    assert_eq!(cost("{ nodes(ids: [1, 2, 3]) { id } }", json!({})), 3);
}

#[test]
fn a_page_of_a_hundred_with_event_and_delivery_passes() {
    let document = "{ users(first: 100) { edges { cursor node { id username password { mustChange }
        auditEvents(first: 1) { nodes { id action actor { label } } }
        mailDeliveries(first: 1) { nodes { id status } } } } pageInfo { endCursor } totalCount } }";
    assert_eq!(cost(document, json!({})), 100 * (1 + 1 + 2 + 1) + 1);
}

#[test]
fn pages_within_pages_are_refused_by_what_they_would_cost() {
    let document = "{ users(first: 100) { nodes { auditEvents(first: 100) { nodes { id } } } } }";
    let expected = Cost {
        complexity: 100 * 101,
        limit: 2_000,
    };
    assert_eq!(refusal(document), TooComplex::Cost(expected));
    let anonymous = Asked {
        is_known: false,
        ..KNOWN
    };
    let document = "{ users(first: 100) { nodes { id password { mustChange } state: auditEvents(first: 1) { nodes { id } } } } }";
    assert!(checked(KNOWN, document, json!({})).is_ok());
    assert!(matches!(
        checked(anonymous, document, json!({})),
        Err(TooComplex::Cost(Cost { limit: 200, .. }))
    ));
}

#[test]
fn fragments_weigh_where_they_are_spread() {
    let document = "query { users(first: 10) { ...Page } } fragment Page on UserConnection { nodes { ...One } }
        fragment One on User { id password { mustChange } }";
    assert_eq!(cost(document, json!({})), 20);
    let inline = "{ node(id: 1) { id ... on User { password { mustChange } } } }";
    assert_eq!(cost(inline, json!({})), 2);
}

#[test]
fn one_mutation_with_a_secret_is_allowed() {
    let one = "mutation { resetPassword(input: {}) { generatedPassword } }";
    assert_eq!(cost(one, json!({})), 101);
    let two = "mutation { resetPassword(input: {}) { user { id } } checkPassword(input: {}) { errors { code } } }";
    assert_eq!(refusal(two), TooComplex::Secrets(2));
    let hidden = "mutation { resetPassword(input: {}) { user { id } } ...F }
        fragment F on Mutation { ... { again: resetPassword(input: {}) { user { id } } } }";
    assert_eq!(refusal(hidden), TooComplex::Secrets(2));
    let plain = "mutation { enableUser(input: {}) { user { id } } a: enableUser(input: {}) { user { id } } }";
    assert_eq!(cost(plain, json!({})), 4);
}

#[test]
fn every_mutation_that_touches_a_secret_is_known() {
    let prices = Prices::read(&full_sdl());
    for (name, is_sensitive) in [
        ("resetPassword", true),
        ("createUser", true),
        ("checkPassword", true),
        ("generatePassword", true),
        ("updateUser", true),
        ("signIn", true),
        ("deleteUser", true),
        ("signOut", true),
        ("revokeSessions", true),
        ("unlockUser", false),
        ("disableUser", false),
    ] {
        let price = prices.of("Mutation", name).unwrap();
        assert_eq!(price.is_sensitive, is_sensitive, "{name}");
    }
}

#[test]
fn the_public_endpoint_takes_one_mutation() {
    let public = Asked {
        is_known: false,
        is_public: true,
    };
    let one = "mutation { checkPassword(input: {}) { __typename } }";
    assert_eq!(checked(public, one, json!({})), Ok(101));
    let two = "mutation { checkPassword(input: {}) { __typename } x: __typename }";
    assert_eq!(
        checked(public, two, json!({})),
        Err(TooComplex::PublicMutations(2))
    );
}

#[test]
fn each_limit_holds_on_both_sides() {
    let aliases = |n: usize| {
        let fields: Vec<_> = (0..n).map(|i| format!("a{i}: version")).collect();
        format!("{{ serverInfo {{ {} }} }}", fields.join(" "))
    };
    assert!(checked(KNOWN, &aliases(15), json!({})).is_ok());
    assert_eq!(refusal(&aliases(16)), TooComplex::Aliases(16));
    let repeated = |n: usize| format!("{{ serverInfo {{ {} }} }}", "version ".repeat(n));
    assert!(checked(KNOWN, &repeated(16), json!({})).is_ok());
    assert_eq!(refusal(&repeated(17)), TooComplex::Aliases(16));
    let directives = |n: usize| format!("{{ __typename {} }}", "@include(if: true) ".repeat(n));
    assert!(checked(KNOWN, &directives(10), json!({})).is_ok());
    assert_eq!(refusal(&directives(11)), TooComplex::Directives(11));
    let roots = |n: usize| {
        let fields: Vec<_> = (0..n).map(|i| format!("f{i}")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    assert!(checked(KNOWN, &roots(20), json!({})).is_ok());
    assert_eq!(refusal(&roots(21)), TooComplex::RootFields(21));
    let deep = |n: usize| format!("{}a{}", "{ a ".repeat(n - 1) + "{", "}".repeat(n));
    assert!(checked(KNOWN, &deep(10), json!({})).is_ok());
    assert_eq!(refusal(&deep(11)), TooComplex::Depth(11));
    let tokens = |n: usize| format!("{{ a(b: [{}]) }}", "1 ".repeat(n - 9));
    assert!(checked(KNOWN, &tokens(1_000), json!({})).is_ok());
    assert_eq!(refusal(&tokens(1_001)), TooComplex::Tokens);
    let long = |n: usize| format!("{{ a(b: \"{}\") }}", "x".repeat(n - 12));
    assert_eq!(long(15_000).len(), 15_000);
    assert!(checked(KNOWN, &long(15_000), json!({})).is_ok());
    assert_eq!(refusal(&long(15_001)), TooComplex::Document);
    let values = |n: usize| json!({ "v": vec![0; n - 1] });
    assert!(checked(KNOWN, "{ a }", values(1_000)).is_ok());
    assert_eq!(
        checked(KNOWN, "{ a }", values(1_001)),
        Err(TooComplex::Variables)
    );
    let text = |n: usize| json!({ "v": "x".repeat(n - 1) });
    assert!(checked(KNOWN, "{ a }", text(65_536)).is_ok());
    assert_eq!(
        checked(KNOWN, "{ a }", text(65_537)),
        Err(TooComplex::Variables)
    );
}

/// `fragment F0 on Query { a }`, and each next one spreads the one before it twice.
fn doubled(levels: usize, leaf: &str) -> String {
    let doubling = (1..=levels).map(|level| {
        let before = level - 1;
        format!("fragment F{level} on Query {{ ...F{before} ...F{before} }} ")
    });
    let doubling: String = doubling.collect();
    format!("{{ ...F{levels} }} fragment F0 on Query {{ {leaf} }} {doubling}")
}

#[test]
fn doubled_fragments_are_refused_however_little_they_hold() {
    for levels in [10, 20, 60] {
        assert_eq!(
            refusal(&doubled(levels, "__typename")),
            TooComplex::Expanded
        );
        assert_eq!(refusal(&doubled(levels, "...F0")), TooComplex::Expanded);
    }
    assert!(checked(KNOWN, &doubled(3, "__typename"), json!({})).is_ok());
}

#[test]
fn fragments_in_a_circle_end() {
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A __typename }";
    assert!(checked(KNOWN, circle, json!({})).is_ok());
}

#[test]
fn a_description_of_the_schema_may_be_deep_but_not_endless() {
    let types = |inner: &str| format!("{{ __schema {{ types {{ {inner} }} }} }}");
    let of_type = (0..9).fold("name".to_owned(), |inner, _| {
        format!("ofType {{ {inner} }}")
    });
    let standard = types(&format!("fields {{ args {{ type {{ {of_type} }} }} }}"));
    assert!(checked(KNOWN, &standard, json!({})).is_ok());
    let endless = types("fields { type { fields { type { fields { name } } } } }");
    assert_eq!(refusal(&endless), TooComplex::Introspection);
    let hidden = "{ __type(name: \"User\") { ...T } } fragment T on __Type { fields { type { ...U } } }
        fragment U on __Type { fields { type { ...V } } } fragment V on __Type { inputFields { name } }";
    assert_eq!(refusal(hidden), TooComplex::Introspection);
}

proptest! {
    /// A guard that finds no weight must not panic either.
    #[test]
    fn no_document_is_too_odd(parts in proptest::collection::vec(
        prop::sample::select(vec!["{ ", "} ", "a ", "...F ", "... ", "fragment F on User ", "query ", "mutation ",
            "users(first: 5) ", "nodes ", "edges ", "x: ", "@skip(if: true) ", "__schema ", "on User ", "$v ", "(v: [1]) "]), 0..60)) {
        let text: String = parts.concat();
        if let Ok(document) = parse_query(&text) {
            let prices = Prices::read(&full_sdl());
            let _either = check(&prices, &document, &Variables::default(), KNOWN);
        }
    }
}
