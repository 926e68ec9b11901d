//! What the command line says about rights and about itself.

use keydesk::types::actor::{Permission, Role};

use super::Machine;

#[test]
fn the_table_of_rights_is_the_one_in_docs_security() {
    let machine = Machine::new();
    let printed = machine.run(&["permissions", "--markdown"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let page = include_str!("../../../docs/security.md");
    for table in printed.stdout.split("\n\n") {
        assert!(
            page.contains(table.trim_end()),
            "docs/security.md lacks this, as keydesk permissions --markdown prints it:\n{table}"
        );
    }
    assert!(!machine.has_database());
}

#[test]
fn the_table_says_what_the_code_does() {
    let machine = Machine::new();
    let table = machine.json(&["permissions", "--json"]);
    let names = |list: &serde_json::Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|name| name.as_str().expect("a name").to_owned())
            .collect()
    };
    let roles = table["roles"].as_array().expect("roles");
    assert_eq!(roles.len(), Role::ALL.len());
    for (printed, role) in roles.iter().zip(Role::ALL) {
        assert_eq!(printed["name"], role.name());
        let held: Vec<_> = role.permissions().iter().map(|held| held.name()).collect();
        assert_eq!(names(&printed["permissions"]), held);
        let below = Role::ALL
            .into_iter()
            .filter(|other| role.manages(role.permissions(), *other));
        assert_eq!(
            names(&printed["mayActOn"]),
            below.map(Role::name).collect::<Vec<_>>()
        );
    }
    assert!(roles.is_sorted_by(|one, next| one["rank"].as_u64() > next["rank"].as_u64()));
    assert_eq!(
        table["permissions"].as_array().map(Vec::len),
        Some(Permission::ALL.len())
    );
    let plain = machine.run(&["permissions"]).stdout;
    assert!(
        Permission::ALL
            .iter()
            .all(|permission| plain.contains(permission.name()))
    );
    assert_eq!(
        machine.run(&["permissions", "--json", "--markdown"]).code,
        2
    );
}

#[test]
fn shells_and_man_get_what_they_need() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = machine.run(&["completions", shell]);
        assert_eq!(script.code, 0, "{shell}");
        assert!(script.stdout.contains("reset-admin-password"), "{shell}");
    }
    assert_eq!(machine.run(&["completions", "dos"]).code, 2);

    let page = machine.run(&["man"]);
    assert!(page.stdout.contains(".TH keydesk 1"), "{page:?}");
    let written = machine.run(&["man", "--out", "pages"]);
    assert_eq!(
        (written.code, written.stdout.as_str()),
        (0, ""),
        "{written:?}"
    );
    let name = "pages/keydesk-reset-admin-password.1";
    let page = std::fs::read_to_string(machine.folder.path().join(name)).expect("a page");
    assert!(page.contains("Example"), "{page}");
    std::fs::write(machine.folder.path().join("taken"), "").expect("written");
    let refused = machine.run(&["man", "--out", "taken"]);
    assert_eq!(refused.code, 1, "{refused:?}");
}

#[test]
fn no_database_is_made_by_asking_one_that_is_not_there() {
    let machine = Machine::new();
    for arguments in [
        &["user", "list"][..],
        &["user", "create", "ada"],
        &["reset-admin-password"],
        &["api-key", "list"],
    ] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ran.stderr.contains("there is no keydesk.sqlite"), "{ran:?}");
    }
    assert!(!machine.has_database());
}
