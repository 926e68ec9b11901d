//! Making a link or a code to hand over.

use keydesk::domain::one_time_links;
use keydesk::types::actor::{Permission, Role};
use serde_json::{Value, json};

use super::{CREATE, GOOD, ask, ask_as, assert_refused, choose, statuses, token};
use crate::support::app::TestApp;
use crate::support::people::PASSWORD;

#[tokio::test]
async fn the_address_is_given_once_and_no_mail_goes_out() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let more = json!({ "idempotencyKey": "once", "qrCode": true });
    let first = ask(&app, CREATE, "ada", more.clone()).await;
    assert_eq!(first.codes(), [""; 0]);
    let url = first.root()["url"].as_str().expect("an address").to_owned();
    let token = token(&url);
    assert_eq!(url, format!("https://id.example.org/reset/{token}"));
    assert_eq!(token.len(), 43);
    let drawing = first.root()["qrCodeSvg"].as_str().expect("a drawing");
    assert!(drawing.contains("<svg") && !drawing.contains(&token));
    let link = &first.root()["link"];
    assert_eq!(
        (&link["origin"], &link["signInOnUse"], &link["mailDelivery"]),
        (&json!("ADMIN_HANDOVER"), &json!(false), &Value::Null)
    );
    assert!(first.root()["code"].is_null() && first.root()["enterCodeAt"].is_null());

    let before = app.snapshot().await;
    assert!(!before.holds(&token) && before.count("outbox_emails") == 0);
    let again = ask(&app, CREATE, "ada", more).await;
    let mut wanted = first.root().clone();
    wanted["isReplay"] = json!(true);
    wanted["url"] = Value::Null;
    wanted["qrCodeSvg"] = Value::Null;
    assert_eq!(again.root(), &wanted);
    assert_eq!(app.snapshot().await, before);
    assert_eq!(
        choose(&app, &token, GOOD).await,
        Ok(false),
        "nobody is signed in"
    );
}

#[tokio::test]
async fn a_code_is_read_out_typed_in_somehow_and_works_once() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let more = json!({ "delivery": "CODE", "expiresInSeconds": 900 });
    let made = ask(&app, CREATE, "ada", more).await;
    let code = made.root()["code"].as_str().expect("a code").to_owned();
    assert_eq!(
        made.root()["enterCodeAt"],
        "https://id.example.org/reset/code"
    );
    assert!(made.root()["url"].is_null() && made.root()["qrCodeSvg"].is_null());
    let groups: Vec<&str> = code.split('-').collect();
    assert!(
        groups.len() == 4 && groups.iter().all(|group| group.len() == 4),
        "{code}"
    );
    assert!(one_time_links::parse_spoken(&code).is_ok());
    let snapshot = app.snapshot().await;
    assert!(!snapshot.holds(&code) && !snapshot.holds(&code.replace('-', "")));
    let sloppy = code.to_lowercase().replace('-', " ").replace('0', "o");
    assert_eq!(choose(&app, &sloppy, GOOD).await, Ok(false));
    assert!(choose(&app, &code, PASSWORD).await.is_err(), "once");
    assert_eq!(statuses(&app, "ada").await, ["USED"]);
}

#[tokio::test]
async fn a_link_signs_in_only_where_it_was_made_to_and_only_with_an_accepted_password() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let made = ask(&app, CREATE, "ada", json!({ "signInOnUse": true })).await;
    assert_eq!(made.root()["link"]["signInOnUse"], true);
    let token = token(made.root()["url"].as_str().expect("an address"));
    assert!(choose(&app, &token, "short").await.is_err());
    assert_eq!(app.snapshot().await.count("sessions"), 0);
    assert_eq!(choose(&app, &token, GOOD).await, Ok(true));
    assert_eq!(app.snapshot().await.count("sessions"), 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_makes_no_link() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    app.member("gone").await;
    app.run("disableUser", json!({ "login": "gone", "reason": "left" }))
        .await;
    for (user, more, wanted) in [
        ("nobody", json!({}), ("USER_NOT_FOUND", Some("user"))),
        ("gone", json!({}), ("USER_DISABLED", None)),
        (
            "ldap",
            json!({}),
            ("NOT_BUILT_IN_AUTHENTICATION", Some("user")),
        ),
        (
            "ada",
            json!({ "qrCode": true, "delivery": "CODE" }),
            ("INVALID_INPUT", Some("qrCode")),
        ),
        (
            "ada",
            json!({ "expiresInSeconds": 0 }),
            ("INVALID_INPUT", Some("expiresInSeconds")),
        ),
        (
            "ada",
            json!({ "redirectUrl": "https://evil.example.net/" }),
            ("REDIRECT_URL_NOT_ALLOWED", Some("redirectUrl")),
        ),
    ] {
        assert_refused(&app, (CREATE, user, more), wanted).await;
    }
    let unnamed = TestApp::with_server(|server| server.public_url = None).await;
    unnamed.member("ada").await;
    assert_refused(
        &unnamed,
        (CREATE, "ada", json!({})),
        ("PUBLIC_URL_MISSING", None),
    )
    .await;
}

#[tokio::test]
async fn people_confirm_who_they_are_and_make_no_link_for_themselves_or_their_betters() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.person("boss", "OWNER").await;
    app.person("admin", "ADMIN").await;
    let admin = app.session("admin").await;
    let refused = ask_as(&app, &admin, CREATE, ("ada", json!({}))).await;
    assert_eq!(refused.codes(), ["STEP_UP_REQUIRED"]);
    let own = json!({ "actorPassword": PASSWORD });
    for (user, code) in [
        ("admin", "CANNOT_TARGET_SELF"),
        ("boss", "TARGET_NOT_MANAGEABLE"),
    ] {
        let refused = ask_as(&app, &admin, CREATE, (user, own.clone())).await;
        assert_eq!(refused.codes(), [code]);
        assert!(refused.root()["url"].is_null());
    }
    let wrong = json!({ "actorPassword": "wrong" });
    let refused = ask_as(&app, &admin, CREATE, ("ada", wrong)).await;
    assert_eq!(refused.codes(), ["INCORRECT_PASSWORD"]);
    assert_eq!(app.snapshot().await.count("one_time_links"), 0);
    let made = ask_as(&app, &admin, CREATE, ("ada", own)).await;
    assert!(made.root()["url"].is_string());
    let reader = app.key(&[Permission::UsersRead], Role::Owner).await;
    let refused = ask_as(
        &app,
        &reader,
        CREATE,
        ("ada", json!({ "qrCode": true, "delivery": "CODE" })),
    )
    .await;
    assert_eq!(refused.codes(), ["FORBIDDEN"], "before the input is judged");
}
