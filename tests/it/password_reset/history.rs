//! Passwords that may not come back: the last chosen ones, and those a reset had to end.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, generated, reset};
use crate::support::app::{Answer, TestApp};
use crate::support::recovery::token_in;

const THIRD: &str = "violet ladder under quiet thunder";
const FOURTH: &str = "copper whistle beyond ninety fjords";
const ONE: &str = "[policy]\nhistory_count = 1\n";

/// A user who chose this password.
async fn with_chosen(desk: &TestApp, username: &str, password: &str) -> String {
    let more = json!({
        "email": format!("{username}@example.org"), "emailVerified": true,
        "password": password, "forceChangeOnLogin": false,
    });
    desk.user(username, more).await
}

fn lasting(password: &str) -> Value {
    json!({ "password": password, "forceChangeOnLogin": false })
}

fn assert_taken(answer: &Answer) {
    assert_eq!(answer.codes(), [""; 0], "{answer:#?}");
}

fn assert_reused(answer: &Answer, way: &str) {
    let errors = answer.root()["errors"].as_array().expect("errors");
    let rules: Vec<_> = errors.iter().map(|error| &error["rule"]).collect();
    assert_eq!(rules, ["REUSED"], "{way}: {answer:#?}");
}

/// Changes the own password with a session of that password.
async fn change_own(desk: &TestApp, login: &str, current: &str, new: &str) -> Answer {
    let signed_in = desk.sign_in(login, current).await;
    let token = signed_in.root()["sessionToken"].as_str();
    let token = token.unwrap_or_else(|| panic!("{signed_in:#?}"));
    let document = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { \
                    errors { code message ... on PasswordRuleError { rule } } } }";
    let input = json!({ "currentPassword": current, "newPassword": new });
    desk.ask_as(Some(token), document, json!({ "input": input }))
        .await
}

/// Chooses a password with a link that an administrator sent.
async fn by_link(desk: &TestApp, user: &str, new: &str) -> Answer {
    let send = "mutation($input: SendPasswordResetEmailInput!) { sendPasswordResetEmail(input: $input) \
                { errors { code message } } }";
    let answer = desk
        .ask(send, json!({ "input": { "user": { "id": user } } }))
        .await;
    assert_taken(&answer);
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a mail");
    let token = token_in(&mail.content.text, "reset").expect("a link");
    let document = "mutation($input: CompletePasswordResetInput!) { completePasswordReset(input: $input) \
                    { errors { code message ... on PasswordRuleError { rule } } } }";
    let input = json!({ "token": token, "newPassword": new });
    desk.ask_as(None, document, json!({ "input": input })).await
}

#[tokio::test]
async fn neither_the_replaced_nor_the_temporary_password_stays_after_a_reset() {
    let desk = TestApp::with(ONE).await;
    let ada = with_chosen(&desk, "ada", GOOD).await;
    let temporary = generated(&reset(&desk, &ada, json!({ "generate": true })).await);
    desk.app.clock.advance(Duration::from_secs(1));
    for old in [GOOD, temporary.as_str()] {
        assert_reused(&reset(&desk, &ada, lasting(old)).await, "an administrator");
        let forced = json!({ "password": old });
        assert_reused(&reset(&desk, &ada, forced).await, "a forced reset");
        let own = change_own(&desk, "ada", &temporary, old).await;
        assert_reused(&own, "the person");
        assert_reused(&by_link(&desk, &ada, old).await, "a link");
    }
    assert!(desk.verifies(&ada, &temporary).await);
    assert_taken(&change_own(&desk, "ada", &temporary, ALSO_GOOD).await);
    desk.app.clock.advance(Duration::from_secs(1));
    let back = change_own(&desk, "ada", ALSO_GOOD, GOOD).await;
    assert_taken(&back);
}

#[tokio::test]
async fn a_typed_temporary_password_takes_no_place_either() {
    let desk = TestApp::with(ONE).await;
    let ada = with_chosen(&desk, "ada", GOOD).await;
    for temporary in [THIRD, ALSO_GOOD] {
        assert_taken(&reset(&desk, &ada, json!({ "password": temporary })).await);
        desk.app.clock.advance(Duration::from_secs(1));
        let own = change_own(&desk, "ada", temporary, GOOD).await;
        assert_reused(&own, temporary);
    }
    assert_taken(&by_link(&desk, &ada, FOURTH).await);
    assert!(desk.verifies(&ada, FOURTH).await);
}

#[tokio::test]
async fn any_number_of_generated_passwords_pushes_no_chosen_one_out() {
    let desk = TestApp::start().await;
    let ada = with_chosen(&desk, "ada", GOOD).await;
    assert_taken(&reset(&desk, &ada, lasting(ALSO_GOOD)).await);
    for force in [true, false, true, false, true, false] {
        desk.app.clock.advance(Duration::from_secs(1));
        let made = json!({ "generate": true, "forceChangeOnLogin": force });
        assert_taken(&reset(&desk, &ada, made).await);
    }
    for old in [GOOD, ALSO_GOOD] {
        assert_reused(&by_link(&desk, &ada, old).await, old);
    }
    assert_taken(&by_link(&desk, &ada, THIRD).await);
    desk.app.clock.advance(Duration::from_secs(1));
    let recent = change_own(&desk, "ada", THIRD, ALSO_GOOD).await;
    assert_reused(&recent, "the last but one");
    let old = change_own(&desk, "ada", THIRD, GOOD).await;
    assert_taken(&old);
}

#[tokio::test]
async fn a_generated_password_that_was_reset_does_not_come_back_at_once() {
    let desk = TestApp::with(ONE).await;
    let ada = with_chosen(&desk, "ada", GOOD).await;
    let made = json!({ "generate": true, "forceChangeOnLogin": false });
    let had_to_go = generated(&reset(&desk, &ada, made).await);
    desk.app.clock.advance(Duration::from_secs(1));
    let temporary = generated(&reset(&desk, &ada, json!({ "generate": true })).await);
    for old in [had_to_go.as_str(), GOOD] {
        let own = change_own(&desk, "ada", &temporary, old).await;
        assert_reused(&own, "the person");
        assert_reused(&by_link(&desk, &ada, old).await, "a link");
    }
}

#[tokio::test]
async fn a_temporary_password_that_may_stay_takes_its_place() {
    let desk = TestApp::start().await;
    let ada = with_chosen(&desk, "ada", GOOD).await;
    assert_taken(&reset(&desk, &ada, json!({ "password": ALSO_GOOD })).await);
    let lift = json!({ "id": ada, "required": false });
    let document = "mutation($id: ID!, $required: Boolean!) { setMustChangePassword(input: \
                    { user: { id: $id }, mustChangePassword: $required }) { errors { code message } } }";
    assert_taken(&desk.ask(document, lift).await);
    desk.app.clock.advance(Duration::from_secs(1));
    assert_taken(&by_link(&desk, &ada, THIRD).await);
    let back = by_link(&desk, &ada, ALSO_GOOD).await;
    assert_reused(&back, "the last but one");
}

#[tokio::test]
async fn a_history_of_none_asks_for_nothing() {
    let desk = TestApp::with("[policy]\nhistory_count = 0\n").await;
    let ada = with_chosen(&desk, "ada", GOOD).await;
    assert_taken(&reset(&desk, &ada, json!({ "generate": true })).await);
    assert_taken(&by_link(&desk, &ada, GOOD).await);
    assert_eq!(desk.snapshot().await.count("password_history"), 0);
}
