//! Which crate is used where.

use super::assert_none;
use super::sources::{Source, all};

/// Crates with a place of their own: a file, or a folder with its slash. `*store` is every store.
const PLACED: &[(&str, &[&str])] = &[
    ("argon2", &["src/platform/hasher/"]),
    ("async_graphql", &["src/graphql/", "src/web/graphql.rs"]),
    ("async_trait", &["src/platform/db/"]),
    ("axum", &["src/web/"]),
    ("chacha20poly1305", &["src/platform/keyring.rs"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/manual.rs"]),
    ("clap_mangen", &["src/cli/manual.rs"]),
    ("config", &["src/platform/settings/"]),
    (
        "cookie",
        &[
            "src/graphql/device_cookie.rs",
            "src/graphql/session_cookie.rs",
            "src/web/cookies.rs",
            "src/web/pages/",
        ],
    ),
    ("css_inline", &["src/domain/mail/inlined.rs"]),
    ("fluent_bundle", &["src/web/pages/person/"]),
    ("getrandom", &["src/types/secret.rs"]),
    ("hkdf", &["src/platform/keyring.rs"]),
    ("hmac", &["src/platform/keyring.rs"]),
    ("html5ever", &["src/domain/mail/texts/html/"]),
    ("http_body_util", &["src/platform/fetch.rs"]),
    ("hyper", &["src/web/", "src/platform/fetch.rs"]),
    ("hyper_rustls", &["src/platform/fetch.rs"]),
    ("hyper_util", &["src/web/", "src/platform/fetch.rs"]),
    ("idna", &["src/types/address.rs"]),
    (
        "ipnet",
        &[
            "src/platform/settings/server.rs",
            "src/web/peer.rs",
            "src/domain/access/api_keys/networks.rs",
        ],
    ),
    ("jiff", &["src/types/time_zone.rs"]),
    // The sender in the settings is read as lettre will send it.
    (
        "lettre",
        &[
            "src/domain/mail/transport/",
            "src/platform/settings/mail.rs",
            "src/domain/mail/mailer.rs",
        ],
    ),
    (
        "mail_parser",
        &[
            "src/web/pages/mailbox/",
            "src/domain/mail/transport/message/tests.rs",
        ],
    ),
    ("migration", &["src/platform/db/"]),
    ("mimalloc", &["src/main.rs"]),
    (
        "minijinja",
        &[
            "src/domain/mail/templates/",
            "src/domain/mail/texts/",
            "src/domain/mail/values.rs",
            "src/web/pages/",
        ],
    ),
    (
        "passwords",
        &[
            "src/domain/credentials/generator.rs",
            "src/domain/credentials/popular.rs",
        ],
    ),
    (
        "precis_profiles",
        &[
            "src/types/address.rs",
            "src/types/username.rs",
            "src/domain/credentials/password.rs",
        ],
    ),
    (
        "ring",
        &[
            "src/domain/audit/checkpoint.rs",
            "src/platform/jwt/",
            "src/domain/mail/transport/dkim/",
        ],
    ),
    ("qrcode", &["src/platform/qr.rs"]),
    ("rpassword", &["src/cli/typed_password.rs"]),
    (
        "rust_embed",
        &["src/domain/mail/templates.rs", "src/web/pages/"],
    ),
    (
        "rustix",
        &[
            "src/platform/hasher.rs",
            "src/platform/hasher/",
            "src/web/descriptors.rs",
        ],
    ),
    (
        "sea_orm",
        &[
            "src/platform/db/",
            "src/platform/keyset/",
            "src/platform/entities/",
            "*store",
        ],
    ),
    ("sea_query_sqlx", &["src/platform/db/postgres/"]),
    (
        "sha1",
        &[
            "src/domain/credentials/breached.rs",
            "src/domain/credentials/breached_api.rs",
        ],
    ),
    // In the playground: the digest of its inline script, for the content security policy.
    (
        "sha2",
        &[
            "src/platform/keyring.rs",
            "src/types/secret.rs",
            "src/domain/credentials/known/",
            "src/web/pages/graphiql.rs",
        ],
    ),
    (
        "strsim",
        &[
            "src/cli/near.rs",
            "src/domain/mail/texts/language/",
            "src/domain/users/suggest.rs",
        ],
    ),
    (
        "spki",
        &["src/platform/jwt/pem.rs", "src/domain/mail/transport/dkim/"],
    ),
    ("subtle", &["src/platform/pagination.rs"]),
    ("tower", &["src/web/"]),
    ("tower_http", &["src/web/"]),
    ("tracing_subscriber", &["src/platform/telemetry.rs"]),
    ("unic_langid", &["src/web/pages/person/phrases.rs"]),
    ("unicode_security", &["src/types/look_alikes.rs"]),
    ("zxcvbn", &["src/domain/credentials/strength.rs"]),
];

/// Crates that may be used everywhere.
const ANYWHERE: &[&str] = &[
    "base64",
    "futures_util",
    "serde",
    "serde_json",
    "thiserror",
    "time",
    "tokio",
    "tokio_util",
    "tracing",
    "unicode_normalization",
    "url",
    "uuid",
    "zeroize",
];

/// Crates that are named for their features alone: which cryptography the mail client finds.
const FOR_FEATURES: &[&str] = &["rustls"];

fn is_at(source: &Source, place: &str) -> bool {
    match place {
        "*store" => source.is_store(),
        folder if folder.ends_with('/') => {
            // A folder's own file beside it belongs to it.
            let beside = format!("{}.rs", folder.trim_end_matches('/'));
            source.path.starts_with(folder) || source.path == beside
        }
        file => source.path == file,
    }
}

#[test]
fn every_crate_is_used_in_its_place() {
    let mut faults = Vec::new();
    let sources = all();
    for (name, places) in PLACED {
        for source in sources.iter().filter(|source| source.uses_crate(name)) {
            if !places.iter().any(|place| is_at(source, place)) {
                faults.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert_none("a crate out of its place", &faults);
}

#[test]
fn every_place_of_a_crate_is_needed() {
    let sources = all();
    let mut faults = Vec::new();
    for (name, places) in PLACED {
        for place in *places {
            let mut there = sources.iter().filter(|source| is_at(source, place));
            if !there.any(|source| source.uses_crate(name)) {
                faults.push(format!("{name}: {place}"));
            }
        }
    }
    assert_none("allowed and not used; take it off the list", &faults);
}

#[test]
fn every_dependency_has_a_place() {
    let manifest = include_str!("../../../Cargo.toml");
    let (_, after) = manifest
        .split_once("\n[dependencies]\n")
        .expect("dependencies");
    let section = after.split("\n[").next().expect("a section");
    let homeless: Vec<String> = section
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .filter(|name| {
            let placed = PLACED.iter().any(|(known, _)| known == name);
            let known = [ANYWHERE, FOR_FEATURES].concat();
            !placed && !known.contains(&name.as_str())
        })
        .collect();
    assert_none("no place in tests/it/architecture/crates.rs", &homeless);
}
