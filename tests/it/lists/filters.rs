//! Each condition alone, conditions together, search, and counts.

use serde_json::{Value, json};

use super::found;
use crate::support::app::TestApp;

/// Eight users who differ in everything that can be asked for.
async fn people(app: &TestApp) -> Vec<String> {
    let mut ids = Vec::new();
    for (name, more) in [
        (
            "active",
            json!({ "generate": true, "email": "a@one.example", "emailVerified": true }),
        ),
        ("pending", json!({ "email": "p@two.example" })),
        (
            "locked",
            json!({ "generate": true, "forceChangeOnLogin": false }),
        ),
        ("disabled", json!({ "generate": true, "role": "ADMIN" })),
        ("deleted", json!({})),
        (
            "ldap",
            json!({ "authenticationSource": "LDAP", "role": "AUDITOR" }),
        ),
        ("oidc", json!({ "authenticationSource": "OIDC" })),
        ("saml", json!({ "authenticationSource": "SAML" })),
    ] {
        ids.push(app.user(name, more).await);
    }
    let now = app.app.clock.now().as_millis();
    for (column, value, name) in [
        ("locked_until", now + 1, "locked"),
        ("disabled_at", now, "disabled"),
        ("deleted_at", now, "deleted"),
        ("last_sign_in_at", 1_000, "active"),
        ("last_sign_in_at", 2_000, "ldap"),
        ("created_at", 5_000, "oidc"),
        ("password_changed_at", 7_000, "locked"),
    ] {
        let sql = format!("UPDATE users SET {column} = $1 WHERE username = $2");
        app.write(&sql, vec![value.into(), name.into()]).await;
    }
    ids
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn every_field_of_the_filter_restricts_to_what_it_says() {
    let app = TestApp::start().await;
    let ids = people(&app).await;
    let second = |number: u32| format!("1970-01-01T00:00:0{number}Z");
    let range = |from: u32, until: u32| json!({ "from": second(from), "until": second(until) });
    let all = [
        "active", "disabled", "ldap", "locked", "oidc", "pending", "saml",
    ];
    let but = |names: &[&'static str]| -> Vec<&str> {
        all.into_iter()
            .filter(|name| !names.contains(name))
            .collect()
    };
    let cases: Vec<(Value, Vec<&str>)> = vec![
        (json!(null), all.into()),
        (json!({}), all.into()),
        (
            json!({ "ids": [ids[0], ids[1], ids[1], "key_1", ""] }),
            vec!["active", "pending"],
        ),
        (json!({ "ids": [] }), vec![]),
        (
            json!({ "statuses": ["ACTIVE"] }),
            vec!["active", "ldap", "oidc", "saml"],
        ),
        (json!({ "statuses": ["PENDING"] }), vec!["pending"]),
        (json!({ "statuses": ["LOCKED"] }), vec!["locked"]),
        (json!({ "statuses": ["DISABLED"] }), vec!["disabled"]),
        (
            json!({ "statuses": ["DELETED", "LOCKED"] }),
            vec!["deleted", "locked"],
        ),
        (json!({ "statuses": [] }), vec![]),
        (
            json!({ "roles": ["ADMIN", "AUDITOR"] }),
            vec!["disabled", "ldap"],
        ),
        (json!({ "roles": [] }), vec![]),
        (
            json!({ "authenticationSources": ["LDAP", "SAML"] }),
            vec!["ldap", "saml"],
        ),
        (json!({ "emailDomain": "ONE.example" }), vec!["active"]),
        (json!({ "emailDomain": "b.one.example" }), vec![]),
        (json!({ "hasEmail": true }), vec!["active", "pending"]),
        (json!({ "hasEmail": false }), but(&["active", "pending"])),
        (json!({ "emailVerified": true }), vec!["active"]),
        (json!({ "emailVerified": false }), but(&["active"])),
        (
            json!({ "hasPassword": true }),
            vec!["active", "disabled", "locked"],
        ),
        (
            json!({ "hasPassword": false }),
            vec!["ldap", "oidc", "pending", "saml"],
        ),
        (
            json!({ "mustChangePassword": true }),
            vec!["active", "disabled"],
        ),
        (
            json!({ "mustChangePassword": false }),
            but(&["active", "disabled"]),
        ),
        (json!({ "neverSignedIn": true }), but(&["active", "ldap"])),
        (json!({ "neverSignedIn": false }), vec!["active", "ldap"]),
        (json!({ "lastSignInAt": range(1, 2) }), vec!["active"]),
        (
            json!({ "lastSignInAt": { "from": second(2) } }),
            vec!["ldap"],
        ),
        (
            json!({ "lastSignInAt": { "until": second(2) } }),
            vec!["active"],
        ),
        (json!({ "lastSignInAt": {} }), all.into()),
        (json!({ "createdAt": range(5, 6) }), vec!["oidc"]),
        (json!({ "passwordChangedAt": range(6, 8) }), vec!["locked"]),
        (
            json!({ "passwordExpiresAt": { "until": "2026-11-22T09:30:01Z" } }),
            vec!["active", "disabled"],
        ),
        (
            json!({ "passwordExpiresAt": { "until": "2026-11-22T09:30:00Z" } }),
            vec![],
        ),
        (
            json!({ "hasEmail": true, "hasPassword": false }),
            vec!["pending"],
        ),
        (json!({ "hasEmail": null, "roles": null }), all.into()),
    ];
    for (filter, wanted) in cases {
        let variables = json!({ "filter": filter, "first": 100 });
        assert_eq!(found(&app, variables).await, wanted, "{filter}");
        let document = "query($filter: UserFilter) { users(filter: $filter) { totalCount } }";
        let counted = app.ask(document, json!({ "filter": filter })).await;
        assert_eq!(counted.root()["totalCount"], wanted.len(), "{filter}");
    }
}

#[tokio::test]
async fn the_state_that_is_shown_is_the_state_that_is_found() {
    let app = TestApp::start().await;
    people(&app).await;
    for status in ["ACTIVE", "PENDING", "LOCKED", "DISABLED", "DELETED"] {
        let document = "query($filter: UserFilter) { users(filter: $filter) { nodes { status } } }";
        let filter = json!({ "filter": { "statuses": [status] } });
        let answer = app.ask(document, filter).await;
        let nodes = answer.root()["nodes"].as_array().expect("a list");
        assert!(!nodes.is_empty());
        assert!(
            nodes.iter().all(|node| node["status"] == status),
            "{nodes:?}"
        );
    }
}

#[tokio::test]
async fn search_looks_through_names_and_addresses_without_case_and_accents() {
    let app = TestApp::start().await;
    let angstrom = json!({ "name": "\u{c5}ngstr\u{f6}m", "email": "lab@uppsala.example" });
    app.user("anders", angstrom).await;
    app.user("zo\u{eb}", json!({ "name": "100% wool_knit" }))
        .await;
    app.user("plain", json!({ "name": "C:\\temp 1000 woolxknit" }))
        .await;
    for (search, wanted) in [
        ("angstrom", vec!["anders"]),
        ("\u{c5}NGSTR\u{d6}M", vec!["anders"]),
        ("A\u{30a}ngstro\u{308}m", vec!["anders"]),
        ("\u{ff41}\u{ff4e}gstrom", vec!["anders"]),
        ("UPPSALA", vec!["anders"]),
        ("lab@uppsala.example", vec!["anders"]),
        ("ZOE", vec!["zo\u{eb}"]),
        ("100%", vec!["zo\u{eb}"]),
        ("%", vec![]),
        ("_", vec![]),
        ("\\", vec![]),
        ("wool_knit", vec!["zo\u{eb}"]),
        ("c:\\temp", vec!["plain"]),
        ("'", vec![]),
        ("nobody", vec![]),
        ("z", vec!["zo\u{eb}"]),
        ("Z\u{d6}", vec!["zo\u{eb}"]),
        ("oe", vec![]),
        ("l", vec!["anders"]),
        ("\u{c5}n", vec!["anders"]),
        ("c:", vec!["plain"]),
        ("1", vec!["zo\u{eb}"]),
        ("---", vec![]),
        ("temp\n1000", vec!["plain"]),
        ("", vec!["anders", "plain", "zo\u{eb}"]),
    ] {
        let names = found(&app, json!({ "search": search })).await;
        assert_eq!(names, wanted, "{search}");
    }
    let both = json!({ "search": "wool", "filter": { "hasEmail": true } });
    assert_eq!(found(&app, both).await, [""; 0]);
}

#[tokio::test]
async fn a_changed_user_is_found_by_the_new_words_only() {
    let app = TestApp::start().await;
    app.user("ada", json!({ "name": "Byron" })).await;
    let input = json!({ "user": { "login": "ada" }, "patch": { "name": "Lovelace" } });
    app.run("updateUser", json!({ "input": input })).await;
    assert_eq!(found(&app, json!({ "search": "byron" })).await, [""; 0]);
    assert_eq!(found(&app, json!({ "search": "lovelace" })).await, ["ada"]);
}

#[tokio::test]
async fn the_trail_and_the_mails_are_filtered_by_each_field() {
    let app = TestApp::start().await;
    let (ada, bea) = (app.member("ada").await, app.member("bea").await);
    app.app.clock.advance(std::time::Duration::from_secs(10));
    app.run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    app.run("resetPasswordGenerated", json!({ "login": "bea" }))
        .await;
    app.deliver().await;
    let viewer = app.run("viewer", json!({})).await;
    let key = viewer.root()["actor"]["id"].clone();
    let later = json!({ "from": "2026-11-21T09:30:01Z" });
    let earlier = json!({ "until": "2026-11-21T09:30:10Z" });
    let trail = "query($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }";
    for (filter, wanted) in [
        (json!({}), 5),
        (json!({ "actions": ["PASSWORD_RESET"] }), 2),
        (json!({ "actions": [] }), 0),
        (json!({ "userIds": [ada] }), 2),
        (json!({ "userIds": ["nobody"] }), 0),
        (json!({ "actorIds": [key] }), 4),
        (json!({ "occurredAt": later }), 2),
        (json!({ "occurredAt": earlier }), 3),
        (json!({ "requestId": "unknown" }), 0),
    ] {
        let answer = app.ask(trail, json!({ "filter": filter })).await;
        assert_eq!(answer.root()["totalCount"], wanted, "{filter}");
    }
    let mail =
        "query($filter: MailDeliveryFilter) { mailDeliveries(filter: $filter) { totalCount } }";
    for (filter, wanted) in [
        (json!({}), 2),
        (json!({ "kinds": ["NEW_PASSWORD"] }), 1),
        (json!({ "statuses": ["SENT"] }), 2),
        (json!({ "statuses": ["QUEUED", "FAILED"] }), 0),
        (json!({ "recipient": "ADA@Example.org" }), 1),
        (json!({ "userIds": [bea] }), 1),
        (json!({ "createdAt": later }), 2),
        (json!({ "createdAt": earlier }), 0),
    ] {
        let answer = app.ask(mail, json!({ "filter": filter })).await;
        assert_eq!(answer.root()["totalCount"], wanted, "{filter}");
    }
}
