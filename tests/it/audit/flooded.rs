//! Whoever floods the trail with refused attempts hides nothing by it.

use keydesk::domain::audit::{self, Attempt, AuditAction};
use keydesk::jobs::audit_sealing;
use keydesk::types::actor::{Actor, Origin, Via};
use keydesk::types::ids::{UserId, WorkerId};
use serde_json::{Value, json};

use super::events;
use crate::support::app::{START, TestApp};
use crate::support::people::PASSWORD;

fn stranger(address: &str) -> Actor {
    Actor::anonymous(Origin {
        ip_address: Some(address.to_owned()),
        ..Origin::local(Via::GraphQl)
    })
}

/// What a failed sign-in leaves, without its hash.
async fn fail(desk: &TestApp, address: &str, user: Option<&str>, login: &str) {
    let attempt = Attempt {
        action: AuditAction::SignedIn,
        user: user.and_then(UserId::parse),
        target_label: user.map(|_| login.to_owned()),
        subject: Some(login.to_owned()),
    };
    audit::denied(
        &desk.app,
        &stranger(address),
        attempt,
        "INVALID_CREDENTIALS",
    )
    .await;
}

async fn close(desk: &TestApp) {
    for _ in 0..2 {
        let round = audit_sealing::round(&desk.app, WorkerId::new(START)).await;
        round.expect("a round");
        desk.app.clock.advance(audit::WINDOW + audit::GRACE);
    }
}

fn counted(event: &Value) -> &str {
    event["changes"][0]["after"].as_str().expect("a count")
}

#[tokio::test]
async fn made_up_logins_hide_no_failure_at_an_account_that_exists() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    for number in 0..1_600 {
        let address = format!("10.0.{}.{}", number / 200, number % 200);
        fail(&desk, &address, None, &format!("nobody{number}")).await;
    }
    for _ in 0..3 {
        let answer = desk.sign_in_from("10.0.1.7", "ada", "wrong").await;
        assert_eq!(answer.codes(), ["INVALID_CREDENTIALS"]);
    }
    let of_ada = json!({ "userIds": [ada], "outcomes": ["FAILED"] });
    let first = events(&desk, of_ada.clone()).await;
    assert_eq!(first.len(), 1, "{first:#?}");
    assert_eq!(first[0]["ipAddress"], "10.0.1.7");
    close(&desk).await;
    let all = events(&desk, of_ada).await;
    assert_eq!(counted(&all[0]), "2", "{all:#?}");
    let beyond = desk.rows(
        "SELECT changes FROM audit_events WHERE error_code = 'SEVERAL'",
        vec![],
    );
    let beyond = beyond.await;
    assert_eq!(beyond.len(), 1, "{beyond:#?}");
    let changes = beyond[0]["changes"].to_string();
    assert!(
        changes.contains("600"),
        "how many were not written: {changes}"
    );
    for word in ["from", "until"] {
        assert!(changes.contains(word), "{changes}");
    }
}

#[tokio::test]
async fn a_network_beyond_its_share_is_one_event_and_hides_no_other() {
    let desk = TestApp::start().await;
    for number in 0..400 {
        let address = format!("2001:db8:5:{:x}::1", number * 256 % 0x1_0000);
        fail(&desk, &address, None, &format!("nobody{number}")).await;
    }
    fail(&desk, "192.0.2.1", None, "somebody else").await;
    let sql = "SELECT ip_address FROM audit_events WHERE action = 'sign_in'";
    let written = desk.rows(sql, vec![]).await;
    assert_eq!(written.len(), 251);
    assert!(written.iter().any(|row| row["ip_address"] == "192.0.2.1"));
    close(&desk).await;
    let sql = "SELECT changes, ip_address FROM audit_events WHERE error_code = 'SEVERAL'";
    let beyond = desk.rows(sql, vec![]).await;
    assert_eq!(beyond.len(), 1, "{beyond:#?}");
    assert!(
        beyond[0]["changes"].to_string().contains("150"),
        "{beyond:#?}"
    );
    let address = beyond[0]["ip_address"].as_str().expect("an address");
    assert!(address.starts_with("2001:db8:5:"), "{address}");
}

#[tokio::test]
async fn an_account_under_attack_from_everywhere_leaves_its_trace() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    // Accounts that exist, from one network, until its share is used up.
    for number in 0..260 {
        let other = UserId::new(START).to_string();
        fail(&desk, "10.0.0.1", Some(&other), &format!("user{number}")).await;
    }
    for _ in 0..4 {
        fail(&desk, "10.0.0.1", Some(&ada), "ada").await;
    }
    let of_ada = json!({ "userIds": [ada], "outcomes": ["FAILED"] });
    assert_eq!(events(&desk, of_ada.clone()).await.len(), 1);
    close(&desk).await;
    let all = events(&desk, of_ada).await;
    assert_eq!(all.len(), 2, "{all:#?}");
    assert_eq!(counted(&all[0]), "3");
}

#[tokio::test]
async fn clients_past_a_limit_and_wrong_keys_are_counted_events() {
    let desk = TestApp::with("sign_ins_per_minute = 2\npassword_checks_per_minute = 1\n").await;
    desk.person("ada", "MEMBER").await;
    for _ in 0..6 {
        desk.sign_in_from("192.0.2.1", "ada", PASSWORD).await;
        let check = json!({ "query": "mutation { checkPassword(input: { password: \"x\" }) \
                                      { errors { code } } }" });
        desk.post_from("192.0.2.1", &[], &check).await;
        let viewer = json!({ "query": "{ viewer { role } }" });
        for wrong in ["Bearer kd_unknown", "Bearer kds_unknown", "Basic x"] {
            let headers = [("authorization", wrong)];
            let answer = desk.post_from("192.0.2.2", &headers, &viewer).await;
            assert_eq!(answer.status, 401, "{wrong}");
        }
    }
    let revoked = desk.owner_key().to_owned();
    let found = async || {
        let sql = "SELECT action, error_code, outcome, ip_address, changes FROM audit_events \
                   WHERE error_code IN ('RATE_LIMITED', 'WRONG_KEY') ORDER BY id";
        desk.rows(sql, vec![]).await
    };
    let first = found().await;
    let seen: Vec<_> = first
        .iter()
        .map(|row| (row["action"].clone(), row["error_code"].clone()))
        .collect();
    assert_eq!(seen.len(), 3, "{seen:?}");
    for (action, code) in [
        ("sign_in", "RATE_LIMITED"),
        ("access.denied", "RATE_LIMITED"),
        ("access.denied", "WRONG_KEY"),
    ] {
        assert!(seen.contains(&(json!(action), json!(code))), "{seen:?}");
    }
    close(&desk).await;
    let all = found().await;
    assert_eq!(all.len(), 6, "{all:#?}");
    let wrong_keys = all.iter().rfind(|row| row["error_code"] == "WRONG_KEY");
    let changes = wrong_keys.expect("a summary")["changes"].to_string();
    assert!(changes.contains("17"), "{changes}");
    assert!(!desk.snapshot().await.holds("kd_unknown"));

    desk.write("UPDATE api_keys SET revoked_at = 1", vec![])
        .await;
    let headers = [("authorization", format!("Bearer {revoked}"))];
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let viewer = json!({ "query": "{ viewer { role } }" });
    desk.post_from("192.0.2.9", &headers, &viewer).await;
    let sql = "SELECT target_label FROM audit_events WHERE ip_address = '192.0.2.9'";
    let named = desk.rows(sql, vec![]).await;
    let label = named[0]["target_label"].as_str().expect("a name");
    assert!(label.starts_with("OWNER key (kd_"), "{label}");
}
