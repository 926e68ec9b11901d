//! Changing one's own password.

use serde_json::json;

use super::{change, text, viewer};
use crate::support::app::TestApp;
use crate::support::people::PASSWORD;

const NEXT: &str = "lantern seven plum orbit";

#[tokio::test]
async fn it_is_replaced_others_end_and_the_user_is_told() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let (token, other) = (desk.session("ada").await, desk.session("ada").await);
    let changed = change(&desk, &token, PASSWORD, NEXT).await;
    assert_eq!(changed.root()["revokedSessionCount"], 1);
    let renewed = text(&changed.root()["sessionToken"]);
    assert_eq!(viewer(&desk, &renewed).await.root()["role"], "MEMBER");
    for gone in [&token, &other] {
        assert_eq!(viewer(&desk, gone).await.status, 401);
    }
    assert!(desk.verifies(&ada, NEXT).await);
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    desk.deliver().await;
    let mail = desk.mailer.sent();
    assert_eq!(mail.len(), 1);
    assert!(
        mail[0].content.subject.contains("password was changed"),
        "{mail:?}"
    );
    assert_eq!(desk.events("user.password.changed").await, 1);
}

#[tokio::test]
async fn every_link_that_was_out_is_void_afterwards() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let asked_for = desk.mailed("ada").await;
    let document = "mutation($input: CreatePasswordResetLinkInput!) { createPasswordResetLink(input: \
                    $input) { url errors { code } } }";
    let input = json!({ "user": { "login": "ada" }, "revokePreviousLinks": false });
    let made = desk.ask(document, json!({ "input": input })).await;
    let url = text(&made.root()["url"]);
    let handed_over = url.rsplit('/').next().expect("a token");
    let token = desk.session("ada").await;
    let changed = change(&desk, &token, PASSWORD, NEXT).await;
    assert_eq!(changed.codes(), [""; 0], "{changed:#?}");
    let (login, flow_id) = ("ada", &asked_for.flow_id);
    let exchanged = desk.verify_code(login, flow_id, &asked_for.code).await;
    assert_eq!(exchanged.codes(), ["CODE_INVALID"]);
    for link in [asked_for.token.as_str(), handed_over] {
        let answer = desk
            .complete(link, "harbour kettle, seven brass moons")
            .await;
        assert_eq!(answer.codes(), ["TOKEN_REVOKED"], "{answer:#?}");
    }
    assert!(desk.verifies(&ada, NEXT).await);
}

#[tokio::test]
async fn a_wrong_present_one_a_weak_new_one_and_the_same_again_are_refused() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let token = desk.session("ada").await;
    let wrong = change(&desk, &token, "not it", NEXT).await;
    assert_eq!(wrong.codes(), ["INCORRECT_PASSWORD"]);
    assert_eq!(
        wrong.root()["errors"][0]["path"],
        json!(["input", "currentPassword"])
    );
    let weak = change(&desk, &token, PASSWORD, "short").await;
    assert!(
        weak.codes()
            .iter()
            .all(|code| code == "PASSWORD_POLICY_VIOLATED"),
        "{weak:#?}"
    );
    assert_eq!(
        weak.root()["errors"][0]["path"],
        json!(["input", "newPassword"])
    );
    let same = change(&desk, &token, PASSWORD, PASSWORD).await;
    assert_eq!(same.codes(), ["PASSWORD_POLICY_VIOLATED"]);
    assert!(desk.verifies(&ada, PASSWORD).await);
}

#[tokio::test]
async fn of_a_change_and_a_reset_at_once_the_last_one_stands_and_no_session_outlives_it() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let other = desk.second_replica().await;
    for _ in 0..10 {
        let reset = desk
            .run("resetPasswordGenerated", json!({ "login": "ada" }))
            .await;
        let first = text(&reset.root()["generatedPassword"]);
        let signed = desk.sign_in("ada", &first).await;
        let token = text(&signed.root()["sessionToken"]);
        let (changed, reset, late) = tokio::join!(
            change(&desk, &token, &first, NEXT),
            other.run("resetPasswordGenerated", json!({ "login": "ada" })),
            other.sign_in("ada", &first),
        );
        let second = text(&reset.root()["generatedPassword"]);
        // Whatever order they came in, the reset ended every session that stood on another password.
        for token in [
            &changed.body["data"]["changePassword"]["sessionToken"],
            &late.root()["sessionToken"],
        ] {
            let Some(token) = token.as_str() else {
                continue;
            };
            let answer = desk
                .ask_as(Some(token), "{ account { username } }", json!({}))
                .await;
            let is_present = desk.verifies(&ada, NEXT).await;
            assert_eq!(answer.status == 200, is_present, "{changed:#?}\n{late:#?}");
        }
        assert!(desk.verifies(&ada, &second).await || desk.verifies(&ada, NEXT).await);
    }
}

#[tokio::test]
async fn after_a_demanded_change_no_other_session_goes_on_whatever_was_asked() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let reset = desk
        .run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    let temporary = text(&reset.root()["generatedPassword"]);
    let session = async || {
        let answer = desk.sign_in("ada", &temporary).await;
        text(&answer.root()["sessionToken"])
    };
    let (own, other) = (session().await, session().await);
    let document = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { \
                    revokedSessionCount errors { code } } }";
    let input = json!({
        "currentPassword": temporary, "newPassword": NEXT, "revokeOtherSessions": false
    });
    let changed = desk
        .ask_as(Some(&own), document, json!({ "input": input }))
        .await;
    assert_eq!(changed.root()["revokedSessionCount"], 1, "{changed:#?}");
    assert_eq!(viewer(&desk, &other).await.status, 401);
}
