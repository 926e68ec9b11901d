//! What `mailDeliveries` and `mailDelivery` show.

use keydesk::types::actor::{Permission, Role};
use serde_json::json;

use super::{leave, mail_to, plain_mail};
use crate::support::app::TestApp;

#[tokio::test]
async fn mails_are_found_by_the_domain_of_their_address_however_it_is_written() {
    let desk = TestApp::start().await;
    for address in [
        "a@example.org",
        "b@EXAMPLE.org",
        "c@sub.example.org",
        "d@example.org.evil.test",
        "e@bücher.example",
    ] {
        plain_mail(&desk, address).await;
    }
    let document = "query($domain: String!) { mailDeliveries(filter: { recipientDomain: $domain }) \
                    { totalCount nodes { recipient } } }";
    for (domain, expected) in [
        ("example.org", json!(["b@EXAMPLE.org", "a@example.org"])),
        ("Example.ORG", json!(["b@EXAMPLE.org", "a@example.org"])),
        ("sub.example.org", json!(["c@sub.example.org"])),
        ("BÜCHER.example", json!(["e@bücher.example"])),
        ("xn--bcher-kva.example", json!(["e@bücher.example"])),
        ("example.net", json!([])),
    ] {
        let answer = desk.ask(document, json!({ "domain": domain })).await;
        let nodes = answer.root()["nodes"].as_array().expect("nodes");
        let found: Vec<_> = nodes.iter().map(|node| node["recipient"].clone()).collect();
        assert_eq!(json!(found), expected, "{domain}");
        assert_eq!(answer.root()["totalCount"], found.len());
    }
    for domain in ["", "org", "127.0.0.1", "a@example.org", "exa mple.org"] {
        let answer = desk.ask(document, json!({ "domain": domain })).await;
        assert_eq!(answer.top_level(), Some("BAD_USER_INPUT"), "{domain}");
    }
}

#[tokio::test]
async fn every_try_is_shown_with_the_server_and_its_last_words() {
    let desk = TestApp::start().await;
    let mail = plain_mail(&desk, "you@example.org").await;
    let tries = json!([
        { "started_at_millis": 1_795_253_400_000_i64, "server": "mx.example.org:25",
          "took_millis": 1500, "outcome": "Postponed", "words": "451 busy" },
        { "started_at_millis": 1_795_253_460_000_i64, "server": "mx.example.org:25" },
    ]);
    let columns = format!(
        "attempts = '{tries}', attempt_count = 2, written_locale = 'de', locale = 'de-AT', \
         template_source = 'BUILT_IN'"
    );
    leave(&desk, &columns).await;
    let document = "query($id: ID!) { mailDelivery(id: $id) { attempts { startedAt server outcome \
                    words durationMilliseconds } wantedLocale locale templateSource carriesSecret } }";
    let answer = desk.ask(document, json!({ "id": mail })).await;
    let expected = json!({
        "attempts": [
            { "startedAt": "2026-11-21T09:30:00Z", "server": "mx.example.org:25",
              "outcome": "POSTPONED", "words": "451 busy", "durationMilliseconds": 1500 },
            { "startedAt": "2026-11-21T09:31:00Z", "server": "mx.example.org:25",
              "outcome": null, "words": null, "durationMilliseconds": null },
        ],
        "wantedLocale": "de-AT", "locale": "de", "templateSource": "BUILT_IN",
        "carriesSecret": false,
    });
    assert_eq!(answer.root(), &expected);
}

#[tokio::test]
async fn a_mail_is_shown_with_a_mask_in_the_place_of_its_secret_before_and_after_it_is_sent() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let password = mail_to(&desk, "ada").await;
    let link = desk.run("sendPasswordResetEmail", json!({ "login": "ada" }));
    let link = super::id(&link.await);
    let document =
        "query($id: ID!) { mailDelivery(id: $id) { content { subject textBody htmlBody } } }";
    for _ in ["waiting", "sent"] {
        let shown = desk.ask(document, json!({ "id": password })).await;
        let content = &shown.root()["content"];
        assert!(content["subject"].is_string(), "{shown:#?}");
        let text = content["textBody"].as_str().expect("a text");
        assert!(text.contains("Your new password:\n\n••••••\n"), "{text}");
        assert!(
            content["htmlBody"]
                .as_str()
                .expect("HTML")
                .contains("••••••")
        );

        let shown = desk.ask(document, json!({ "id": link })).await;
        let text = shown.root()["content"]["textBody"]
            .as_str()
            .expect("a text");
        assert!(
            text.contains("https://id.example.org/reset/••••••"),
            "{text}"
        );
        desk.deliver().await;
    }
    let sent = desk.mailer.sent();
    let all = "{ mailDeliveries { nodes { content { textBody htmlBody } } } }";
    let all = desk.ask(all, json!({})).await.body.to_string();
    let [password, link] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    let words = |text: &str, before: &str| {
        let after = text.split_once(before).expect(text).1;
        after.split_whitespace().next().expect("a word").to_owned()
    };
    let password = words(&password.content.text, "Your new password:");
    let token = words(&link.content.text, "https://id.example.org/reset/");
    for secret in [password, token] {
        assert!(secret.len() > 8 && !all.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn what_a_mail_says_needs_the_right_to_read_mail_and_is_gone_with_its_user() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let key = desk.key(&[Permission::PasswordsReset], Role::Owner).await;
    let document = "mutation { resetPassword(input: { user: { login: \"ada\" }, generate: true, \
                    sendEmail: true }) { mailDelivery { status content { subject } } \
                    errors { code } } }";
    let answer = desk.ask_as(Some(&key), document, json!({})).await;
    assert_eq!(answer.top_level(), Some("FORBIDDEN"), "{answer:#?}");
    assert_eq!(answer.root()["mailDelivery"]["status"], "QUEUED");
    assert!(answer.root()["mailDelivery"]["content"].is_null());

    leave(&desk, "details = '{}'").await;
    let shown = desk.ask(
        "{ mailDeliveries { nodes { content { subject } } } }",
        json!({}),
    );
    let shown = shown.await;
    assert!(shown.root()["nodes"][0]["content"].is_null(), "{shown:#?}");
    assert_eq!(shown.top_level(), None);
}
