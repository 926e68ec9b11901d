//! `keydesk mail`.

use serde_json::json;

use super::Machine;
use crate::support::app::TestApp;

async fn queued(desk: &TestApp) -> String {
    let mailed = desk.run("resetPasswordByMail", json!({ "login": "ada" }));
    let mailed = mailed.await;
    let id = mailed.root()["mailDelivery"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{mailed:#?}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_listed_by_what_is_asked_for_and_shown_without_their_secret() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    desk.member("bea").await;
    let mail = queued(&desk).await;
    let machine = Machine::beside(&desk);
    let count = |arguments: &[&str]| {
        let listed = machine.json(&[&["mail", "list", "--json"], arguments].concat());
        listed.as_array().expect("a list").len()
    };
    assert_eq!(count(&[]), 1);
    assert_eq!(count(&["--status", "queued", "--status", "sent"]), 1);
    assert_eq!(count(&["--status", "failed"]), 0);
    assert_eq!(count(&["--kind", "new-password", "--user", "ada"]), 1);
    assert_eq!(count(&["--user", "bea"]), 0);
    assert_eq!(count(&["--domain", "EXAMPLE.org"]), 1);
    assert_eq!(count(&["--recipient", "Ada@example.org"]), 1);

    let listed = machine.run(&["mail", "list"]);
    assert!(listed.stdout.starts_with(&mail), "{listed:?}");
    let shown = machine.run(&["mail", "show", &mail]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for words in ["Subject: ", "••••••", "QUEUED", "carriesSecret"] {
        assert!(shown.stdout.contains(words), "{words}: {shown:?}");
    }
    let shown = machine.json(&["mail", "show", &mail, "--json"]);
    assert_eq!(shown["isCancellable"], true);
    assert_eq!(shown["attempts"], json!([]));
    assert!(shown["content"]["htmlBody"].is_string());
    for (arguments, code, words) in [
        (
            &["mail", "list", "--status", "sennt"][..],
            2,
            "did you mean sent?",
        ),
        (
            &["mail", "show", "user_none"],
            2,
            "keydesk mail list shows them",
        ),
        (&["mail", "list", "--domain", "org"], 2, "full domain name"),
        (&["mail", "list", "--limit", "0"], 2, "a number from 1 on"),
        (&["mail", "list", "--user", "adda"], 1, "did you mean ada?"),
    ] {
        let ran = machine.run(arguments);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_tried_again_cancelled_and_tried_out_as_in_the_api() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    let mail = queued(&desk).await;
    let machine = Machine::beside(&desk);
    let done = machine.run(&["mail", "retry", &mail, "--reason", "the server is back"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("is due now"), "{done:?}");
    let done = machine.json(&["mail", "cancel", &mail, "--json"]);
    assert_eq!(done["status"], "CANCELLED");
    let refused = machine.run(&["mail", "retry", &mail]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let words = "Make a new one with keydesk user reset-password NAME --send-email.";
    assert!(refused.stderr.contains(words), "{refused:?}");

    let sample = [
        "mail",
        "test",
        "you@example.org",
        "--kind",
        "welcome",
        "--locale",
        "de",
    ];
    let done = machine.json(&[&sample[..], &["--json"]].concat());
    assert_eq!(done["kind"], "WELCOME");
    assert_eq!(done["status"], "QUEUED");
    let refused = machine.run(&["mail", "test", "nobody"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let trail = "{ auditEvents(filter: { actions: [MAIL_DELIVERY_RETRIED, MAIL_DELIVERY_CANCELLED, \
                 MAIL_TEST_SENT] }) { nodes { action reason user { username } } } }";
    let trail = desk.ask(trail, json!({})).await;
    assert_eq!(
        trail.root()["nodes"],
        json!([
            { "action": "MAIL_TEST_SENT", "reason": null, "user": null },
            { "action": "MAIL_DELIVERY_CANCELLED", "reason": null, "user": { "username": "ada" } },
            { "action": "MAIL_DELIVERY_RETRIED", "reason": "the server is back",
              "user": { "username": "ada" } },
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_address_is_shown_with_its_user_and_cleared_by_either_name() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let mark = async |address: &str| {
        let sql =
            "INSERT INTO failing_addresses (address_key, reason, failed_at) VALUES ($1, $2, $3)";
        let values = vec![address.into(), "550 no such user".into(), 1_i64.into()];
        desk.write(sql, values).await;
    };
    for (address, login) in [
        ("ada@example.org", "ada"),
        ("ada@example.org", "ADA@example.org"),
        ("gone@example.org", "gone@example.org"),
    ] {
        mark(address).await;
        if login == "ada" {
            let shown = machine.json(&["user", "show", "ada", "--json"]);
            assert_eq!(shown["emailFailure"]["reason"], "550 no such user");
            let shown = machine.run(&["user", "show", "ada"]);
            assert!(shown.stdout.contains("550 no such user"), "{shown:?}");
        }
        let clear = ["mail", "clear-failure", login, "--json"];
        assert_eq!(machine.json(&clear)["changed"], true, "{login}");
        assert_eq!(machine.json(&clear)["changed"], false, "{login}");
    }
    assert_eq!(desk.events("mail.address.cleared").await, 3);
    let refused = machine.run(&["mail", "clear-failure", "adda"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("did you mean ada?"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_mail_sent_to_a_failing_address_is_warned() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    desk.write("UPDATE users SET email_verified_at = 1", vec![])
        .await;
    let machine = Machine::beside(&desk);
    let reset = ["user", "reset-password", "ada", "--generate"];
    let mailed = [&reset[..], &["--send-email"]].concat();
    let link = ["user", "send-reset-email", "ada"];
    for arguments in [&mailed[..], &link] {
        let ran = machine.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!ran.stderr.contains("warning"), "{ran:?}");
    }

    let sql = "INSERT INTO failing_addresses (address_key, reason, failed_at) VALUES ($1, $2, $3)";
    let values = vec![
        "ada@example.org".into(),
        "550 5.1.1 no such user".into(),
        1_i64.into(),
    ];
    desk.write(sql, values).await;
    for arguments in [&mailed[..], &link] {
        let ran = machine.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let words = "ada@example.org was refused for good: 1970-01-01T00:00:00.001Z, 550 5.1.1 no such user";
        let mend = "keydesk mail clear-failure ada\n";
        assert!(ran.stderr.contains(words), "{ran:?}");
        assert!(ran.stderr.contains(mend), "{ran:?}");
        let said = machine.json(&[arguments, &["--json"]].concat());
        assert_eq!(
            said["emailFailure"]["reason"], "550 5.1.1 no such user",
            "{said}"
        );
    }
    // No mail, no warning.
    let ran = machine.run(&reset);
    assert!(!ran.stderr.contains("warning"), "{ran:?}");
}
