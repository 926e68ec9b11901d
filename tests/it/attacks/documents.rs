//! Documents that are made to be expensive, or to be told something.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Target;

const PARSE: &str = "GRAPHQL_PARSE_FAILED";
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
/// A value that does not fit its field is found when the field is resolved.
const INPUT: &str = "BAD_USER_INPUT";
const COMPLEX: &str = "OPERATION_TOO_COMPLEX";
const INTROSPECTION: &str = "INTROSPECTION_REFUSED";

/// `count` pieces, each made of its number.
fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        write!(text, "{} ", piece(number)).expect("a string takes all");
        text
    })
}

/// Fragments of which each has the one before it twice.
fn doubled(levels: usize) -> String {
    let fragments = many(levels, |level| {
        let next = level + 1;
        format!("fragment F{next} on Query {{ ...F{level} ...F{level} }}")
    });
    format!("{{ ...F{levels} }} fragment F0 on Query {{ viewer {{ role }} }} {fragments}")
}

/// What it is, the document, and the codes that it may be refused with.
type Case = (&'static str, String, &'static [&'static str]);

fn deep() -> Vec<Case> {
    let cycle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    let themselves = "{ ...A } fragment A on Query { viewer { role } ...A }";
    vec![
        ("20 000 brackets", "{a".repeat(20_000), &[COMPLEX]),
        ("7 000 brackets", "{a".repeat(7_000), &[COMPLEX]),
        ("400 brackets", "{a".repeat(400), &[COMPLEX, PARSE]),
        (
            "7 000 lists",
            format!("{{a(b:{}", "[".repeat(7_000)),
            &[COMPLEX, PARSE],
        ),
        ("a cycle", cycle.to_owned(), &[COMPLEX, INVALID]),
        ("a cycle of one", themselves.to_owned(), &[COMPLEX, INVALID]),
        ("20 doublings", doubled(20), &[COMPLEX]),
    ]
}

fn broad() -> Vec<Case> {
    vec![
        (
            "1000 fields",
            format!("{{ {} }}", many(1000, |_| "viewer{role}".to_owned())),
            &[COMPLEX],
        ),
        (
            "101 aliases",
            format!("{{ {} }}", many(101, |n| format!("a{n}:viewer{{role}}"))),
            &[COMPLEX],
        ),
        (
            "1000 directives",
            format!(
                "{{ viewer {} {{ role }} }}",
                many(1000, |_| "@a".to_owned())
            ),
            &[COMPLEX],
        ),
        (
            "10 000 variables",
            format!(
                "query({}) {{ viewer {{ role }} }}",
                many(10_000, |n| format!("$v{n}:Int"))
            ),
            &[COMPLEX],
        ),
        (
            "10 000 undefined",
            format!(
                "{{ users(first:[{}]) {{ nodes {{ id }} }} }}",
                many(10_000, |n| format!("$v{n}"))
            ),
            &[COMPLEX],
        ),
        (
            "60 undefined",
            format!(
                "{{ node(ids:[{}]) {{ id }} }}",
                many(60, |n| format!("$v{n}"))
            ),
            &[INVALID, COMPLEX],
        ),
    ]
}

fn wrong() -> Vec<Case> {
    vec![
        (
            "a large Int",
            "{ users(first: 99999999999) { nodes { id } } }".to_owned(),
            &[INVALID, INPUT],
        ),
        (
            "a larger Int",
            format!(
                "{{ users(first: {}) {{ nodes {{ id }} }} }}",
                "9".repeat(400)
            ),
            &[INVALID, INPUT, PARSE],
        ),
        (
            "an unfinished text",
            "{ a(b: \"planted-secret".to_owned(),
            &[PARSE],
        ),
        (
            "a wrong argument",
            "{ userByLogin(login: 1, password: \"planted-secret\") { id } }".to_owned(),
            &[INVALID],
        ),
        ("a NUL", "{ viewer\0 { role } }".to_owned(), &[PARSE]),
        ("nothing", String::new(), &[PARSE]),
    ]
}

#[test]
fn expensive_documents_are_refused_before_they_cost_anything() {
    let target = Target::start();
    for (what, document, codes) in [deep(), broad(), wrong()].concat() {
        let document = format!("{document} #planted-secret");
        let wish = json!({ "query": document });
        let answer = target.post("/graphql", Some(&target.key), &wish);
        answer.assert_refused(what, 400, codes);
        let answer = target.post("/public/graphql", None, &wish);
        answer.assert_refused(what, 400, &[PARSE, INVALID, COMPLEX]);
    }
    target.assert_well();
}

#[test]
fn variables_beyond_measure_are_refused() {
    let target = Target::start();
    let viewer = "{ viewer { role } }";
    let undefined: serde_json::Map<String, Value> = (0..10_000)
        .map(|number| (format!("v{number}"), json!(number)))
        .collect();
    let query = "query($first: Int) { users(first: $first) { nodes { id } } }";
    for (what, query, variables, codes) in [
        (
            "10 000 undefined",
            viewer,
            Value::Object(undefined),
            &[COMPLEX][..],
        ),
        (
            "a long list",
            viewer,
            json!({ "a": vec![0; 100_000] }),
            &[COMPLEX],
        ),
        (
            "a long text",
            viewer,
            json!({ "a": "x".repeat(900_000) }),
            &[COMPLEX],
        ),
        (
            "a large Int",
            query,
            json!({ "first": 99_999_999_999_i64 }),
            &[INVALID, INPUT],
        ),
        (
            "a text for an Int",
            query,
            json!({ "first": "planted-secret" }),
            &[INVALID, INPUT],
        ),
        (
            "an object for an Int",
            query,
            json!({ "first": { "planted-secret": 1 } }),
            &[INVALID, INPUT],
        ),
    ] {
        let wish = json!({ "query": query, "variables": variables });
        let answer = target.post("/graphql", Some(&target.key), &wish);
        answer.assert_refused(what, 400, codes);
    }
    target.assert_well();
}

#[test]
fn strangers_learn_nothing_of_the_schema() {
    let target = Target::start();
    for path in ["/graphql", "/public/graphql"] {
        for document in [
            "{ __schema { types { name } } }",
            "{ __type(name: \"User\") { name } }",
            "{ ...A } fragment A on Query { __schema { types { name } } }",
        ] {
            let answer = target.post(path, None, &json!({ "query": document }));
            answer.assert_refused(document, 400, &[INTROSPECTION]);
        }
        // Not seen as asking for the schema, but told nothing of it.
        let inline = json!({ "query": "{ ... { __schema { types { name } } } }" });
        let answer = target.post(path, None, &inline);
        assert!(!answer.text.contains("types"), "{answer:?}");
        for document in [
            "{ passwordPolcy { minLength } }",
            "{ passwordPolicy { minLenght } }",
            "{ passwordPolicy(planted: \"planted-secret\") { minLength } }",
            "mutation { resetPasword { isReplay } }",
        ] {
            let answer = target.post(path, None, &json!({ "query": document }));
            answer.assert_refused(document, 400, &[INVALID]);
        }
    }
    target.assert_well();
}
