//! `keydesk login-link` and `keydesk admin`, and the setup link of a first start.

use keydesk::domain::one_time_links;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::Machine;
use crate::support::program::{Installation, raw, text, wait_for};

const GOOD: &str = "otter-walks-past-nine-lamps";

fn with_ada() -> Machine {
    let machine = Machine::migrated();
    let create = ["user", "create", "ada", "--email", "ada@example.org"];
    assert_eq!(machine.run(&create).code, 0);
    machine
}

#[test]
fn a_link_stands_alone_on_standard_output() {
    let machine = with_ada();
    for arguments in [
        &["login-link", "ada"][..],
        &["login-link", "ADA@example.org", "--expires", "30m"],
        &["login-link", "ada", "--qr", "--reason", "lost her phone"],
    ] {
        let ran = machine.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let link = ran.stdout.strip_suffix('\n').expect("a line");
        let token = link
            .strip_prefix("http://127.0.0.1:8080/reset/")
            .expect(link);
        assert_eq!(token.len(), 43);
        assert!(
            ran.stderr.contains("for ada, once, until "),
            "{}",
            ran.stderr
        );
        // The light edge of the picture is drawn, the dark squares are left out.
        let edge = |line: &str| line.chars().all(|letter| letter == '\u{2588}');
        let is_drawn = ran
            .stderr
            .lines()
            .any(|line| !line.is_empty() && edge(line));
        assert_eq!(is_drawn, arguments.contains(&"--qr"), "{}", ran.stderr);
    }
    let made = machine.json(&["login-link", "ada", "--expires", "24h", "--json"]);
    assert_eq!(made["username"], "ada");
    assert!(made["url"].as_str().expect("a text").contains("/reset/"));
    assert!(made["id"].as_str().expect("an id").starts_with("link_"));
    assert!(made["expiresAt"].is_string());
}

#[test]
fn links_that_make_no_sense_are_refused_and_near_names_are_named() {
    let machine = with_ada();
    for (arguments, code, words) in [
        (&["login-link", "adda"][..], 1, "did you mean ada?"),
        (&["login-link", "grace"], 1, "there is no user"),
        (
            &["login-link", "ada", "--expires", "59d"],
            1,
            "1 minute to 24 hours",
        ),
        (
            &["login-link", "ada", "--expires", "25h"],
            1,
            "1 minute to 24 hours",
        ),
        (&["login-link", "ada", "--expires", "soon"], 2, "30m"),
        (&["login-link"], 2, "LOGIN"),
    ] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    let open = [("KEYDESK_SERVER__LISTEN", "0.0.0.0:8080")];
    let ran = machine.run_with(&open, &["login-link", "ada"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("server.public_url"), "{}", ran.stderr);
    let public = [("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org/desk/")];
    let ran = machine.run_with(&public, &["login-link", "ada"]);
    assert!(
        ran.stdout.starts_with("https://id.example.org/desk/reset/"),
        "{ran:?}"
    );
}

#[test]
fn a_link_signs_in_unless_told_otherwise_and_a_code_is_read_out() {
    let machine = with_ada();
    let made = machine.json(&["login-link", "ada", "--json"]);
    assert_eq!(
        (&made["signInOnUse"], &made["code"]),
        (&json!(true), &Value::Null)
    );
    let ran = machine.run(&["login-link", "ada", "--no-sign-in"]);
    assert!(
        ran.stderr.ends_with("chooses the password\n"),
        "{}",
        ran.stderr
    );

    let ran = machine.run(&["login-link", "ada", "--code"]);
    let code = ran.stdout.trim_end();
    assert!(one_time_links::parse_spoken(code).is_ok(), "{ran:?}");
    let words = "whoever types it in at http://127.0.0.1:8080/reset/code";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    let made = machine.json(&["login-link", "ada", "--code", "--json"]);
    assert!(made["url"].is_null() && made["code"].is_string(), "{made}");
    let ran = machine.run(&["login-link", "ada", "--code", "--qr"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    let ran = machine.run(&[
        "login-link",
        "ada",
        "--redirect-url",
        "https://evil.example.net/",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("redirect_urls"), "{}", ran.stderr);
}

#[test]
fn links_are_listed_and_revoked_without_what_opens_them() {
    let machine = with_ada();
    let first = machine.json(&["login-link", "ada", "--json"]);
    let second = machine.json(&["login-link", "ada", "--json"]);
    let ran = machine.run(&["user", "links", "ada"]);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    assert!(
        ran.stdout.contains("ACTIVE") && ran.stdout.contains("ADMIN_HANDOVER"),
        "{ran:?}"
    );
    let all = machine.json(&["user", "links", "ada", "--all", "--json"]);
    let told = |place: usize| (&all[place]["id"], &all[place]["status"]);
    assert_eq!(told(0), (&second["id"], &json!("ACTIVE")));
    assert_eq!(told(1), (&first["id"], &json!("SUPERSEDED")));
    let token = second["url"].as_str().expect("a link").rsplit('/').next();
    assert!(!all.to_string().contains(token.expect("a token")));

    let other = first["id"].as_str().expect("an id");
    let done = machine.json(&["user", "revoke-links", "ada", "--link", other, "--json"]);
    assert_eq!(
        (&done["revokedLinks"], &done["changed"]),
        (&json!(0), &json!(false))
    );
    let ran = machine.run(&["user", "revoke-links", "ada", "--reason", "wrong person"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (0, "revoked 1 link(s) of ada\n")
    );
    let ran = machine.run(&["user", "revoke-links", "ada", "--link", "nonsense"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = machine.run(&["user", "links", "ada"]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "ada has no such link\n")
    );
}

#[test]
fn a_link_is_queued_as_a_mail_where_mail_can_go_out() {
    let machine = with_ada();
    let ran = machine.run(&["user", "send-reset-email", "ada"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("mail.transport"), "{}", ran.stderr);
    let mail = [
        ("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org"),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file"),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", "mails"),
    ];
    let ran = machine.run_with(&mail, &["user", "send-reset-email", "ada"]);
    assert!(
        ran.code == 1 && ran.stderr.contains("not verified"),
        "{ran:?}"
    );
    machine.run(&["user", "update", "ada", "emailVerified=true"]);
    let send = [
        "user",
        "send-reset-email",
        "ada",
        "--invalidate-password",
        "--reason",
        "phished",
    ];
    let ran = machine.run_with(&mail, &send);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.stderr.contains("queued a mail with a link for ada"),
        "{}",
        ran.stderr
    );
    let links = machine.json(&["user", "links", "ada", "--json"]);
    assert_eq!(links[0]["origin"], "ADMIN_EMAIL");
    assert!(links[0]["mailId"].is_string() && links[0]["openedAt"].is_null());
}

#[test]
fn owners_and_administrators_are_made_at_any_time() {
    let machine = Machine::migrated();
    let create = [
        "admin",
        "create",
        "Ada",
        "--email",
        "ada@example.org",
        "--generate",
        "--json",
    ];
    let made = machine.json(&create);
    assert_eq!(
        (
            &made["username"],
            &made["role"],
            &made["mustChangePassword"]
        ),
        (&json!("Ada"), &json!("OWNER"), &json!(true))
    );
    assert!(made["emailVerifiedAt"].is_null());
    let password = made["generatedPassword"].as_str().expect("a password");
    assert_eq!(password.chars().count(), 20);

    let create = [
        "admin",
        "create",
        "bea",
        "--role",
        "admin",
        "--stdin",
        "--no-force-change",
    ];
    let made = machine.run_reading(&create, &format!("{GOOD}\n"));
    assert_eq!((made.code, made.stdout.as_str()), (0, ""), "{made:?}");
    assert!(made.stderr.contains("created bea") && !made.stderr.contains(GOOD));
    let bea = machine.json(&["user", "show", "bea", "--json"]);
    assert_eq!(
        (&bea["role"], &bea["mustChangePassword"]),
        (&json!("ADMIN"), &json!(false))
    );
}

#[test]
fn administrators_that_cannot_be_are_refused() {
    let machine = Machine::migrated();
    for (arguments, code, words) in [
        (&["admin", "create", "ada"][..], 2, "terminal"),
        (&["admin", "create", "--generate"], 2, "username"),
        (
            &["admin", "create", "ada", "--role", "helpdesk", "--generate"],
            2,
            "user create",
        ),
        (
            &["admin", "create", "ada", "--password", GOOD],
            2,
            "--password",
        ),
        (
            &["admin", "create", "ada", "--generate", "--stdin"],
            2,
            "--stdin",
        ),
        (&["admin", "create", "a@b", "--generate"], 1, "username"),
    ] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    let weak = machine.run_reading(&["admin", "create", "ada", "--stdin"], "planted1\n");
    assert_eq!((weak.code, weak.stdout.as_str()), (1, ""));
    assert!(weak.stderr.contains("15") && !weak.stderr.contains("planted1"));
    assert_eq!(machine.json(&["user", "list", "--json"]), json!([]));
}

/// The setup links in the log of a process.
fn setup_links(desk: &Installation) -> Vec<Url> {
    let log = text(&desk.path("stderr"));
    let words = log.split_whitespace();
    words
        .filter(|word| word.contains("/setup/"))
        .map(|word| {
            word.parse()
                .unwrap_or_else(|error| panic!("{word}: {error}"))
        })
        .collect()
}

fn users(desk: &Installation) -> Vec<Value> {
    let listed = desk.run(&["user", "list", "--json"]);
    serde_json::from_str(&listed).expect("JSON")
}

/// Opens a link as a browser does: the cookie, and the mark in the form.
fn open(port: u16, link: &Url) -> (String, String) {
    let moved = raw(port, &format!("GET {} HTTP/1.1\r\n", link.path()), "");
    assert!(moved.starts_with("HTTP/1.1 303"), "{moved}");
    let cookie = moved
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.expect("a cookie").split(';').next().expect("a pair");
    let form = link.path().rsplit_once('/').expect("a token").0;
    let page = raw(
        port,
        &format!("GET {form} HTTP/1.1\r\ncookie: {cookie}\r\n"),
        "",
    );
    let mark = page.split("name=\"mark\" value=\"").nth(1).expect("a form");
    (
        cookie.to_owned(),
        mark.split('"').next().expect("its end").to_owned(),
    )
}

fn send(port: u16, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let body = form.extend_pairs(fields).finish();
    let head = format!(
        "POST {path} HTTP/1.1\r\ncookie: {cookie}\r\norigin: http://127.0.0.1:{port}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        body.len()
    );
    raw(port, &head, &body)
}

#[test]
fn a_first_start_logs_one_setup_link_and_later_ones_none() {
    let desk = Installation::new(Vec::new());
    let mut server = desk.serve();
    wait_for("the setup link", || {
        (!setup_links(&desk).is_empty()).then_some(())
    });
    let links = setup_links(&desk);
    assert_eq!(links.len(), 1, "{links:?}");
    assert_eq!(links[0].port(), Some(desk.port));
    let (cookie, mark) = open(desk.port, &links[0]);
    let fields = [
        ("mark", mark.as_str()),
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("password", GOOD),
        ("again", GOOD),
    ];
    let done = send(desk.port, "/setup", &cookie, &fields);
    assert!(done.contains("has an owner"), "{done}");
    let made = users(&desk);
    assert_eq!((made.len(), &made[0]["role"]), (1, &json!("OWNER")));
    server.kill();
    let _server = desk.serve();
    assert_eq!(setup_links(&desk).len(), 1, "nothing new in the log");

    // A link made while the server runs works at once, and the log at `trace` knows no token but the
    // one it gave away itself.
    let link: Url = desk
        .run(&["login-link", "ada"])
        .trim()
        .parse()
        .expect("a link");
    let (cookie, mark) = open(desk.port, &link);
    let other = "harbour kettle, seven brass moons";
    let fields = [
        ("mark", mark.as_str()),
        ("password", other),
        ("again", other),
    ];
    let done = send(desk.port, "/reset", &cookie, &fields);
    assert!(done.contains("location: account?done=password"), "{done}");
    assert!(done.contains("set-cookie: keydesk_session="), "it signs in");
    let log = text(&desk.path("stderr"));
    let token = link.path().rsplit('/').next().expect("a token");
    let setup = links[0].path().rsplit('/').next().expect("a token");
    assert!(log.contains("serving"), "another log");
    for secret in [token, &mark, GOOD, other] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert_eq!(log.matches(setup).count(), 1);
}

#[test]
fn two_servers_that_start_on_one_empty_database_get_one_owner() {
    let first = Installation::new(Vec::new());
    let _one = first.serve();
    let database = format!("sqlite:{}", first.path("keydesk.sqlite").display());
    let second = Installation::new(vec![("KEYDESK_DATABASE__URL", database)]);
    let _other = second.serve();
    let mut opened = Vec::new();
    for desk in [&first, &second] {
        wait_for("the setup link", || {
            (!setup_links(desk).is_empty()).then_some(())
        });
        let links = setup_links(desk);
        assert_eq!(links.len(), 1, "{links:?}");
        opened.push((desk.port, open(desk.port, &links[0])));
    }
    let answers: Vec<String> = std::thread::scope(|scope| {
        let sent: Vec<_> = opened
            .iter()
            .map(|(port, (cookie, mark))| {
                scope.spawn(move || {
                    let name = format!("owner{port}");
                    let email = format!("{name}@example.org");
                    let fields = [
                        ("mark", mark.as_str()),
                        ("username", &name),
                        ("email", &email),
                        ("password", GOOD),
                        ("again", GOOD),
                    ];
                    send(*port, "/setup", cookie, &fields)
                })
            })
            .collect();
        let ended = sent.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|answer| answer.expect("no panic")).collect()
    });
    let done = answers
        .iter()
        .filter(|answer| answer.contains("has an owner"));
    assert_eq!(done.count(), 1, "{answers:?}");
    let late = answers
        .iter()
        .filter(|answer| answer.contains("nothing to set up"));
    assert_eq!(late.count(), 1, "{answers:?}");
    assert_eq!(users(&first).len(), 1);
}
