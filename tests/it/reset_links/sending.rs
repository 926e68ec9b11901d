//! Mailing a link.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use futures_util::future::join_all;
use keydesk::types::actor::{Permission, Role};
use keydesk::types::clock::Timestamp;
use serde_json::{Value, json};

use super::{GOOD, SEND, ask, ask_as, assert_refused, choose, mailed_link, statuses, token};
use crate::support::app::{Answer, TestApp};
use crate::support::hold::{USER_READ, meanwhile};
use crate::support::people::PASSWORD;

const ALLOWED: &str = "https://portal.example.org/done";

fn with_pages() -> String {
    format!("[security.recovery]\nredirect_urls = [\"{ALLOWED}\"]\n")
}

#[tokio::test]
async fn the_link_goes_to_the_stored_address_and_works_once() {
    let app = TestApp::with(&with_pages()).await;
    app.person("ada", "MEMBER").await;
    let more = json!({ "expiresInSeconds": 1800, "redirectUrl": ALLOWED, "locale": "de-AT" });
    let answer = ask(&app, SEND, "ada", more).await;
    assert_eq!(answer.codes(), [""; 0]);
    let (link, mail) = (&answer.root()["link"], &answer.root()["mailDelivery"]);
    assert_eq!(
        (&link["status"], &link["origin"], &link["redirectUrl"]),
        (&json!("ACTIVE"), &json!("ADMIN_EMAIL"), &json!(ALLOWED))
    );
    assert_eq!(
        (&mail["kind"], &mail["recipient"], &mail["locale"]),
        (
            &json!("PASSWORD_RESET_LINK"),
            &json!("ada@example.org"),
            &json!("de-AT")
        )
    );
    assert_eq!(app.deliver().await, 1);
    let sent = app.mailer.sent().pop().expect("a mail");
    assert_eq!(sent.to, "ada@example.org");
    let words = sent.content.text.replace('\n', " ");
    assert!(
        words.contains("gilt 30 Minuten, bis 2026-11-21 10:00 UTC"),
        "{words}"
    );
    assert!(words.contains("die Administration von"), "{words}");

    let token = token(&mailed_link(&app));
    assert!(!answer.body.to_string().contains(&token));
    assert!(
        !app.snapshot().await.holds(&token),
        "the token is stored nowhere"
    );
    assert_eq!(choose(&app, &token, GOOD).await, Ok(false));
    let again = choose(&app, &token, PASSWORD).await.expect_err("once");
    assert!(again.contains("Used"), "{again}");
    assert_eq!(statuses(&app, "ada").await, ["USED"]);
}

#[tokio::test]
async fn what_the_mail_says_of_its_end_is_what_is_enforced() {
    let app = TestApp::start().await;
    app.member("ada").await;
    for (seconds, words) in [
        (None, "1 hour"),
        (Some(60), "1 minute"),
        (Some(86_400), "24 hours"),
    ] {
        let more = json!({ "expiresInSeconds": seconds, "locale": "en" });
        let answer = ask(&app, SEND, "ada", more).await;
        let text = |field: &str| {
            answer.root()["link"][field]
                .as_str()
                .expect("a moment")
                .to_owned()
        };
        let [made, end] = ["createdAt", "expiresAt"]
            .map(|field| Timestamp::parse_rfc3339(&text(field)).expect("a moment"));
        app.deliver().await;
        let sent = app.mailer.sent().pop().expect("a mail");
        let said = sent.content.text.replace('\n', " ");
        assert!(
            said.contains(&format!("valid for {words}, until")),
            "{said}"
        );
        let span = Duration::from_secs(seconds.unwrap_or(3_600));
        assert_eq!(made.until(end), span);
        let token = token(&mailed_link(&app));
        app.app.clock.advance(span);
        let late = choose(&app, &token, GOOD).await.expect_err("too late");
        assert!(late.contains("Expired"), "{late}");
    }
}

#[tokio::test]
async fn the_caller_cannot_choose_where_the_link_leads() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let body = json!({ "query": SEND, "variables": { "input": { "user": { "login": "ada" } } } });
    let mut request = Request::builder().method(Method::POST).uri("/graphql");
    for (name, value) in [
        ("content-type", "application/json"),
        ("authorization", &format!("Bearer {}", app.owner_key())),
        ("host", "evil.example.net"),
        ("x-forwarded-host", "evil.example.net"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example.net"),
        ("referer", "https://evil.example.net/"),
    ] {
        request = request.header(name, value);
    }
    let request = request
        .body(Body::from(body.to_string()))
        .expect("a request");
    let answer = app.send(request).await;
    assert_eq!(answer.codes(), [""; 0]);
    app.deliver().await;
    let sent = app.mailer.sent().pop().expect("a mail");
    let whole = format!("{}{}", sent.content.text, sent.content.html);
    assert!(!whole.contains("evil"), "{whole}");
    assert!(mailed_link(&app).starts_with("https://id.example.org/reset/"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_changes_nothing() {
    let app = TestApp::with(&with_pages()).await;
    app.member("ada").await;
    app.user("bare", json!({ "generate": true })).await;
    let unverified = json!({ "email": "new@example.org", "generate": true });
    app.user("new", unverified).await;
    app.user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    app.member("gone").await;
    app.run("disableUser", json!({ "login": "gone", "reason": "left" }))
        .await;
    let none = || json!({});
    for (user, more, wanted) in [
        ("nobody", none(), ("USER_NOT_FOUND", Some("user"))),
        ("bare", none(), ("EMAIL_MISSING", None)),
        ("new", none(), ("EMAIL_NOT_VERIFIED", None)),
        ("gone", none(), ("USER_DISABLED", None)),
        (
            "ldap",
            none(),
            ("NOT_BUILT_IN_AUTHENTICATION", Some("user")),
        ),
        (
            "ada",
            json!({ "expiresInSeconds": 59 }),
            ("INVALID_INPUT", Some("expiresInSeconds")),
        ),
        (
            "ada",
            json!({ "expiresInSeconds": 86_401 }),
            ("INVALID_INPUT", Some("expiresInSeconds")),
        ),
        (
            "ada",
            json!({ "expiresInSeconds": -1 }),
            ("INVALID_INPUT", Some("expiresInSeconds")),
        ),
        (
            "ada",
            json!({ "locale": "not a tag" }),
            ("INVALID_INPUT", Some("locale")),
        ),
        (
            "ada",
            json!({ "reason": "\u{1b}[2J" }),
            ("INVALID_INPUT", Some("reason")),
        ),
        (
            "ada",
            json!({ "idempotencyKey": "" }),
            ("INVALID_INPUT", Some("idempotencyKey")),
        ),
    ] {
        assert_refused(&app, (SEND, user, more), wanted).await;
    }
    for url in [
        "https://portal.example.org/done/",
        "https://portal.example.org/Done",
        "https://portal.example.org/done?next=//evil.example.net",
        "https://portal.example.org/done#x",
        "https://portal.example.org/",
        "http://portal.example.org/done",
        "https://portal.example.org.evil.example.net/done",
        "//evil.example.net",
        "javascript:alert(1)",
        "",
    ] {
        let wanted = ("REDIRECT_URL_NOT_ALLOWED", Some("redirectUrl"));
        assert_refused(&app, (SEND, "ada", json!({ "redirectUrl": url })), wanted).await;
    }
    let mute = TestApp::with("[mail.transport]\nkind = \"none\"\n").await;
    mute.member("ada").await;
    assert_refused(&mute, (SEND, "ada", none()), ("MAIL_NOT_CONFIGURED", None)).await;
}

#[tokio::test]
async fn a_refusal_to_mail_passwords_names_the_mail_with_a_link() {
    let app = TestApp::with("mail_passwords = \"forbid\"\n").await;
    app.member("ada").await;
    let refused = app
        .run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    assert_eq!(refused.codes(), ["PASSWORD_MAIL_DISABLED"]);
    let message = refused.root()["errors"][0]["message"]
        .as_str()
        .expect("a text");
    assert!(message.contains("sendPasswordResetEmail"), "{message}");
    assert_eq!(ask(&app, SEND, "ada", json!({})).await.codes(), [""; 0]);
}

#[tokio::test]
async fn an_invalidated_password_opens_nothing_until_the_link_is_used() {
    let app = TestApp::start().await;
    app.person("ada", "MEMBER").await;
    let session = app.session("ada").await;
    let more = json!({ "invalidatePassword": true, "reason": "phished" });
    let answer = ask(&app, SEND, "ada", more).await;
    assert_eq!(answer.codes(), [""; 0]);
    assert_eq!(answer.root()["revokedSessionCount"], 1);
    assert_eq!(
        app.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    let asked = app
        .ask_as(Some(&session), "{ viewer { role } }", json!({}))
        .await;
    assert_eq!(asked.status, 401, "the session ended");
    app.deliver().await;
    let sent = app.mailer.sent().pop().expect("a mail");
    assert!(
        sent.content
            .text
            .contains("Your old password no longer works")
    );
    assert_eq!(
        choose(&app, &token(&mailed_link(&app)), GOOD).await,
        Ok(false)
    );
    assert_eq!(
        app.sign_in("ada", GOOD).await.root()["outcome"],
        "SIGNED_IN"
    );
}

#[tokio::test]
async fn people_are_asked_for_their_password_only_when_the_user_s_is_taken_away() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.person("boss", "OWNER").await;
    let boss = app.session("boss").await;
    let sent = ask_as(&app, &boss, SEND, ("ada", json!({}))).await;
    assert_eq!(sent.codes(), [""; 0]);
    let before = app.snapshot().await;
    let block = json!({ "invalidatePassword": true });
    let refused = ask_as(&app, &boss, SEND, ("ada", block.clone())).await;
    assert_eq!(refused.codes(), ["STEP_UP_REQUIRED"]);
    assert_eq!(app.snapshot().await, before);
    let with = json!({ "invalidatePassword": true, "actorPassword": PASSWORD });
    let done = ask_as(&app, &boss, SEND, ("ada", with)).await;
    assert_eq!(done.codes(), [""; 0]);
    let own = ask_as(&app, &boss, SEND, ("boss", json!({}))).await;
    assert_eq!(own.codes(), ["CANNOT_TARGET_SELF"]);
    // One by boss, one with a blocked password; the second took the place of the first.
    let links = statuses(&app, "ada").await;
    assert_eq!(links.iter().filter(|status| *status == "ACTIVE").count(), 1);
}

#[tokio::test]
async fn twenty_requests_with_one_key_at_once_send_one_mail() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    app.member("ada").await;
    let more = json!({ "idempotencyKey": "once", "reason": "asked" });
    let replicas = [&app, &replica].into_iter().cycle().take(20);
    let answers = join_all(replicas.map(|app| ask(app, SEND, "ada", more.clone()))).await;
    let done = answers
        .iter()
        .filter(|answer| answer.root()["isReplay"] == false);
    assert_eq!(done.count(), 1);
    for answer in &answers {
        assert_eq!(answer.codes(), [""; 0]);
        let ids = |answer: &Value| {
            (
                answer["link"]["id"].clone(),
                answer["mailDelivery"]["id"].clone(),
            )
        };
        assert_eq!(ids(answer.root()), ids(answers[0].root()));
    }
    let snapshot = app.snapshot().await;
    assert_eq!(
        (
            snapshot.count("one_time_links"),
            snapshot.count("outbox_emails")
        ),
        (1, 1)
    );
    assert_eq!(app.events("user.password.link.sent").await, 1);
    let other = json!({ "idempotencyKey": "once", "reason": "another" });
    let wanted = ("IDEMPOTENCY_KEY_REUSED", Some("idempotencyKey"));
    assert_refused(&app, (SEND, "ada", other), wanted).await;
}

#[tokio::test]
async fn of_many_sent_at_once_one_link_works() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    app.member("ada").await;
    let replicas = [&app, &replica].into_iter().cycle().take(10);
    let answers = join_all(replicas.map(|app| ask(app, SEND, "ada", json!({})))).await;
    assert!(answers.iter().all(|answer| answer.codes().is_empty()));
    let links = statuses(&app, "ada").await;
    let count = |status: &str| links.iter().filter(|known| *known == status).count();
    assert_eq!((count("ACTIVE"), count("SUPERSEDED")), (1, 9));
    let kept = json!({ "revokePreviousLinks": false });
    ask(&app, SEND, "ada", kept).await;
    let links = statuses(&app, "ada").await;
    assert_eq!(links.iter().filter(|status| *status == "ACTIVE").count(), 2);
}

#[tokio::test]
async fn a_mail_whose_link_is_over_is_not_sent() {
    let app = TestApp::start().await;
    app.member("ada").await;
    ask(&app, SEND, "ada", json!({ "expiresInSeconds": 60 })).await;
    app.app.clock.advance(Duration::from_mins(1));
    app.deliver().await;
    assert!(app.mailer.sent().is_empty());
    let rows = app
        .rows("SELECT status, secret_sealed FROM outbox_emails", vec![])
        .await;
    assert_eq!(
        (&rows[0]["status"], &rows[0]["secret_sealed"]),
        (&json!("EXPIRED"), &Value::Null)
    );
}

#[tokio::test]
async fn a_helpdesk_mails_members_alone_and_the_trail_says_who_was_refused() {
    let app = TestApp::start().await;
    app.person("boss", "OWNER").await;
    app.member("ada").await;
    let help = app.key(&[Permission::PasswordsReset], Role::Helpdesk).await;
    let refused = ask_as(&app, &help, SEND, ("boss", json!({}))).await;
    assert_eq!(refused.codes(), ["USER_NOT_FOUND"]);
    let sent = ask_as(&app, &help, SEND, ("ada", json!({}))).await;
    assert_eq!(sent.codes(), [""; 0]);
    let sql = "SELECT outcome, target_label, changes FROM audit_events \
               WHERE action = 'user.password.link.sent' ORDER BY outcome";
    let rows = app.rows(sql, vec![]).await;
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row["outcome"].as_str(), row["target_label"].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (Some("DENIED"), Some("boss")),
            (Some("SUCCESS"), Some("ada"))
        ]
    );
}

/// Mails a link, or a password, to somebody whose address is changed after it was looked at.
async fn sent_meanwhile(
    document: &'static str,
    more: Value,
    is_verified: bool,
) -> (Arc<TestApp>, Answer) {
    let desk = Arc::new(TestApp::start().await);
    let replica = desk.second_replica().await;
    desk.person("ada", "MEMBER").await;
    let changing = async {
        let document = "mutation($patch: UserPatch!) { updateUser(input: { user: { login: \"ada\" }, \
                        patch: $patch }) { errors { code } } }";
        let patch = json!({ "email": "new@example.net", "emailVerified": is_verified });
        let changed = replica.ask(document, json!({ "patch": patch })).await;
        assert_eq!(changed.codes(), [""; 0], "{changed:#?}");
    };
    let send = |desk: Arc<TestApp>| async move { ask(&desk, document, "ada", more).await };
    let answer = meanwhile(&desk, USER_READ, send, changing).await;
    (desk, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_that_changed_meanwhile_is_judged_again_and_the_old_one_gets_nothing() {
    const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { \
                         errors { code } } }";
    let by_mail = json!({ "generate": true, "sendEmail": true });
    for (document, more) in [(SEND, json!({})), (RESET, by_mail)] {
        let (desk, answer) = sent_meanwhile(document, more.clone(), false).await;
        assert_eq!(answer.codes(), ["EMAIL_NOT_VERIFIED"], "{answer:#?}");
        let sql = "SELECT recipient FROM outbox_emails WHERE kind <> 'EMAIL_CHANGED'";
        assert_eq!(desk.rows(sql, vec![]).await.len(), 0, "{more}");

        let (desk, answer) = sent_meanwhile(document, more.clone(), true).await;
        assert_eq!(answer.codes(), [""; 0], "{answer:#?}");
        let sent = desk.rows(sql, vec![]).await;
        assert_eq!(sent, [json!({ "recipient": "new@example.net" })], "{more}");
    }
}
