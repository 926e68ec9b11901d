//! Guard: who may import whom, which crate is used where, and how large files grow.
//!
//! The ranks stand here as they were built. They differ from a first sketch, in which users stood
//! below credentials and sessions: acts on users end sessions and links and store first passwords
//! in their own transaction, so users stand above those rooms. Settings stand above the hasher,
//! whose cost they hold. Sessions stand above credentials, because a step-up judges a password.

mod crates;
mod sources;
mod waiting;

use std::path::Path;

use sources::{Source, all};

/// How the modules of one rank may use each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Equals {
    /// Each may use those before it.
    InOrder,
    /// None may use another.
    Apart,
}

/// From the bottom up: the layer, and its modules. A module may use every module of a lower rank, and never one
/// of a higher. The interfaces lie in no layer.
const RANKS: [(Option<&str>, Equals, &[&str]); 14] = [
    (
        Some("types"),
        Equals::InOrder,
        &[
            "error",
            "secret",
            "clock",
            "colour",
            "time_zone",
            "locale",
            "ids",
            "network",
            "actor",
            "address",
            "username",
            "look_alikes",
        ],
    ),
    (
        Some("platform"),
        Equals::InOrder,
        &[
            "keyring",
            "hasher",
            "pagination",
            "settings",
            "links",
            "qr",
            "telemetry",
            "fetch",
            "entities",
            "db",
            "keyset",
            "pubsub",
            "denial_counter",
            "jwt",
            "app",
        ],
    ),
    (DOMAIN, Equals::Apart, &["audit"]),
    (DOMAIN, Equals::Apart, &["access"]),
    (DOMAIN, Equals::Apart, &["mail"]),
    (DOMAIN, Equals::Apart, &["credentials", "one_time_links"]),
    (DOMAIN, Equals::Apart, &["sessions"]),
    (DOMAIN, Equals::Apart, &["users"]),
    (
        DOMAIN,
        Equals::Apart,
        &[
            "account",
            "api_keys",
            "bootstrap",
            "mail_templates",
            "password_reset",
        ],
    ),
    (
        Some("jobs"),
        Equals::Apart,
        &[
            "audit_sealing",
            "change_poller",
            "cleanup",
            "heartbeat",
            "reset_requests",
        ],
    ),
    (None, Equals::Apart, &["graphql"]),
    (None, Equals::Apart, &["web"]),
    (None, Equals::Apart, &["cli"]),
    (None, Equals::Apart, &["main"]),
];

const DOMAIN: Option<&str> = Some("domain");

const MOST_LINES: usize = 400;
const MOST_LINES_OF_THE_MEDIAN: usize = 120;

/// Words that say nothing about what is in a file.
const EMPTY_WORDS: [&str; 7] = [
    "service", "manager", "helper", "util", "common", "handle_", "process_",
];

/// Rank and place within it.
fn place(module: &str) -> Option<(usize, usize)> {
    RANKS
        .iter()
        .enumerate()
        .find_map(|(rank, (_, _, modules))| {
            let within = modules.iter().position(|name| *name == module)?;
            Some((rank, within))
        })
}

fn may_use(module: &str, other: &str) -> bool {
    let (Some(own), Some(theirs)) = (place(module), place(other)) else {
        return false;
    };
    let equals = RANKS[own.0].1;
    theirs.0 < own.0 || (theirs.0 == own.0 && equals == Equals::InOrder && theirs.1 < own.1)
}

fn assert_none(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

fn is_in_its_layer(source: &Source) -> bool {
    place(&source.module).is_some_and(|(rank, _)| RANKS[rank].0 == source.layer.as_deref())
}

#[test]
fn every_module_has_a_rank_and_stands_in_its_layer() {
    let homeless: Vec<String> = all()
        .iter()
        .filter(|source| !source.is_list() && !is_in_its_layer(source))
        .map(|source| source.path.clone())
        .collect();
    assert_none(
        "no rank in tests/it/architecture.rs, or another layer",
        &homeless,
    );
    for (path, is_right) in [
        ("src/domain/users/list.rs", true),
        ("src/platform/users/list.rs", false),
        ("src/domain/page.rs", false),
        ("src/elsewhere/list.rs", false),
        ("src/graphql/users.rs", true),
    ] {
        assert_eq!(is_in_its_layer(&Source::new(path, "")), is_right, "{path}");
    }
}

/// The rows of the table in docs/architecture.md begin as they do here.
#[test]
fn the_table_of_the_docs_is_this_one() {
    let page = include_str!("../../docs/architecture.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    let mut missing = Vec::new();
    for (rank, (layer, equals, modules)) in RANKS.iter().enumerate() {
        let named = |name: &str| format!("`{name}`");
        let modules: Vec<String> = modules.iter().map(|name| named(name)).collect();
        let layer = match (layer, equals) {
            (None, _) => String::new(),
            (Some(layer), Equals::Apart) => format!("{} ", named(layer)),
            (Some(layer), Equals::InOrder) => format!("{}, in this order ", named(layer)),
        };
        let row = format!("| {rank} | {layer}| {} |", modules.join(", "));
        if !rows.iter().any(|line| line.starts_with(&row)) {
            missing.push(row);
        }
    }
    assert_none("not in docs/architecture.md", &missing);
}

/// Decisions may name what was there when they were taken.
#[test]
fn every_file_that_the_docs_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(root.join("docs")).expect("docs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a page");
        for name in text.split('`').skip(1).step_by(2) {
            let is_source = Path::new(name).extension().is_some_and(|end| end == "rs");
            let is_file = is_source && name.contains('/') && !name.contains([' ', '<']);
            let places = ["", "src", "tests", "migration"].map(|place| root.join(place).join(name));
            if is_file && !places.iter().any(|place| place.exists()) {
                missing.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert_none("named by the docs and not there", &missing);
}

#[test]
fn no_module_imports_a_higher_or_an_equal_one() {
    let mut faults = Vec::new();
    for source in all().iter().filter(|source| !source.is_list()) {
        for other in source.modules_used() {
            if other != source.module && !may_use(&source.module, &other) {
                faults.push(format!("{}: {} uses {other}", source.path, source.module));
            }
        }
    }
    assert_none("against the ranks", &faults);
}

/// `Why:` a path through `super` to the crate's root would hide from the test above.
#[test]
fn other_rooms_are_named_from_the_root() {
    let faults: Vec<String> = all()
        .iter()
        .filter(|source| source.is_face())
        .filter(|source| {
            let mut lines = source.code.lines();
            lines.any(|line| line.starts_with("use super::") || line.starts_with("pub use super::"))
        })
        .map(|source| source.path.clone())
        .collect();
    assert_none(
        "`use super::` of the crate's root; write `crate::`",
        &faults,
    );
}

#[test]
fn tables_are_touched_by_stores_alone() {
    let faults: Vec<String> = all()
        .iter()
        .filter(|source| !source.is_store() && source.module != "entities")
        .filter(|source| source.modules_used().contains("entities"))
        .map(|source| source.path.clone())
        .collect();
    assert_none("uses `entities` and is no store", &faults);
}

#[test]
fn files_stay_small() {
    let sources = all();
    let faults: Vec<String> = sources
        .iter()
        .filter(|source| source.line_count > MOST_LINES)
        .map(|source| format!("{}: {} lines", source.path, source.line_count))
        .collect();
    assert_none("split these by what they do", &faults);
    let mut counts: Vec<usize> = sources.iter().map(|source| source.line_count).collect();
    counts.sort_unstable();
    let median = counts[counts.len() / 2];
    assert!(
        median <= MOST_LINES_OF_THE_MEDIAN,
        "half of all files have {median} lines or more"
    );
}

#[test]
fn file_names_say_what_is_inside() {
    let faults: Vec<String> = all()
        .iter()
        .filter(|source| EMPTY_WORDS.iter().any(|word| source.path.contains(word)))
        .map(|source| source.path.clone())
        .collect();
    assert_none("an empty word", &faults);
}

/// `Why:` whatever becomes the library's error by `?` becomes a public message with it.
#[test]
fn the_library_s_error_appears_where_refusals_are_mapped_and_nowhere_else() {
    let faults: Vec<String> = all()
        .iter()
        .filter(|source| !source.path.starts_with("src/graphql/error"))
        .filter(|source| {
            let names = source.names_from("async_graphql");
            names.contains("Error") || names.contains("Result") || names.contains("FieldResult")
        })
        .map(|source| source.path.clone())
        .collect();
    assert_none("async_graphql's Error or Result", &faults);
}

#[test]
fn a_wrong_edge_would_be_seen() {
    for (module, other) in [
        ("audit", "users"),
        ("credentials", "sessions"),
        ("error", "secret"),
        ("app", "graphql"),
        ("web", "cli"),
        ("users", "nowhere"),
    ] {
        assert!(!may_use(module, other), "{module} may use {other}");
    }
    assert!(may_use("users", "sessions"));
    assert!(may_use("keyset", "db"));
}
