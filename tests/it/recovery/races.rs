//! Many at once over two replicas. `KEYDESK_ROUNDS` says how many rounds; CI and the figures use 100.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::{Answer, TestApp};
use crate::support::hold::{USER_READ, meanwhile};

const NEXT: &str = "lantern seven plum orbit";

#[expect(
    clippy::disallowed_methods,
    reason = "how long to try is said by whoever runs the tests"
)]
fn rounds() -> usize {
    let text = std::env::var("KEYDESK_ROUNDS").unwrap_or_default();
    text.parse().unwrap_or(3)
}

/// Asks again for as long as the database is too busy, as callers should.
async fn until_judged(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..50 {
        let answer = ask().await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
    }
    panic!("unavailable fifty times in a row");
}

#[tokio::test]
async fn of_fifty_completions_at_once_over_two_replicas_one_wins() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    for round in 0..rounds() {
        let name = format!("ada{round}");
        desk.person(&name, "MEMBER").await;
        let mailed = desk.mailed(&name).await;
        let verified = desk.verify_code(&name, &mailed.flow_id, &mailed.code).await;
        let exchanged = verified.root()["resetToken"].as_str().expect("a token");
        // Half of them by the link, half by the token of the code: one secret.
        let tries = (0..50).map(|number| {
            let on = if number % 2 == 0 { &desk } else { &replica };
            let token = if number % 3 == 0 {
                exchanged
            } else {
                mailed.token.as_str()
            };
            until_judged(async || on.complete(token, NEXT).await)
        });
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.codes().is_empty());
        assert_eq!(won.count(), 1, "round {round}");
        let lost = answers.iter().map(|answer| answer.codes().join(","));
        let known = ["", "TOKEN_USED", "PASSWORD_POLICY_VIOLATED"];
        for code in lost {
            assert!(known.contains(&code.as_str()), "round {round}: {code}");
        }
    }
}

#[tokio::test]
async fn of_two_hundred_codes_at_once_over_two_replicas_five_are_judged() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    for round in 0..rounds() {
        let name = format!("ada{round}");
        desk.person(&name, "MEMBER").await;
        let mailed = desk.mailed(&name).await;
        let right: u32 = mailed.code.parse().expect("digits");
        let tries = (1..=200_u32).map(|number| {
            let on = if number % 2 == 0 { &desk } else { &replica };
            let code = format!("{:08}", (right + number) % 100_000_000);
            let (name, flow_id) = (name.clone(), mailed.flow_id.clone());
            async move { until_judged(async || on.verify_code(&name, &flow_id, &code).await).await }
        });
        let answers = join_all(tries).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer.codes() == ["CODE_INVALID"])
        );
        let sql = "SELECT code_tries FROM one_time_links ORDER BY id DESC LIMIT 1";
        let rows = desk.rows(sql, vec![]).await;
        assert_eq!(rows, [json!({ "code_tries": 5 })], "round {round}");
        let late = desk.verify_code(&name, &mailed.flow_id, &mailed.code).await;
        assert_eq!(late.codes(), ["CODE_INVALID"], "round {round}");
    }
}

#[tokio::test]
async fn of_fifty_right_codes_at_once_one_gives_a_token() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    for round in 0..rounds() {
        let name = format!("ada{round}");
        desk.person(&name, "MEMBER").await;
        let mailed = desk.mailed(&name).await;
        let tries = (0..50).map(|number| {
            let on = if number % 2 == 0 { &desk } else { &replica };
            until_judged(async || on.verify_code(&name, &mailed.flow_id, &mailed.code).await)
        });
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.codes().is_empty());
        assert_eq!(won.count(), 1, "round {round}");
    }
}

#[tokio::test]
async fn requests_are_answered_once_each_by_two_replicas() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    for number in 0..20 {
        let name = format!("ada{number}");
        desk.member(&name).await;
        desk.forgot(&name).await;
    }
    let (one, two) =
        futures_util::future::join(desk.see_to_requests(), replica.see_to_requests()).await;
    assert_eq!(one + two, 20);
    let after = desk.snapshot().await;
    assert_eq!(after.count("one_time_links"), 20);
    assert_eq!(after.count("password_reset_requests"), 0);
    assert_eq!(desk.events("user.password.reset_requested").await, 20);
}

/// The account was found by what was typed, and has another address by the time the link is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_is_not_mailed_when_the_address_changed_meanwhile() {
    for (login, links) in [("ada@example.org", 0), ("ada", 1)] {
        let desk = Arc::new(TestApp::start().await);
        let replica = desk.second_replica().await;
        desk.person("ada", "MEMBER").await;
        desk.forgot(login).await;
        let changing = async {
            let document = "mutation { updateUser(input: { user: { login: \"ada\" }, patch: { email: \
                            \"new@example.net\", emailVerified: true } }) { errors { code } } }";
            let changed = replica.ask(document, json!({})).await;
            assert_eq!(changed.codes(), [""; 0], "{changed:#?}");
        };
        let see_to = |desk: Arc<TestApp>| async move { desk.see_to_requests().await };
        let seen = meanwhile(&desk, USER_READ, see_to, changing).await;
        assert_eq!(seen, 1, "{login}");
        let recipients = async || {
            let sql = "SELECT recipient FROM outbox_emails WHERE kind = 'PASSWORD_RESET_LINK'";
            let rows = desk.rows(sql, vec![]).await;
            let recipients = rows.iter().map(|row| row["recipient"].to_string());
            recipients.collect::<Vec<_>>()
        };
        assert_eq!(recipients().await, [""; 0], "{login}");
        assert_eq!(desk.snapshot().await.count("one_time_links"), 0, "{login}");
        // The request is looked at once more, with what was typed.
        desk.app.clock.advance(Duration::from_secs(30));
        assert_eq!(desk.see_to_requests().await, 1, "{login}");
        let wanted = vec!["\"new@example.net\""; links];
        assert_eq!(recipients().await, wanted, "{login}");
    }
}
