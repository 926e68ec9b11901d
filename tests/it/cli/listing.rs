//! `keydesk user list` and its conditions.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use super::Machine;
use crate::support::app::TestApp;
use crate::support::sdl::Sdl;

const DAY: Duration = Duration::from_hours(24);

fn names(machine: &Machine, conditions: &[&str]) -> Vec<String> {
    let mut arguments = vec!["user", "list", "--json"];
    for condition in conditions {
        arguments.extend(["--filter", condition]);
    }
    let listed = machine.json(&arguments);
    let users = listed.as_array().expect("a list").iter();
    users
        .map(|user| user["username"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn users_are_found_by_the_conditions_of_the_api() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    desk.user(
        "bea",
        json!({ "role": "ADMIN", "email": "bea@example.com" }),
    )
    .await;
    desk.user(
        "cleo",
        json!({ "role": "AUDITOR", "authenticationSource": "OIDC" }),
    )
    .await;
    let machine = Machine::beside(&desk);
    assert_eq!(machine.run(&["user", "disable", "cleo"]).code, 0);
    let id = format!("id={ada}");
    let now = desk.app.clock.now();
    let at = |span: Duration| now.plus(span).to_rfc3339();
    let (begun, next) = (at(Duration::ZERO), at(Duration::from_secs(1)));
    let created = format!("createdAt={begun}..{next}");
    let created_before = format!("createdAt=..{begun}");
    let changed = format!("passwordChangedAt={}..", now.minus(DAY).to_rfc3339());
    let ends = format!("passwordExpiresAt=..{}", at(2 * DAY));
    for (conditions, found) in [
        (&[][..], &["ada", "bea", "cleo"][..]),
        (&["role=admin"], &["bea"]),
        (&["roles=ADMIN,member"], &["ada", "bea"]),
        (&["role=admin", "role=auditor"], &["bea", "cleo"]),
        (&["status=disabled"], &["cleo"]),
        (&["statuses=PENDING"], &["bea"]),
        (&["status=locked"], &[]),
        (&["authenticationSource=oidc"], &["cleo"]),
        (&["emailDomain=example.com"], &["bea"]),
        (&["hasEmail=false"], &["cleo"]),
        (&["emailVerified=true"], &["ada"]),
        (&["hasPassword=true", "mustChangePassword=true"], &["ada"]),
        (&["neverSignedIn=false"], &[]),
        (&[created.as_str()], &["ada", "bea", "cleo"]),
        (&[created_before.as_str()], &[]),
        (&[changed.as_str()], &["ada"]),
        (&[ends.as_str()], &["ada"]),
        (&["lastSignInAt=520w.."], &[]),
        (&["createdAt=..+5200w", "role=admin"], &["bea"]),
        (&[id.as_str()], &["ada"]),
    ] {
        assert_eq!(names(&machine, conditions), found, "{conditions:?}");
    }
    let both = [
        "user",
        "list",
        "--filter",
        "hasEmail=true",
        "--search",
        "be",
        "--json",
    ];
    assert_eq!(machine.json(&both).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn every_condition_of_the_api_is_known_and_every_fault_is_told_at_once() {
    let desk = TestApp::start_today().await;
    let machine = Machine::beside(&desk);
    let fields = Sdl::full().input_fields("UserFilter");
    assert!(fields.len() >= 14, "{fields:?}");
    for field in fields {
        let ran = machine.run(&["user", "list", "--filter", &field]);
        let wanted = format!("write {field}=VALUE");
        assert!(
            ran.code == 2 && ran.stderr.contains(&wanted),
            "{field}: {ran:?}"
        );
    }
    let wrong = [
        ("rol=admin", "did you mean roles?"),
        ("colour=red", "conditions are ids"),
        ("role=king", "OWNER"),
        ("status=gone", "PENDING"),
        ("id=ada", "the id of a user"),
        ("hasEmail=maybe", "true or false"),
        ("neverSignedIn=true", ""),
        ("neverSignedIn=false", "neverSignedIn: is given twice"),
        ("createdAt=7d", "createdAt: write FROM..UNTIL"),
        ("emailDomain=no domain", "emailDomain:"),
    ];
    let flags = wrong
        .iter()
        .flat_map(|(condition, _)| ["--filter", condition]);
    let arguments: Vec<_> = ["user", "list"].into_iter().chain(flags).collect();
    let ran = machine.run(&arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    for (condition, hint) in wrong {
        assert!(ran.stderr.contains(hint), "{condition}: {}", ran.stderr);
    }
}

#[tokio::test]
async fn a_list_goes_on_over_pages_and_says_when_it_is_cut() {
    let desk = TestApp::start_today().await;
    for number in 0..205 {
        desk.user(&format!("user{number:03}"), json!({})).await;
    }
    let machine = Machine::beside(&desk);
    let all = names(&machine, &[]);
    let wanted: Vec<_> = (0..205).map(|number| format!("user{number:03}")).collect();
    assert_eq!(all, wanted);
    let plain = machine.run(&["user", "list"]);
    assert_eq!(
        (plain.stdout.lines().count(), plain.stderr.as_str()),
        (205, "")
    );
    for (limit, count, cut) in [("1", 1, true), ("100", 100, true), ("205", 205, false)] {
        let ran = machine.run(&["user", "list", "--limit", limit]);
        assert_eq!(ran.stdout.lines().count(), count, "{limit}");
        assert_eq!(ran.stderr.contains("there are more"), cut, "{limit}");
    }

    let mut command = machine.command(&["user", "list"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut reader = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    reader.read_line(&mut first).expect("read");
    drop(reader);
    let ran = super::finished(child.wait_with_output());
    assert!(first.contains("user000"), "{first}");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}
