//! “This was not me.”

use std::time::Duration;

use keydesk::domain::password_reset::{
    self, NotMe, NotMeDone, NotMeError, NotMeLink, look_not_me, report_not_me,
};
use keydesk::types::actor::{Origin, Via};
use keydesk::types::secret::Secret;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::people::PASSWORD;
use crate::support::recovery::token_in;
use crate::support::rows::id_of;

const NEXT: &str = "lantern seven plum orbit";

/// Changes the password of somebody by their own hand, and gives the token of the notice.
async fn noticed(desk: &TestApp, username: &str) -> (String, String) {
    let session = desk.session(username).await;
    let document = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { \
                    sessionToken errors { code } } }";
    let input = json!({ "currentPassword": PASSWORD, "newPassword": NEXT });
    let changed = desk
        .ask_as(Some(&session), document, json!({ "input": input }))
        .await;
    let session = changed.root()["sessionToken"].as_str().expect("a token");
    (session.to_owned(), last_token(desk).await)
}

async fn last_token(desk: &TestApp) -> String {
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a mail");
    let text = &mail.content.text;
    assert!(mail.content.html.contains("not-me"));
    token_in(text, "not-me").unwrap_or_else(|| panic!("{text}"))
}

async fn report(desk: &TestApp, token: &str, login: &str) -> Result<NotMeDone, NotMeError> {
    let command = NotMe {
        token: Secret::new(token.to_owned()),
        login: login.to_owned(),
    };
    report_not_me(&desk.app, Origin::local(Via::Web), command).await
}

async fn look(desk: &TestApp, token: &str) -> NotMeLink {
    let token = Secret::new(token.to_owned());
    look_not_me(&desk.app, &token).await.expect("looked")
}

async fn works(desk: &TestApp, token: &str) -> bool {
    let answer = desk.ask_as(Some(token), "{ account { username } }", json!({}));
    answer.await.status == 200
}

#[tokio::test]
async fn it_blocks_the_password_ends_sessions_and_links_and_says_so() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let (session, token) = noticed(&desk, "ada").await;
    let link = desk.mailed("ada").await;
    let done = report(&desk, &token, " Ada@Example.org ").await;
    let done = done.expect("reported");
    assert_eq!(done.revoked_sessions, 1);
    assert!(!works(&desk, &session).await);
    let failed = desk.sign_in("ada", NEXT).await;
    assert_eq!(failed.codes(), ["INVALID_CREDENTIALS"]);
    assert_eq!(
        desk.verify_token(&link.token).await.codes(),
        ["TOKEN_REVOKED"]
    );
    assert_eq!(desk.events("user.password.change_disputed").await, 1);
    let subjects = desk.subjects().await;
    assert!(
        subjects.last().expect("a mail").contains("blocked"),
        "{subjects:?}"
    );
    let mail = desk.mailer.sent().pop().expect("a mail");
    assert!(mail.content.text.contains("https://id.example.org/forgot"));
    let document = "query($id: ID!) { user(id: $id) { passwordStatus { blockedAt isSet } } }";
    let shown = desk.ask(document, json!({ "id": ada })).await;
    assert_eq!(
        shown.root()["passwordStatus"],
        json!({ "blockedAt": "2026-11-21T09:30:00Z", "isSet": true })
    );
}

#[tokio::test]
async fn only_a_reset_lifts_it_and_the_blocked_password_cannot_come_back() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let (_, token) = noticed(&desk, "ada").await;
    report(&desk, &token, "ada").await.expect("reported");
    desk.write("UPDATE users SET failed_sign_ins = 5", vec![])
        .await;
    desk.run("unlockUser", json!({ "login": "ada" })).await;
    assert_eq!(
        desk.sign_in("ada", NEXT).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    let mailed = desk.mailed("ada").await;
    let same = desk.complete(&mailed.token, NEXT).await;
    assert_eq!(same.codes(), ["PASSWORD_POLICY_VIOLATED"], "{same:#?}");
    let last = "amber quill harbour moons";
    let done = desk.complete(&mailed.token, last).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    assert_eq!(
        desk.sign_in("ada", last).await.root()["outcome"],
        "SIGNED_IN"
    );
    let document = "query($id: ID!) { user(id: $id) { passwordStatus { blockedAt } } }";
    let shown = desk.ask(document, json!({ "id": ada })).await;
    assert!(shown.root()["passwordStatus"]["blockedAt"].is_null());
}

#[tokio::test]
async fn nothing_or_another_name_changes_nothing_and_tries_are_limited() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("bea", "MEMBER").await;
    let (session, token) = noticed(&desk, "ada").await;
    let before = desk.snapshot().await;
    for login in ["", "  ", "\u{0}"] {
        let refused = report(&desk, &token, login).await.expect_err("refused");
        assert!(matches!(refused, NotMeError::WrongAccount), "{refused:?}");
    }
    for _ in 0..9 {
        let refused = report(&desk, &token, "bea").await.expect_err("refused");
        assert!(matches!(refused, NotMeError::WrongAccount), "{refused:?}");
    }
    let after = desk.snapshot().await.but_for_denials();
    assert_eq!(after, before.but_for_denials());
    let refused = report(&desk, &token, "ada").await.expect_err("refused");
    assert!(matches!(refused, NotMeError::RateLimited(_)), "{refused:?}");
    assert!(works(&desk, &session).await);
    desk.app.clock.advance(Duration::from_mins(12));
    report(&desk, &token, "ada").await.expect("reported");
}

#[tokio::test]
async fn the_link_of_a_notice_works_once_for_three_days_and_until_the_next_change() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let (_, first) = noticed(&desk, "ada").await;
    assert!(matches!(look(&desk, &first).await, NotMeLink::Ready { .. }));
    desk.run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    assert!(matches!(look(&desk, &first).await, NotMeLink::Over { .. }));
    let over = report(&desk, &first, "ada").await.expect_err("refused");
    assert!(
        matches!(over, NotMeError::Link(NotMeLink::Over { .. })),
        "{over:?}"
    );
    let second = last_token(&desk).await;
    report(&desk, &second, "ada").await.expect("reported");
    let again = report(&desk, &second, "ada").await.expect_err("refused");
    assert!(
        matches!(again, NotMeError::Link(NotMeLink::Used { .. })),
        "{again:?}"
    );
    let mailed = desk.mailed("ada").await;
    desk.complete(&mailed.token, "amber quill harbour moons")
        .await;
    let third = last_token(&desk).await;
    desk.app.clock.advance(Duration::from_hours(72));
    assert!(matches!(
        look(&desk, &third).await,
        NotMeLink::Expired { .. }
    ));
    assert_eq!(look(&desk, "unknown").await, NotMeLink::Unknown);
}

#[tokio::test]
async fn a_notice_opens_nothing_else_and_no_other_link_disputes() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let (_, token) = noticed(&desk, "ada").await;
    assert_eq!(desk.verify_token(&token).await.codes(), ["TOKEN_INVALID"]);
    assert_eq!(
        desk.complete(&token, "amber quill harbour moons")
            .await
            .codes(),
        ["TOKEN_INVALID"]
    );
    let mailed = desk.mailed("ada").await;
    assert_eq!(look(&desk, &mailed.token).await, NotMeLink::Unknown);
}

#[tokio::test]
async fn keys_of_a_blocked_person_end_and_no_reset_brings_them_back() {
    let desk = TestApp::start().await;
    let boss = desk.person("boss", "OWNER").await;
    let session = desk.session("boss").await;
    let (_, key) = desk.own_key(&session, json!({})).await;
    assert!(works(&desk, &key).await);
    let txn = desk.app.db.begin_write().await.expect("begun");
    let user = keydesk::domain::users::lock_own(&txn, &desk.app, id_of(&boss)).await;
    let mut user = user.expect("asked").expect("a user");
    let now = desk.app.clock.now();
    let ended = password_reset::block(&txn, &mut user, now).await;
    let ended = ended.expect("blocked");
    assert_eq!((ended.sessions, ended.api_keys), (1, 1));
    txn.commit().await.expect("committed");
    assert!(!works(&desk, &key).await);
    let mailed = desk.mailed("boss").await;
    desk.complete(&mailed.token, NEXT).await;
    assert!(!works(&desk, &key).await);
}

#[tokio::test]
async fn a_sign_in_that_races_the_report_never_outlives_it() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    for round in 0..10 {
        let name = format!("ada{round}");
        desk.person(&name, "MEMBER").await;
        let (_, token) = noticed(&desk, &name).await;
        let (signed, _) =
            futures_util::future::join(other.sign_in(&name, NEXT), report(&desk, &token, &name))
                .await;
        if let Some(token) = signed.root()["sessionToken"].as_str() {
            assert!(!works(&desk, token).await, "round {round}");
        }
    }
}
