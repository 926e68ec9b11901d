//! `sendTestEmail`.

use std::time::Duration;

use serde_json::json;

use super::seen;
use crate::support::app::TestApp;
use crate::support::sdl::Sdl;

#[tokio::test]
async fn every_kind_of_mail_goes_to_the_named_address_in_the_named_language() {
    let desk = TestApp::start().await;
    for (number, kind) in Sdl::full().values("MailKind").into_iter().enumerate() {
        let locale = ["de", "en"][number % 2];
        let variables = json!({ "recipient": "Probe@example.org", "kind": kind, "locale": locale });
        let answer = desk.run("sendTestEmail", variables).await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{kind}: {answer:#?}");
        assert_eq!(desk.deliver().await, 1);
        let sent = desk.mailer.sent().pop().expect("a mail");
        assert_eq!(sent.to, "Probe@example.org", "{kind}");
        let marker = format!("lang=\"{locale}\"");
        assert!(sent.content.html.contains(&marker), "{kind}");
        let list = "{ mailDeliveries(first: 1) { nodes { id user { id } } } }";
        let newest = desk.ask(list, json!({})).await.root()["nodes"][0].clone();
        assert!(newest["user"].is_null(), "{kind}");
        let shown = seen(&desk, newest["id"].as_str().expect("an id")).await;
        assert_eq!(shown["status"], "SENT", "{kind}");
        assert!(shown["content"]["textBody"].is_string(), "{kind}");
        desk.app.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(desk.events("mail.test.sent").await, 12);
    let trail = "{ auditEvents(filter: { actions: [MAIL_TEST_SENT] }, first: 1) \
                 { nodes { targetLabel } } }";
    let trail = desk.ask(trail, json!({})).await;
    assert_eq!(trail.root()["nodes"][0]["targetLabel"], "P***@example.org");
}

#[tokio::test]
async fn ten_test_mails_go_out_at_once_and_then_one_a_minute() {
    let desk = TestApp::start().await;
    let send = async || {
        let variables = json!({ "recipient": "you@example.org", "kind": "TEST" });
        desk.run("sendTestEmail", variables).await
    };
    for _ in 0..10 {
        assert_eq!(send().await.codes(), Vec::<String>::new());
    }
    let refused = send().await;
    assert_eq!(refused.codes(), ["RATE_LIMITED"]);
    assert_eq!(refused.root()["errors"][0]["retryAfterSeconds"], 60);
    desk.app.clock.advance(Duration::from_mins(1));
    assert_eq!(send().await.codes(), Vec::<String>::new());
    assert_eq!(send().await.codes(), ["RATE_LIMITED"]);
    assert_eq!(desk.deliver().await, 11);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_its_input() {
    let desk = TestApp::start().await;
    let long = "x".repeat(36);
    for (variables, field) in [
        (json!({ "recipient": "nobody" }), "recipient"),
        (json!({ "recipient": "a@b@example.org" }), "recipient"),
        (
            json!({ "recipient": "a@example.org\nBcc: b@example.org" }),
            "recipient",
        ),
        (
            json!({ "recipient": "a@example.org", "locale": "../de" }),
            "locale",
        ),
        (
            json!({ "recipient": "a@example.org", "locale": long }),
            "locale",
        ),
    ] {
        let answer = desk.run("sendTestEmail", variables).await;
        assert_eq!(answer.codes(), ["INVALID_INPUT"], "{answer:#?}");
        assert_eq!(answer.root()["errors"][0]["path"], json!(["input", field]));
    }
    assert_eq!(desk.deliver().await, 0);
}

#[tokio::test]
async fn a_mail_with_a_link_needs_an_address_to_lead_to_and_any_mail_a_way_out() {
    let desk = TestApp::with_server(|server| server.public_url = None).await;
    for (kind, codes) in [
        ("PASSWORD_RESET_LINK", vec!["PUBLIC_URL_MISSING"]),
        ("PASSWORD_CHANGED", vec!["PUBLIC_URL_MISSING"]),
        ("NEW_PASSWORD", vec![]),
        ("TEST", vec![]),
    ] {
        let variables = json!({ "recipient": "you@example.org", "kind": kind });
        let answer = desk.run("sendTestEmail", variables).await;
        assert_eq!(answer.codes(), codes, "{kind}");
    }
    let desk = TestApp::with("[mail.transport]\nkind = \"none\"\n").await;
    let answer = desk.run("sendTestEmail", json!({ "recipient": "you@example.org" }));
    assert_eq!(answer.await.codes(), ["MAIL_NOT_CONFIGURED"]);
}
