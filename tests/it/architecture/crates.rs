//! Which crate is used where.

use super::assert_none;
use super::sources::{Source, all};

/// Crates with a place of their own: a file, or a folder with its slash. `*store` is every store.
const PLACED: &[(&str, &[&str])] = &[
    ("argon2", &["src/hasher/"]),
    ("async_graphql", &["src/graphql/", "src/web/graphql.rs"]),
    ("async_trait", &["src/db/"]),
    ("axum", &["src/web/"]),
    ("chacha20poly1305", &["src/keyring.rs"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/manual.rs"]),
    ("clap_mangen", &["src/cli/manual.rs"]),
    ("config", &["src/settings/"]),
    (
        "cookie",
        &[
            "src/graphql/device_cookie.rs",
            "src/graphql/session_cookie.rs",
            "src/web/cookies.rs",
            "src/web/pages/",
        ],
    ),
    ("css_inline", &["src/mail/inlined.rs"]),
    ("fluent_bundle", &["src/web/pages/person/"]),
    ("getrandom", &["src/secret.rs"]),
    ("hkdf", &["src/keyring.rs"]),
    ("hmac", &["src/keyring.rs"]),
    ("html5ever", &["src/mail/texts/html/"]),
    ("http_body_util", &["src/fetch.rs"]),
    ("hyper", &["src/web/", "src/fetch.rs"]),
    ("hyper_rustls", &["src/fetch.rs"]),
    ("hyper_util", &["src/web/", "src/fetch.rs"]),
    ("idna", &["src/address.rs"]),
    (
        "ipnet",
        &[
            "src/settings/server.rs",
            "src/web/peer.rs",
            "src/access/api_keys/networks.rs",
        ],
    ),
    ("jiff", &["src/zone.rs"]),
    // The sender in the settings is read as lettre will send it.
    (
        "lettre",
        &[
            "src/mail/transport/",
            "src/settings/mail.rs",
            "src/mail/mailer.rs",
        ],
    ),
    (
        "mail_parser",
        &[
            "src/web/pages/mailbox/",
            "src/mail/transport/message/tests.rs",
        ],
    ),
    ("migration", &["src/db/"]),
    ("mimalloc", &["src/main.rs"]),
    (
        "minijinja",
        &[
            "src/mail/templates/",
            "src/mail/texts/",
            "src/mail/values.rs",
            "src/web/pages/",
        ],
    ),
    (
        "passwords",
        &["src/credentials/generator.rs", "src/credentials/popular.rs"],
    ),
    (
        "precis_profiles",
        &[
            "src/address.rs",
            "src/username.rs",
            "src/credentials/password.rs",
        ],
    ),
    (
        "ring",
        &[
            "src/audit/checkpoint.rs",
            "src/jwt/",
            "src/mail/transport/dkim/",
        ],
    ),
    ("qrcode", &["src/qr.rs"]),
    ("rpassword", &["src/cli/typed_password.rs"]),
    ("rust_embed", &["src/mail/templates.rs", "src/web/pages/"]),
    (
        "rustix",
        &["src/hasher.rs", "src/hasher/", "src/web/descriptors.rs"],
    ),
    (
        "sea_orm",
        &["src/db/", "src/keyset/", "src/entities/", "*store"],
    ),
    ("sea_query_sqlx", &["src/db/postgres/"]),
    (
        "sha1",
        &[
            "src/credentials/breached.rs",
            "src/credentials/breached_api.rs",
        ],
    ),
    // In the playground: the digest of its inline script, for the content security policy.
    (
        "sha2",
        &[
            "src/keyring.rs",
            "src/secret.rs",
            "src/credentials/known/",
            "src/web/pages/graphiql.rs",
        ],
    ),
    (
        "strsim",
        &[
            "src/cli/near.rs",
            "src/mail/texts/language/",
            "src/users/suggest.rs",
        ],
    ),
    ("spki", &["src/jwt/pem.rs", "src/mail/transport/dkim/"]),
    ("subtle", &["src/page.rs"]),
    ("tower", &["src/web/"]),
    ("tower_http", &["src/web/"]),
    ("tracing_subscriber", &["src/telemetry.rs"]),
    ("unic_langid", &["src/web/pages/person/phrases.rs"]),
    ("unicode_security", &["src/look_alikes.rs"]),
    ("zxcvbn", &["src/credentials/strength.rs"]),
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
