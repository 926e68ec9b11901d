//! `keydesk user update`.

use serde_json::{Value, json};

use super::{Machine, Ran};
use crate::support::app::TestApp;
use crate::support::sdl::Sdl;

fn update(machine: &Machine, more: &[&str]) -> Ran {
    machine.run(&[&["user", "update"], more].concat())
}

#[tokio::test]
async fn several_fields_are_changed_at_once_and_cleared() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let all = [
        "username=Ada.King",
        "email=ada.king@example.org",
        "emailVerified=true",
        "name=Ada = King",
        "locale=de",
        "externalId=x-1",
        "role=helpdesk",
        "authenticationSource=ldap",
    ];
    let ran = update(
        &machine,
        &[&[ada.as_str()], &all[..], &["--reason", "married"]].concat(),
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.stderr
            .starts_with("updated Ada.King: username ada → Ada.King"),
        "{ran:?}"
    );
    let shown = machine.json(&["user", "show", "ada.king", "--json"]);
    let wanted = json!({
        "username": "Ada.King", "email": "ada.king@example.org", "name": "Ada = King",
        "locale": "de", "externalId": "x-1", "role": "HELPDESK", "authenticationSource": "LDAP",
        "passwordState": "ELSEWHERE"
    });
    for (field, value) in wanted.as_object().expect("fields") {
        assert_eq!(&shown[field], value, "{field}");
    }
    assert!(shown["emailVerifiedAt"].is_string());
    assert_eq!(shown["latestEvents"][0]["reason"], "married");
    assert_eq!(shown["latestEvents"][0]["actor"], "operator grace");

    let cleared = [
        "user",
        "update",
        "ada.king",
        "email=",
        "name=",
        "locale=",
        "externalId=",
    ];
    let after = machine.json(&[&cleared[..], &["--json"]].concat());
    assert_eq!(after["changed"], true);
    for field in ["email", "emailVerifiedAt", "name", "locale", "externalId"] {
        assert_eq!(after[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn what_is_so_already_is_called_unchanged_and_leaves_no_trace() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    let before = desk.snapshot().await;
    let machine = Machine::beside(&desk);
    let ran = update(&machine, &["ada", "role=member", "emailVerified=true"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.starts_with("unchanged: ada"), "{ran:?}");
    let same = machine.json(&["user", "update", "ada", "username=ada", "--json"]);
    assert_eq!(same["changed"], false);
    assert_eq!(desk.snapshot().await, before);

    let version = desk.version_of(&ada).await;
    let old = (version - 1).to_string();
    let stale = update(&machine, &["ada", "locale=de", "--if-version", &old]);
    assert_eq!(stale.code, 1, "{stale:?}");
    assert!(stale.stderr.contains(&version.to_string()), "{stale:?}");
    assert_eq!(desk.snapshot().await, before);
    let fresh = update(
        &machine,
        &["ada", "locale=de", "--if-version", &version.to_string()],
    );
    assert_eq!(fresh.code, 0, "{fresh:?}");
}

#[tokio::test]
async fn every_fault_is_told_at_once_and_nothing_is_changed() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    desk.member("bea").await;
    let before = desk.snapshot().await;
    let machine = Machine::beside(&desk);
    let faults = [
        "ada",
        "emial=x",
        "role=king",
        "username=",
        "email=nobody",
        "locale=zzzzz",
        "colour=red",
        "name",
        "locale=de",
        "password=hunter2-hunter2",
        "emailVerified=perhaps",
    ];
    let ran = update(&machine, &faults);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    for told in [
        "did you mean email?",
        "OWNER, ADMIN",
        "username: cannot be cleared",
        "exactly one @",
        "language tag",
        "\"colour\" is no field",
        "write name=VALUE",
        "locale: is given twice",
        "keydesk user reset-password",
        "true, false",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("hunter2"), "{ran:?}");

    for (arguments, code, hint) in [
        (
            &["ada", "email=nobody", "locale=zzzzz"][..],
            1,
            "language tag",
        ),
        (
            &["ada", "username=bea"],
            1,
            "another user has this username",
        ),
        (&["adda", "locale=de"], 1, "did you mean ada?"),
        (&["ada"], 2, "FIELD=VALUE"),
    ] {
        let ran = update(&machine, arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (code, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(ran.stderr.contains(hint), "{arguments:?} {ran:?}");
    }
    assert_eq!(desk.snapshot().await, before);
}

#[tokio::test]
async fn every_field_of_the_api_s_patch_is_known() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let fields = Sdl::full().input_fields("UserPatch");
    assert!(fields.len() >= 8, "{fields:?}");
    for field in fields {
        let ran = update(&machine, &["ada", &field, "nonsense=1"]);
        let wanted = format!("write {field}=VALUE");
        assert!(ran.stderr.contains(&wanted), "{field}: {ran:?}");
    }
}
