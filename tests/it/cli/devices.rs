//! `keydesk user devices` and `forget-device`.

use serde_json::json;

use super::Machine;
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed_and_forgotten() {
    let desk = TestApp::start_today().await;
    desk.person("ada", "MEMBER").await;
    let machine = Machine::beside(&desk);
    let none = machine.run(&["user", "devices", "ada"]);
    assert_eq!(
        (none.code, none.stdout.as_str(), none.stderr.as_str()),
        (0, "", "ada has no trusted device\n")
    );
    desk.browser("ada", "192.0.2.7", None).await;
    let listed = machine.json(&["user", "devices", "ada@example.org", "--json"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["ipAddress"], "192.0.2.7");
    let id = listed[0]["id"].as_str().expect("an id");
    assert_eq!(desk.newest_device("ada").await, listed[0]["id"]);
    let line = machine.run(&["user", "devices", "ada"]).stdout;
    assert!(line.starts_with(id) && line.contains("192.0.2.7"), "{line}");

    let wrong = machine.run(&["user", "forget-device", "nonsense"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("keydesk user devices"), "{wrong:?}");
    let done = machine.json(&["user", "forget-device", id, "--reason", "lost", "--json"]);
    assert_eq!(done, json!({ "deviceId": id, "changed": true }));
    let again = machine.run(&["user", "forget-device", id]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("no account knows"), "{again:?}");
    assert_eq!(desk.newest_device("ada").await, json!(null));
    assert_eq!(desk.events("device.revoked").await, 1);
}
