//! Asking for a link: what everybody is told, and what becomes of it.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::app::{TestApp, operation};
use crate::support::recovery::token_in;

const ASK: &str = "mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) \
                   { flowId errors { code message path } } }";

#[tokio::test]
async fn a_mail_with_a_link_and_a_code_goes_to_whoever_asks_by_username_or_address() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    for login in ["ada", "ADA", "Ada@Example.org"] {
        let mailed = desk.mailed(login).await;
        assert_eq!((mailed.token.len(), mailed.code.len()), (43, 8), "{login}");
        assert_eq!(mailed.flow_id.len(), 22);
    }
    let sent = desk.mailer.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|mail| mail.to == "ada@example.org"));
    let text = &sent[0].content.text;
    assert!(
        text.contains("20 minutes") && text.contains("10 minutes"),
        "{text}"
    );
    assert_eq!(desk.events("user.password.reset_requested").await, 3);
    let after = desk.snapshot().await;
    assert_eq!(after.count("password_reset_requests"), 0);
}

#[tokio::test]
async fn every_login_has_the_same_answer_and_leaves_the_same_row() {
    let desk = TestApp::start().await;
    desk.person("olga", "MEMBER").await;
    desk.user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    desk.person("off", "MEMBER").await;
    desk.run("disableUser", json!({ "login": "off" })).await;
    let mut shapes = Vec::new();
    for login in ["olga", "nobody", "ldap", "off", "a@b@c", "no@example.org"] {
        let answer = desk
            .run_as_nobody("requestPasswordReset", json!({ "login": login }))
            .await;
        let mut root = answer.root().clone();
        assert_eq!(root["flowId"].as_str().map(str::len), Some(22));
        root["flowId"] = Value::Null;
        let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        shapes.push((answer.status, headers, root));
    }
    assert!(
        shapes.iter().all(|shape| *shape == shapes[0]),
        "{shapes:#?}"
    );
    let rows = desk
        .rows("SELECT * FROM password_reset_requests", vec![])
        .await;
    assert_eq!(rows.len(), 6);
    let text = format!("{rows:?}");
    // Neither of them can stand in an identifier by chance, as a word of hexadecimal digits can.
    assert!(!text.contains("olga") && !text.contains("nobody"), "{text}");
}

#[tokio::test]
async fn asking_takes_the_same_statements_for_every_login() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let mut counts = Vec::new();
    for login in ["ada", "nobody", "ada@example.org"] {
        let before = desk.statements();
        desk.forgot(login).await;
        counts.push(desk.statements() - before);
    }
    assert_eq!(counts, [counts[0]; 3]);
}

#[tokio::test]
async fn asking_changes_nothing_about_the_account() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let token = desk.session("ada").await;
    let sql = "SELECT * FROM users UNION ALL SELECT * FROM users";
    let before = desk.rows(sql, vec![]).await;
    desk.forgot("ada").await;
    assert_eq!(desk.rows(sql, vec![]).await, before);
    desk.mailed("ada").await;
    assert_eq!(desk.rows(sql, vec![]).await, before, "nor by the mail");
    assert!(desk.verifies(&ada, crate::support::people::PASSWORD).await);
    let account = desk
        .ask_as(Some(&token), "{ account { username } }", json!({}))
        .await;
    assert_eq!(account.root()["username"], "ada");
}

#[tokio::test]
async fn nobody_is_mailed_who_has_no_verified_address_or_may_not_sign_in() {
    let desk = TestApp::start().await;
    desk.user(
        "unverified",
        json!({ "email": "u@example.org", "generate": true }),
    )
    .await;
    desk.user("bare", json!({ "generate": true })).await;
    for name in ["off", "gone"] {
        desk.person(name, "MEMBER").await;
    }
    desk.run("disableUser", json!({ "login": "off" })).await;
    desk.run("deleteUser", json!({ "login": "gone" })).await;
    desk.deliver().await;
    let before = desk.mailer.sent().len();
    let logins = [
        "unverified",
        "u@example.org",
        "bare",
        "off",
        "gone",
        "nobody",
    ];
    for login in logins {
        desk.forgot(login).await;
    }
    assert_eq!(desk.see_to_requests().await, 6);
    desk.deliver().await;
    assert_eq!(desk.mailer.sent().len(), before);
    let sql = "SELECT error_code, outcome FROM audit_events WHERE action = $1 ORDER BY id";
    let rows = desk
        .rows(sql, vec!["user.password.reset_requested".into()])
        .await;
    let codes: Vec<&str> = rows
        .iter()
        .map(|row| row["error_code"].as_str().expect("a code"))
        .collect();
    assert!(
        rows.iter().all(|row| row["outcome"] == "FAILED"),
        "{rows:?}"
    );
    for code in [
        "EMAIL_NOT_VERIFIED",
        "EMAIL_MISSING",
        "USER_DISABLED",
        "USER_NOT_FOUND",
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert_eq!(desk.snapshot().await.count("password_reset_requests"), 0);
}

#[tokio::test]
async fn whoever_signs_in_elsewhere_is_told_where_and_gets_no_link() {
    let desk = TestApp::start().await;
    let ldap = json!({
        "authenticationSource": "LDAP", "email": "lu@example.org", "emailVerified": true,
        "locale": "de"
    });
    desk.user("lu", ldap).await;
    desk.forgot("lu").await;
    desk.see_to_requests().await;
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a mail");
    assert!(mail.content.subject.contains("anmelden"), "{mail:?}");
    assert!(mail.content.text.contains("Verzeichnis"));
    assert_eq!(token_in(&mail.content.text, "reset"), None);
    assert_eq!(desk.snapshot().await.count("one_time_links"), 0);
}

#[tokio::test]
async fn an_account_gets_three_mails_and_then_one_an_hour_and_nobody_is_told() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let count = async || {
        for _ in 0..5 {
            desk.forgot("ada").await;
        }
        desk.see_to_requests().await;
        desk.deliver().await;
        desk.mailer.sent().len()
    };
    assert_eq!(count().await, 3);
    desk.app.clock.advance(Duration::from_mins(59));
    assert_eq!(count().await, 3);
    desk.app.clock.advance(Duration::from_mins(1));
    assert_eq!(count().await, 4);
}

#[tokio::test]
async fn one_network_asks_ten_times_and_then_ten_times_an_hour_whatever_the_login() {
    let desk = TestApp::start().await;
    let desk2 = desk.second_replica().await;
    let ask = async |ip: &str, number: usize| {
        let on = if number.is_multiple_of(2) {
            &desk
        } else {
            &desk2
        };
        let input = json!({ "input": { "login": format!("nobody{number}") } });
        on.ask_from(ip, ASK, input).await
    };
    for number in 0..10 {
        let ip = format!("2001:db8::{number:x}");
        assert_eq!(ask(&ip, number).await.codes(), Vec::<String>::new());
    }
    let refused = ask("2001:db8::ffff:1", 0).await;
    assert_eq!(refused.codes(), ["RATE_LIMITED"], "{refused:#?}");
    assert_eq!(ask("2001:db8:1::1", 1).await.codes(), Vec::<String>::new());
    assert_eq!(ask("192.0.2.1", 1).await.codes(), Vec::<String>::new());
    desk.app.clock.advance(Duration::from_mins(6));
    assert_eq!(ask("2001:db8::1", 1).await.codes(), Vec::<String>::new());
    assert_eq!(ask("2001:db8::1", 0).await.codes(), ["RATE_LIMITED"]);
    let rows = desk.snapshot().await.count("password_reset_requests");
    assert_eq!(rows, 13, "refused ones leave no row");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_with_the_next_step() {
    let desk = TestApp::with(
        "[security.recovery]\nredirect_urls = [\"https://portal.example.org/done\"]\n",
    )
    .await;
    let ask = async |input: Value| {
        let answer = desk.ask_as(None, ASK, json!({ "input": input })).await;
        (
            answer.codes().join(","),
            answer.root()["errors"][0]["path"].clone(),
        )
    };
    let (code, path) = ask(json!({ "login": " " })).await;
    assert_eq!(
        (code.as_str(), path),
        ("INVALID_INPUT", json!(["input", "login"]))
    );
    let long = "a".repeat(513);
    assert_eq!(ask(json!({ "login": long })).await.0, "INVALID_INPUT");
    for url in [
        "https://portal.example.org/done/",
        "https://portal.example.org/done?x",
        "https://portal.example.org",
        "https://portal.example.org.evil.test/done",
        "//portal.example.org/done",
        "javascript:alert(1)",
        "",
    ] {
        let (code, _) = ask(json!({ "login": "ada", "redirectUrl": url })).await;
        assert_eq!(code, "REDIRECT_URL_NOT_ALLOWED", "{url}");
    }
    let good = "https://portal.example.org/done";
    assert_eq!(
        ask(json!({ "login": "ada", "redirectUrl": good })).await.0,
        ""
    );
}

#[tokio::test]
async fn an_array_of_logins_is_no_login() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let logins = json!(["ada", "mallory@example.test"]);
    let answer = desk
        .run_as_nobody("requestPasswordReset", json!({ "login": logins }))
        .await;
    assert_eq!(answer.status, 400, "{answer:#?}");
    assert_eq!(desk.snapshot().await.count("password_reset_requests"), 0);
}

#[tokio::test]
async fn where_it_is_switched_off_or_no_mail_can_go_out_it_is_refused() {
    for settings in [
        "[security.recovery]\nself_service = false\n",
        "[mail.transport]\nkind = \"none\"\n",
    ] {
        let desk = TestApp::with(settings).await;
        desk.user("ada", json!({ "generate": true })).await;
        let answer = desk
            .run_as_nobody("requestPasswordReset", json!({ "login": "ada" }))
            .await;
        assert_eq!(answer.codes(), ["SELF_SERVICE_DISABLED"], "{settings}");
        let options = desk.run_as_nobody("signInOptions", json!({})).await;
        assert_eq!(options.root()["selfServiceResetEnabled"], false);
    }
    let desk = TestApp::start().await;
    let options = desk.run_as_nobody("signInOptions", json!({})).await;
    assert_eq!(options.root()["selfServiceResetEnabled"], true);
    assert_eq!(options.root()["locales"], json!(["en", "de"]));
}

#[tokio::test]
async fn the_mail_is_in_the_language_of_the_account_or_else_of_the_installation() {
    for (default, expected) in [("en", [false, true, false]), ("de", [true, true, false])] {
        let desk = TestApp::with(&format!("[mail]\ndefault_locale = \"{default}\"\n")).await;
        desk.person("ada", "MEMBER").await;
        for (login, locale) in [("uwe", "de-AT"), ("eve", "en-GB")] {
            let email = format!("{login}@example.org");
            let more = json!({ "email": email, "emailVerified": true, "generate": true, "locale": locale });
            desk.user(login, more).await;
        }
        for login in ["ada", "uwe", "eve"] {
            let body = json!({ "query": ASK, "variables": { "input": { "login": login } } });
            let asked = Request::post("/public/graphql")
                .header("content-type", "application/json")
                .header("accept-language", "de")
                .body(Body::from(body.to_string()))
                .expect("a request");
            assert_eq!(desk.send(asked).await.codes(), [""; 0]);
            desk.see_to_requests().await;
        }
        desk.deliver().await;
        let sent = desk.mailer.sent();
        let is_german = sent
            .iter()
            .map(|mail| mail.content.text.contains("Guten Tag"));
        assert_eq!(is_german.collect::<Vec<_>>(), expected, "{default}");
    }
}

#[tokio::test]
async fn nobody_who_asks_can_name_a_language() {
    let desk = TestApp::start().await;
    let input = json!({ "login": "ada", "locale": "de" });
    let refused = desk.ask_as(None, ASK, json!({ "input": input })).await;
    assert_eq!(refused.status, 400, "{refused:#?}");
    // A row of an earlier release, in which whoever asked had named one.
    desk.person("ada", "MEMBER").await;
    desk.forgot("ada").await;
    desk.write("UPDATE password_reset_requests SET locale = 'de'", vec![])
        .await;
    desk.see_to_requests().await;
    desk.deliver().await;
    let mail = desk.mailer.sent().pop().expect("a mail");
    assert!(!mail.content.text.contains("Guten Tag"), "{mail:?}");
}

#[tokio::test]
async fn a_request_that_a_killed_worker_held_is_seen_to_by_another_one_once() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    desk.person("ada", "MEMBER").await;
    desk.forgot("ada").await;
    let held = desk
        .app
        .clock
        .now()
        .plus(Duration::from_secs(30))
        .as_millis();
    let sql = "UPDATE password_reset_requests SET claimed_until = $1, attempts = 1";
    desk.write(sql, vec![held.into()]).await;
    assert_eq!(other.see_to_requests().await, 0);
    desk.app.clock.advance(Duration::from_secs(30));
    let seen = futures_util::future::join(desk.see_to_requests(), other.see_to_requests()).await;
    assert_eq!(seen.0 + seen.1, 1);
    assert_eq!(desk.snapshot().await.count("one_time_links"), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_opened_or_always_breaks_is_given_up_and_holds_up_no_other() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.forgot("ada").await;
    let sql = "UPDATE password_reset_requests SET login_sealed = flow_hash";
    desk.write(sql, vec![]).await;
    desk.forgot("ada").await;
    let sql = "UPDATE password_reset_requests SET attempts = 5 WHERE login_sealed <> flow_hash";
    desk.write(sql, vec![]).await;
    desk.forgot("ada").await;
    assert_eq!(desk.see_to_requests().await, 3);
    let after = desk.snapshot().await;
    assert_eq!(after.count("password_reset_requests"), 0);
    assert_eq!(after.count("one_time_links"), 1);
}

#[tokio::test]
async fn a_request_that_waited_for_over_an_hour_is_dropped() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.forgot("ada").await;
    desk.app.clock.advance(Duration::from_mins(61));
    assert_eq!(desk.see_to_requests().await, 1);
    assert_eq!(desk.snapshot().await.count("one_time_links"), 0);
}

#[tokio::test]
async fn on_the_public_endpoint_it_is_the_same() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let document = operation("requestPasswordReset");
    let answer = desk
        .ask_from("192.0.2.7", &document, json!({ "login": "ada" }))
        .await;
    assert_eq!(answer.codes(), Vec::<String>::new());
    desk.see_to_requests().await;
    let sql = "SELECT ip_address, via, actor_kind FROM audit_events WHERE action = $1";
    let rows = desk
        .rows(sql, vec!["user.password.reset_requested".into()])
        .await;
    assert_eq!(
        rows,
        [json!({ "ip_address": "192.0.2.7", "via": "GRAPHQL", "actor_kind": "ANONYMOUS" })]
    );
}
