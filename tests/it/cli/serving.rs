//! `keydesk migrate`, `serve` and `doctor`, and what they refuse.

use serde_json::json;

use super::Machine;

/// Nothing listens there.
const NO_SERVER: &str = "postgres://keydesk@127.0.0.1:1/keydesk";

#[test]
fn migrations_go_up_and_down_and_are_told_apart() {
    let machine = Machine::new();
    let state = machine.json(&["migrate", "status", "--json"]);
    let all = state["pending"].as_u64().expect("a number");
    assert_eq!(state["applied"], 0);
    assert_eq!(
        machine.json(&["migrate", "--json"]),
        json!({ "applied": all, "pending": 0 })
    );
    let down = machine.json(&["migrate", "down", "--yes", "--json"]);
    assert_eq!(down, json!({ "applied": all - 1, "pending": 1 }));
    let steps = (all - 1).to_string();
    let down = machine.json(&["migrate", "down", "--steps", &steps, "--yes", "--json"]);
    assert_eq!(down, json!({ "applied": 0, "pending": all }));
    let up = machine.run(&["migrate", "up"]);
    assert_eq!(
        up.stdout,
        format!("{all} migration(s) applied, 0 pending\n")
    );
}

#[test]
fn nothing_works_on_an_older_schema_and_the_mending_is_named() {
    let machine = Machine::new();
    for arguments in [
        &["serve"][..],
        &["api-key", "list"],
        &["api-key", "create", "--name", "x", "--scope", "all"],
        &["user", "list"],
        &["user", "create", "ada"],
    ] {
        let ran = machine.run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (1, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(ran.stderr.contains("keydesk migrate up"), "{}", ran.stderr);
    }
}

#[test]
fn doctor_finds_pending_migrations_and_says_how_to_mend_them() {
    let machine = Machine::new();
    let bare = machine.run(&["doctor"]);
    assert_eq!(bare.code, 1);
    assert!(bare.stdout.contains("keydesk migrate up"), "{bare:?}");
    assert!(!machine.has_database(), "looking has made a database");

    machine.run(&["migrate"]);
    machine.run(&["migrate", "down", "--yes"]);
    let ill = machine.run(&["doctor"]);
    assert_eq!(ill.code, 1);
    let problem = ill.stdout.lines().find(|line| line.starts_with("PROBLEM"));
    let problem = problem.expect("a problem");
    assert!(
        problem.contains("migrations") && problem.contains("keydesk migrate up"),
        "{problem}"
    );
    machine.run(&["migrate"]);
    let well = machine.json(&["doctor", "--json"]);
    let findings = well.as_array().expect("a list");
    assert!(
        findings.iter().all(|finding| finding["ok"] == true),
        "{well}"
    );
    for name in [
        "settings",
        "key",
        "database",
        "migrations",
        "clock",
        "policy",
        "mail",
    ] {
        assert!(
            findings.iter().any(|finding| finding["name"] == name),
            "{name}"
        );
    }
}

#[test]
fn doctor_notes_a_return_path_in_another_organisation_s_domain() {
    let machine = Machine::migrated();
    for (from, back, is_noted) in [
        (
            "Desk <desk@id.example.org>",
            "bounces@mail.Example.org",
            false,
        ),
        ("Desk <desk@example.org>", "bounces@relay.example.net", true),
    ] {
        let settings = [
            ("KEYDESK_MAIL__FROM", from),
            ("KEYDESK_MAIL__RETURN_PATH", back),
        ];
        let well = machine.run_with(&settings, &["doctor"]);
        assert_eq!(well.code, 0, "{well:?}");
        let noted = well.stdout.contains("SPF speaks for relay.example.net");
        assert_eq!(noted, is_noted, "{well:?}");
    }
}

#[test]
fn the_doctor_s_test_mail_has_the_text_in_use() {
    let machine = Machine::migrated();
    let texts = machine.folder.path().join("texts/test/en");
    std::fs::create_dir_all(&texts).expect("a folder");
    for (name, text) in [
        ("subject.txt", "Our own test"),
        ("body.txt", "Hello"),
        ("body.html", "<p>Hello</p>"),
    ] {
        std::fs::write(texts.join(name), text).expect("written");
    }
    let read = machine.run(&["mail", "templates", "import", "texts"]);
    assert_eq!(read.code, 0, "{read:?}");
    let settings = [
        ("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org"),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file"),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", "mailbox"),
    ];
    let sent = machine.run_with(&settings, &["doctor", "--mail-to", "you@example.org"]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let mailbox = std::fs::read_dir(machine.folder.path().join("mailbox")).expect("a mailbox");
    let mails: Vec<_> = mailbox
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("read"))
        .filter(|mail| mail.contains("Subject: Our own test"))
        .collect();
    assert_eq!(mails.len(), 1);
}

#[test]
fn a_postgresql_server_without_a_server_key_is_refused_before_it_is_asked() {
    let machine = Machine::new();
    let settings = [("KEYDESK_DATABASE__URL", NO_SERVER)];
    let ran = machine.run_with(&settings, &["serve"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("KEYDESK_SECURITY__KEY"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_database_that_does_not_answer_is_no_fault_of_the_caller() {
    let machine = Machine::new();
    let key = "5e".repeat(32);
    let settings = [
        ("KEYDESK_DATABASE__URL", NO_SERVER),
        ("KEYDESK_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "1"),
        ("KEYDESK_SECURITY__KEY", &key),
    ];
    let ran = machine.run_with(&settings, &["user", "list"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
    assert!(!ran.stderr.contains(&key));
}

#[test]
fn mail_into_files_is_refused_on_an_address_that_others_reach() {
    let machine = Machine::migrated();
    let mailbox = machine.folder.path().join("mailbox");
    let settings = [
        ("KEYDESK_SERVER__LISTEN", "0.0.0.0:0"),
        ("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org"),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file"),
        (
            "KEYDESK_MAIL__TRANSPORT__DIRECTORY",
            mailbox.to_str().expect("a text"),
        ),
    ];
    let ran = machine.run_with(&settings, &["serve"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--development"), "{}", ran.stderr);
    assert!(!mailbox.exists());
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name_and_without_their_value() {
    let machine = Machine::new();
    for (name, value, named) in [
        ("KEYDESK_SECURITY__KEY", "planted-secret", "key"),
        ("KEYDESK_POLICY__MIN_LENGTH", "3", "policy.min_length"),
        (
            "KEYDESK_SERVER__PUBLIC_URL",
            "http://id.example.org",
            "server.public_url",
        ),
        (
            "KEYDESK_SECURITY__HASHING_MEMORY_KIB",
            "64",
            "hashing_memory_kib",
        ),
        ("KEYDESK_SERVER__PORTT", "1", "portt"),
    ] {
        let ran = machine.run_with(&[(name, value)], &["migrate", "status"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name} {ran:?}");
        assert!(ran.stderr.contains(named), "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains("planted-secret"));
    }
}

#[test]
fn help_and_version_are_no_failure_and_nothing_at_all_is() {
    let machine = Machine::new();
    for arguments in [&["--help"][..], &["--version"], &["serve", "--help"]] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.stdout.is_empty());
    }
    for arguments in [&[][..], &["--nonsense"], &["migrate", "sideways"]] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_server_key_is_made_once_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let machine = Machine::migrated();
    let path = machine.folder.path().join("keydesk.key");
    let made = std::fs::read_to_string(&path).expect("a key");
    let permissions = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!((made.trim().len(), permissions & 0o777), (64, 0o600));
    machine.run(&["migrate", "status"]);
    assert_eq!(std::fs::read_to_string(&path).expect("a key"), made);
}

#[cfg(unix)]
#[test]
fn doctor_tells_of_files_with_secrets_that_everybody_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let set = |path: &std::path::Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    let machine = Machine::new();
    let key = machine.folder.path().join("desk.key");
    std::fs::write(&key, "5e".repeat(32)).expect("written");
    let name = key.display().to_string();
    let settings = [("KEYDESK_SECURITY__KEY_FILE", name.as_str())];
    assert_eq!(machine.run_with(&settings, &["migrate"]).code, 0);
    for (folder, file, is_open) in [
        (0o755, 0o644, true),
        (0o755, 0o602, true),
        (0o755, 0o640, false),
        (0o755, 0o600, false),
        (0o700, 0o644, false),
    ] {
        set(machine.folder.path(), folder);
        set(&key, file);
        let ran = machine.run_with(&settings, &["doctor"]);
        assert_eq!(ran.code, i32::from(is_open), "{folder:o} {file:o} {ran:?}");
        let told = ran.stdout.contains("security.key_file") && ran.stdout.contains("chmod 600");
        assert_eq!(told, is_open, "{folder:o} {file:o} {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn doctor_tells_of_the_key_beside_the_database_that_everybody_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::migrated();
    assert_eq!(machine.run(&["doctor"]).code, 0);
    let open = |path: &std::path::Path| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("set");
    };
    open(machine.folder.path());
    open(&machine.folder.path().join("keydesk.key"));
    let ran = machine.run(&["doctor"]);
    assert!(
        ran.code == 1 && ran.stdout.contains("keydesk.key"),
        "{ran:?}"
    );
}

/// No server is there; what is judged is how it would be reached.
#[test]
fn doctor_tells_of_postgresql_elsewhere_without_tls() {
    let machine = Machine::new();
    for (mode, is_told) in [
        ("", true),
        ("?sslmode=disable", true),
        ("?sslmode=verify-full", false),
    ] {
        let url = format!("postgres://desk:x@db.invalid:1/desk{mode}");
        let settings = [
            ("KEYDESK_DATABASE__URL", url.as_str()),
            (
                "KEYDESK_SECURITY__KEY",
                "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e",
            ),
        ];
        let ran = machine.run_with(&settings, &["doctor"]);
        let told = ran.stdout.lines().any(|line| {
            line.starts_with("PROBLEM  transport") && line.contains("sslmode=verify-full")
        });
        assert_eq!(told, is_told, "{ran:?}");
        assert!(!ran.stdout.contains("desk:x"), "{ran:?}");
    }
}
