//! Choosing a new password with a link, through the API.

use std::time::Duration;

use keydesk::domain::one_time_links::{self, LinkForm, LinkOrigin, LinkPurpose, NewLink};
use keydesk::types::actor::Actor;
use keydesk::types::secret::Secret;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::people::PASSWORD;
use crate::support::recovery::token_in;
use crate::support::rows::id_of;

const NEXT: &str = "lantern seven plum orbit";

/// A link as an administrator hands it over.
async fn handed_over(desk: &TestApp, user: &str, change: impl FnOnce(&mut NewLink)) -> String {
    let kind = (LinkPurpose::PasswordReset, LinkOrigin::AdminHandover);
    let mut new = NewLink::plain(id_of(user), kind, Duration::from_hours(1));
    change(&mut new);
    let txn = desk.app.db.begin_write().await.expect("begun");
    let actor = Actor::operator("test");
    let now = desk.app.clock.now();
    let minted = one_time_links::mint(&txn, &desk.app, &actor, new, now).await;
    txn.commit().await.expect("committed");
    minted.expect("minted").token.expose().to_owned()
}

async fn viewer(desk: &TestApp, token: &str) -> axum::http::StatusCode {
    let answer = desk.ask_as(Some(token), "{ viewer { role } }", json!({}));
    answer.await.status
}

#[tokio::test]
async fn it_ends_sessions_and_links_signs_nobody_in_and_tells_the_owner() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let session = desk.session("ada").await;
    let older = handed_over(&desk, &ada, |_| ()).await;
    let mailed = desk.mailed("ada").await;
    let weak = desk.complete(&mailed.token, "qwertyuiop").await;
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
    let done = desk.complete(&mailed.token, NEXT).await;
    let root = done.root();
    assert_eq!(root["revokedSessionCount"], 1, "{done:#?}");
    assert_eq!(root["completedAt"], "2026-11-21T09:30:00Z");
    assert_eq!(root["sessionToken"], Value::Null);
    assert!(done.headers.get("set-cookie").is_none());
    assert!(desk.verifies(&ada, NEXT).await);
    assert_eq!(viewer(&desk, &session).await, 401);
    assert_eq!(
        desk.verify_token(&older).await.codes(),
        ["TOKEN_REVOKED"],
        "links of all origins end"
    );
    let subjects = desk.subjects().await;
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[1].contains("password was changed"), "{subjects:?}");
    assert_eq!(
        desk.sign_in("ada", NEXT).await.root()["outcome"],
        "SIGNED_IN"
    );
}

#[tokio::test]
async fn every_state_has_its_code_and_its_next_step() {
    let desk = TestApp::start().await;
    let mut states = Vec::new();
    for name in ["used", "old", "closed", "changed", "moved"] {
        let user = desk.person(name, "MEMBER").await;
        states.push((name, handed_over(&desk, &user, |_| ()).await));
    }
    desk.complete(&states[0].1, NEXT).await;
    let old = desk.run("oneUser", json!({ "login": "old" })).await;
    let old = old.root()["id"].as_str().expect("an id").to_owned();
    desk.app.clock.advance(Duration::from_mins(1));
    handed_over(&desk, &old, |_| ()).await;
    desk.run("disableUser", json!({ "login": "closed" })).await;
    desk.run("resetPasswordGenerated", json!({ "login": "changed" }))
        .await;
    let patch = "mutation { updateUser(input: { user: { login: \"moved\" }, \
                 patch: { authenticationSource: LDAP } }) { errors { code } } }";
    desk.ask(patch, json!({})).await;
    for ((name, token), (code, words)) in states.iter().zip([
        ("TOKEN_USED", "used at 2026-11-21T09:30"),
        (
            "TOKEN_SUPERSEDED",
            "newer link was made at 2026-11-21T09:31",
        ),
        ("USER_DISABLED", "disabled"),
        ("TOKEN_REVOKED", "password was changed"),
        ("TOKEN_REVOKED", "account was changed"),
    ]) {
        for answer in [
            desk.verify_token(token).await,
            desk.complete(token, NEXT).await,
        ] {
            assert_eq!(answer.codes(), [code], "{name}: {answer:#?}");
            let message = answer.root()["errors"][0]["message"].to_string();
            assert!(message.contains(words), "{name}: {message}");
            assert!(
                message.contains("sk ") || message.contains("Sign in"),
                "{message}"
            );
        }
    }
    for unknown in ["", "x", &"A".repeat(43)] {
        let answer = desk.verify_token(unknown).await;
        assert_eq!(answer.codes(), ["TOKEN_INVALID"], "{unknown}");
        assert_eq!(
            answer.root()["errors"][0]["path"],
            json!(["input", "token"])
        );
    }
}

#[tokio::test]
async fn looking_at_a_token_changes_nothing() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    let before = desk.snapshot().await;
    for _ in 0..3 {
        let seen = desk.verify_token(&mailed.token).await;
        assert_eq!(seen.codes(), Vec::<String>::new());
        assert!(seen.root()["passwordPolicy"]["descriptions"][0].is_string());
    }
    assert_eq!(desk.snapshot().await, before);
}

#[tokio::test]
async fn a_link_leads_on_to_the_page_it_was_asked_with() {
    let url = "https://portal.example.org/done";
    let settings = format!("[security.recovery]\nredirect_urls = [\"{url}\"]\n");
    let desk = TestApp::with(&settings).await;
    desk.person("ada", "MEMBER").await;
    let ask = "mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) \
               { errors { code } } }";
    let input = json!({ "login": "ada", "redirectUrl": url });
    desk.ask_as(None, ask, json!({ "input": input })).await;
    desk.see_to_requests().await;
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a mail");
    let token = token_in(&mail.content.text, "reset").expect("a link");
    let done = desk.complete(&token, NEXT).await;
    assert_eq!(done.root()["redirectUrl"], url);
}

#[tokio::test]
async fn only_a_link_that_was_made_for_it_signs_in_and_only_with_an_accepted_password() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "ADMIN").await;
    let before = desk.session("ada").await;
    let token = handed_over(&desk, &ada, |new| new.sign_in_on_use = true).await;
    let weak = desk.complete(&token, "short").await;
    assert!(weak.root()["sessionToken"].is_null());
    let done = desk.complete(&token, NEXT).await;
    let session = done.root()["sessionToken"].as_str().expect("a token");
    assert_eq!(viewer(&desk, session).await, 200);
    assert_eq!(viewer(&desk, &before).await, 401);
    assert_eq!(done.root()["revokedSessionCount"], 1);
    assert_eq!(desk.events("sign_in").await, 2);
    assert_eq!(desk.complete(&token, NEXT).await.codes(), ["TOKEN_USED"]);
    let document = "query($id: ID!) { user(id: $id) { lastSignInAt } }";
    let shown = desk.ask(document, json!({ "id": ada })).await;
    assert!(shown.root()["lastSignInAt"].is_string(), "{shown:#?}");
}

#[tokio::test]
async fn a_link_that_signs_in_gives_a_cookie_where_one_is_wanted() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let token = handed_over(&desk, &ada, |new| new.sign_in_on_use = true).await;
    let document = "mutation($input: CompletePasswordResetInput!) { completePasswordReset(input: \
                    $input) { sessionToken account { username } errors { code } } }";
    let input = json!({ "token": token, "newPassword": NEXT, "transport": "COOKIE" });
    let done = desk.ask_as(None, document, json!({ "input": input })).await;
    assert_eq!(done.root()["sessionToken"], Value::Null);
    assert_eq!(done.root()["account"]["username"], "ada");
    let cookie = done.headers["set-cookie"].to_str().expect("a text");
    assert!(
        cookie.starts_with("__Host-keydesk_session=kds_"),
        "{cookie}"
    );
    assert!(cookie.contains("HttpOnly"), "{cookie}");
}

#[tokio::test]
async fn a_code_that_was_read_out_works_wherever_a_token_does() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let code = handed_over(&desk, &ada, |new| new.form = LinkForm::Spoken).await;
    let sloppy = code.to_lowercase().replace('-', " ");
    assert_eq!(
        desk.verify_token(&sloppy).await.codes(),
        Vec::<String>::new()
    );
    let done = desk.complete(&sloppy, NEXT).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    assert!(desk.verifies(&ada, NEXT).await);
}

#[tokio::test]
async fn a_locked_account_is_opened_by_a_link_and_a_link_is_sent_to_it() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.write(
        "UPDATE users SET failed_sign_ins = 100, locked_until = 253402214400000, lock_notices = 2",
        vec![],
    )
    .await;
    let mailed = desk.mailed("ada").await;
    desk.complete(&mailed.token, NEXT).await;
    assert_eq!(
        desk.sign_in("ada", NEXT).await.root()["outcome"],
        "SIGNED_IN"
    );
}

#[tokio::test]
async fn one_network_tries_so_many_tokens_and_no_more() {
    let desk = TestApp::start().await;
    let document = "mutation($token: Password!) { verifyPasswordResetToken(input: { token: $token }) \
                    { errors { code } } }";
    let mut refused = 0;
    for number in 0..65 {
        let token = Secret::random_token();
        let variables = json!({ "token": token.expose() });
        let ip = if number < 64 {
            "192.0.2.9"
        } else {
            "192.0.2.8"
        };
        let codes = desk.ask_from(ip, document, variables).await.codes();
        if codes == ["RATE_LIMITED"] {
            refused += 1;
        } else {
            assert_eq!(codes, ["TOKEN_INVALID"]);
        }
    }
    assert_eq!(refused, 4);
}

#[tokio::test]
async fn the_old_password_no_longer_signs_in() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let mailed = desk.mailed("ada").await;
    desk.complete(&mailed.token, NEXT).await;
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
}
