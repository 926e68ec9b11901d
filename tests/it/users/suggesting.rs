//! Near names for a login that nobody has.

use keydesk::domain::users;
use keydesk::types::actor::{Actor, Origin, ReadError, Via};
use serde_json::json;

use crate::support::app::TestApp;

async fn suggested(app: &TestApp, typed: &str) -> Vec<String> {
    let actor = Actor::operator("test");
    let found = users::suggest(&app.app, &actor, typed).await;
    found.expect("looked")
}

#[tokio::test]
async fn a_slip_of_the_fingers_finds_the_name_that_was_meant() {
    let app = TestApp::start().await;
    for name in ["ada.lovelace", "adam", "grace", "zoe"] {
        app.member(name).await;
    }
    for (typed, wanted) in [
        ("ada.lovelcae", "ada.lovelace"),
        ("ada.lovelac", "ada.lovelace"),
        ("Grcae", "grace"),
        ("gracee", "grace"),
        ("zo\u{e9}", "zoe"),
        ("zoee", "zoe"),
        ("grace@exmaple.org", "grace@example.org"),
        ("graec@example.org", "grace@example.org"),
    ] {
        assert_eq!(suggested(&app, typed).await, [wanted], "{typed}");
    }
    assert_eq!(suggested(&app, "ada").await, ["adam", "ada.lovelace"]);
}

#[tokio::test]
async fn what_looks_like_nobody_suggests_nobody() {
    let app = TestApp::start().await;
    app.member("grace").await;
    for typed in ["", " ", "@", "x", "heidi", "%", "_", &"grace".repeat(1_000)] {
        assert_eq!(suggested(&app, typed).await, [""; 0], "{typed}");
    }
}

#[tokio::test]
async fn of_many_near_names_the_three_nearest_are_suggested() {
    let app = TestApp::start().await;
    for number in 0..6 {
        app.user(&format!("porter{number}"), json!({ "name": "Porter" }))
            .await;
    }
    let found = suggested(&app, "porter4x").await;
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], "porter4");
}

#[tokio::test]
async fn nobody_without_the_right_learns_names() {
    let app = TestApp::start().await;
    app.member("grace").await;
    let nobody = Actor::anonymous(Origin::local(Via::Web));
    let refused = users::suggest(&app.app, &nobody, "grase").await;
    assert!(matches!(refused, Err(ReadError::Denied(_))), "{refused:?}");
}
