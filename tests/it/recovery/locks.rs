//! Mails about locked accounts.

use std::time::Duration;

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::people::PASSWORD;

async fn fail(desk: &TestApp, times: usize) {
    for _ in 0..times {
        desk.sign_in("ada", "wrong").await;
        desk.app.clock.advance(Duration::from_mins(15));
    }
}

#[tokio::test]
async fn one_mail_tells_of_the_first_wait_and_one_of_the_stop() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    fail(&desk, 4).await;
    assert_eq!(desk.see_to_requests().await, 0);
    fail(&desk, 1).await;
    assert_eq!(desk.see_to_requests().await, 1);
    assert_eq!(desk.see_to_requests().await, 0);
    fail(&desk, 94).await;
    assert_eq!(desk.see_to_requests().await, 0);
    fail(&desk, 1).await;
    desk.app.clock.advance(Duration::from_hours(24));
    assert_eq!(desk.see_to_requests().await, 1);
    assert_eq!(desk.see_to_requests().await, 0);
    let subjects = desk.subjects().await;
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    let sent = desk.mailer.sent();
    assert!(sent[0].content.text.contains("up to 15 minutes"));
    assert!(sent[1].content.text.contains("100 times in a row"));
    for mail in &sent {
        assert_eq!(mail.to, "ada@example.org");
        assert!(mail.content.text.contains("https://id.example.org/forgot"));
    }
}

#[tokio::test]
async fn nothing_is_sent_from_the_sign_in_itself() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    for _ in 0..6 {
        desk.sign_in("ada", "wrong").await;
    }
    assert_eq!(desk.snapshot().await.count("outbox_emails"), 0);
    // The fifth failure counts once its wait is over: until then it may be a try that is being judged.
    assert_eq!(desk.see_to_requests().await, 0);
    desk.app.clock.advance(Duration::from_secs(1));
    assert_eq!(desk.see_to_requests().await, 1);
}

#[tokio::test]
async fn after_a_success_the_next_lock_is_told_again_but_three_times_a_day_at_most() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    for _ in 0..8 {
        for _ in 0..5 {
            desk.sign_in("ada", "wrong").await;
        }
        desk.app.clock.advance(Duration::from_mins(16));
        desk.see_to_requests().await;
        let signed = desk.sign_in("ada", PASSWORD).await;
        assert_eq!(signed.root()["outcome"], "SIGNED_IN");
        desk.app.clock.advance(Duration::from_hours(3));
    }
    let told = desk.subjects().await.len();
    assert!((2..=3).contains(&told), "{told}");
}

#[tokio::test]
async fn nobody_is_told_who_has_no_verified_address_or_is_disabled() {
    let desk = TestApp::start().await;
    desk.user(
        "bare",
        json!({ "password": PASSWORD, "forceChangeOnLogin": false }),
    )
    .await;
    desk.person("off", "MEMBER").await;
    desk.run("disableUser", json!({ "login": "off" })).await;
    // It told them of that.
    desk.write("DELETE FROM outbox_emails", vec![]).await;
    desk.write(
        "UPDATE users SET failed_sign_ins = 7, locked_until = 1",
        vec![],
    )
    .await;
    assert_eq!(desk.see_to_requests().await, 2);
    assert_eq!(desk.see_to_requests().await, 0);
    assert_eq!(desk.snapshot().await.count("outbox_emails"), 0);
}

#[tokio::test]
async fn of_two_replicas_one_tells() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    desk.person("ada", "MEMBER").await;
    desk.write(
        "UPDATE users SET failed_sign_ins = 7, locked_until = 1",
        vec![],
    )
    .await;
    futures_util::future::join(desk.see_to_requests(), other.see_to_requests()).await;
    assert_eq!(desk.snapshot().await.count("outbox_emails"), 1);
}
