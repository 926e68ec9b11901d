//! `keydesk api-key` and `keydesk user`.

use keydesk::types::actor::Permission;
use serde_json::{Value, json};

use super::{Machine, only_line};

const GOOD: &str = "otter-walks-past-nine-lamps";

#[test]
fn a_key_is_made_once_listed_without_its_secret_and_revoked() {
    let machine = Machine::migrated();
    let create = [
        "api-key",
        "create",
        "--name",
        "portal",
        "--scope",
        "USERS_READ",
    ];
    let made = machine.run(&create);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""));
    let secret = made.stdout.trim_end();
    assert!(
        secret.starts_with("kd_") && !secret.contains('\n'),
        "{secret}"
    );

    let more = [
        &create[..],
        &[
            "--scope",
            "all",
            "--rank",
            "owner",
            "--expires",
            "never",
            "--allow-network",
            "10.1.2.3/8",
            "--json",
        ],
    ];
    let second = machine.json(&more.concat());
    assert!(
        second["secret"]
            .as_str()
            .expect("a secret")
            .starts_with("kd_")
    );
    assert_eq!(
        (&second["rank"], &second["expiresAt"]),
        (&json!("OWNER"), &Value::Null)
    );
    let scopes = second["scopes"].as_array().expect("a list");
    assert_eq!(scopes.len(), Permission::ALL.len());
    assert_eq!(second["allowedNetworks"], json!(["10.0.0.0/8"]));
    assert_eq!(second["createdBy"], Value::Null);

    let listed = machine.run(&["api-key", "list"]);
    assert_eq!(listed.stdout.lines().count(), 2);
    assert!(!listed.stdout.contains(secret));
    let keys = machine.json(&["api-key", "list", "--json"]);
    let keys = keys.as_array().expect("a list");
    let first = keys
        .iter()
        .find(|key| key["rank"] == "ADMIN")
        .expect("the first");
    assert_eq!(
        (&first["status"], &first["scopes"]),
        (&json!("ACTIVE"), &json!(["USERS_READ"]))
    );
    assert!(first["expiresAt"].is_string() && first.get("secret").is_none());
    assert!(secret.starts_with(first["prefix"].as_str().expect("a prefix")));

    let id = first["id"].as_str().expect("an id");
    let revoked = machine.run(&["api-key", "revoke", id]);
    assert_eq!(revoked.code, 0);
    assert!(revoked.stdout.contains(id));
    let again = machine.json(&["api-key", "revoke", id, "--json"]);
    assert_eq!(again["status"], "REVOKED");
}

#[test]
fn keys_that_make_no_sense_are_refused() {
    let machine = Machine::migrated();
    for (arguments, code) in [
        (&["create", "--name", "x"][..], 2),
        (&["create", "--scope", "USERS_READ"], 2),
        (&["create", "--name", "x", "--scope", "EVERYTHING"], 2),
        (
            &["create", "--name", "x", "--scope", "all", "--rank", "king"],
            2,
        ),
        (
            &[
                "create",
                "--name",
                "x",
                "--scope",
                "all",
                "--expires",
                "soon",
            ],
            2,
        ),
        (&["create", "--name", "", "--scope", "all"], 1),
        (
            &["create", "--name", "x", "--scope", "all", "--expires", "0d"],
            1,
        ),
        (&["revoke", "key_01h455vb4pex5vsknk084sn02q"], 1),
        (&["revoke", "nonsense"], 1),
        (&["revoke"], 2),
        (&["explode"], 2),
    ] {
        let ran = machine.run(&[&["api-key"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (code, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(!ran.stderr.is_empty());
    }
    assert_eq!(machine.json(&["api-key", "list", "--json"]), json!([]));
}

#[test]
fn users_are_made_listed_and_shown() {
    let machine = Machine::migrated();
    let create = [
        "user",
        "create",
        "Ada",
        "--email",
        "ada@example.org",
        "--email-verified",
        "--name",
        "Ada King",
        "--role",
        "owner",
        "--generate",
        "--json",
    ];
    let made = machine.json(&create);
    assert_eq!(
        (&made["username"], &made["role"]),
        (&json!("Ada"), &json!("OWNER"))
    );
    let password = made["generatedPassword"].as_str().expect("a password");
    assert_eq!(password.chars().count(), 20);
    assert_eq!(made["mustChangePassword"], true);

    let plain = machine.run(&["user", "create", "bea", "--generate", "--no-force-change"]);
    assert_eq!(plain.code, 0, "{plain:?}");
    assert_eq!(only_line(&plain).chars().count(), 20);
    assert!(plain.stderr.starts_with("created bea ("), "{plain:?}");

    let id = made["id"].as_str().expect("an id");
    for login in ["ada", "ADA@example.org", id] {
        let shown = machine.json(&["user", "show", login, "--json"]);
        assert_eq!(shown["id"], made["id"]);
        assert!(!shown.to_string().contains(password));
    }
    let shown = machine.run(&["user", "show", "ada"]);
    assert!(shown.stdout.contains("ada@example.org"));
    let listed = machine.json(&["user", "list", "--json"]);
    let names: Vec<_> = listed.as_array().expect("a list").iter().collect();
    assert_eq!(
        (&names[0]["username"], &names[1]["username"]),
        (&json!("Ada"), &json!("bea"))
    );
    let found = machine.json(&["user", "list", "--search", "KING", "--json"]);
    assert_eq!(found.as_array().expect("a list").len(), 1);
    let some = machine.run(&["user", "list", "--limit", "1"]);
    assert_eq!(some.stdout.lines().count(), 1);
}

#[test]
fn a_password_comes_by_standard_input_and_is_never_printed() {
    let machine = Machine::migrated();
    let create = ["user", "create", "ada", "--stdin", "--json"];
    let made = machine.run_reading(&create, &format!("{GOOD}\n"));
    assert_eq!(made.code, 0, "{made:?}");
    assert!(!made.stdout.contains(GOOD) && !made.stderr.contains(GOOD));
    let made: Value = serde_json::from_str(&made.stdout).expect("JSON");
    assert!(made["passwordChangedAt"].is_string() && made.get("generatedPassword").is_none());

    let weak = machine.run_reading(&["user", "create", "bea", "--stdin"], "planted1\n");
    assert_eq!((weak.code, weak.stdout.as_str()), (1, ""));
    assert!(
        !weak.stderr.contains("planted1") && weak.stderr.contains("15"),
        "{weak:?}"
    );
    let none = machine.run_reading(&["user", "create", "bea", "--stdin"], "");
    assert_eq!(none.code, 2);
    let argument = machine.run(&["user", "create", "bea", "--password", GOOD]);
    assert_eq!(argument.code, 2);
    assert_eq!(
        machine
            .json(&["user", "list", "--json"])
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn users_that_cannot_be_are_refused() {
    let machine = Machine::migrated();
    assert_eq!(machine.run(&["user", "create", "ada"]).code, 0);
    for (arguments, code) in [
        (&["create", "ADA"][..], 1),
        (&["create", "a@b"], 1),
        (&["create", "bea", "--email", "nobody"], 1),
        (&["create", "bea", "--send-email", "--generate"], 1),
        (&["create", "bea", "--email-verified"], 2),
        (&["create", "bea", "--generate", "--stdin"], 2),
        (&["create"], 2),
        (&["show", "nobody"], 1),
        (&["show", "user_01h455vb4pex5vsknk084sn02q"], 1),
    ] {
        let ran = machine.run(&[&["user"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (code, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(!ran.stderr.is_empty());
    }
}
