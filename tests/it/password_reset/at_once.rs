//! Two acts on one user at once: one after the other, never a mix of two.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{generated, reset};
use crate::support::app::{Answer, TestApp};

const UPDATE: &str = "mutation($input: UpdateUserInput!) { updateUser(input: $input) \
                      { user { id } errors { code } } }";

#[tokio::test]
async fn twenty_resets_at_once_leave_the_state_of_exactly_one() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let ada = app.member("ada").await;
    let version = app.version_of(&ada).await;
    let asked = (0..20).map(|number| {
        let app = if number % 2 == 0 { &app } else { &replica };
        let more = json!({ "generate": true, "forceChangeOnLogin": number % 3 == 0 });
        reset(app, &ada, more)
    });
    let answers = join_all(asked).await;

    let done: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.codes().is_empty())
        .collect();
    assert_eq!(done.len(), answers.len(), "{answers:#?}");
    let mut winners = Vec::new();
    for answer in &done {
        if app.verifies(&ada, &generated(answer)).await {
            winners.push(*answer);
        }
    }
    assert_eq!(winners.len(), 1, "one password works");
    let document = "query($id: ID!) { user(id: $id) { id username status version \
                    passwordStatus { isSet mustChange changedAt expiresAt } } }";
    let present = app.ask(document, json!({ "id": ada })).await;
    assert_eq!(
        present.root(),
        &winners[0].root()["user"],
        "all of it is the last one's"
    );

    let mut versions: Vec<_> = done
        .iter()
        .map(|answer| answer.root()["user"]["version"].as_i64().expect("a number"))
        .collect();
    versions.sort_unstable();
    let last = version + i64::try_from(done.len()).expect("few");
    assert_eq!(versions, (version + 1..=last).collect::<Vec<_>>());
    assert_eq!(app.events("user.password.reset").await, done.len());
    let sql = "SELECT version FROM credentials";
    let row = app.rows(sql, vec![]).await;
    assert_eq!(row[0]["version"], json!(done.len() + 1));
}

#[tokio::test]
async fn first_passwords_at_once_are_one_after_the_other_too() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let new = app.user("new", json!({})).await;
    let asked = [&app, &replica].map(|app| reset(app, &new, json!({ "generate": true })));
    let answers = join_all(asked).await;
    let mut working = 0;
    for answer in &answers {
        working += usize::from(app.verifies(&new, &generated(answer)).await);
    }
    assert_eq!(working, 1);
    assert_eq!(app.events("user.password.reset").await, 2);
}

#[tokio::test]
async fn no_password_is_mailed_to_an_address_that_was_just_taken_away() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    for number in 0..8 {
        let name = format!("user{number}");
        let user = app.member(&name).await;
        let mailed = json!({ "generate": true, "sendEmail": true });
        let patch = json!({ "user": { "id": user }, "clear": ["EMAIL"] });
        let (reset, cleared) = tokio::join!(
            reset(&app, &user, mailed),
            replica.ask(UPDATE, json!({ "input": patch })),
        );
        assert_eq!(cleared.codes(), [""; 0]);
        let sql =
            "SELECT user_id FROM outbox_emails WHERE recipient = $1 AND kind = 'NEW_PASSWORD'";
        let address = format!("{name}@example.org");
        let queued = app.rows(sql, vec![address.into()]).await.len();
        let version = app.version_of(&user).await;
        if reset.codes().is_empty() {
            assert_eq!((queued, version), (1, 3), "mailed, then taken away");
            assert!(app.verifies(&user, &generated(&reset)).await);
        } else {
            assert_eq!(reset.codes(), ["EMAIL_MISSING"]);
            assert_eq!((queued, version), (0, 2), "taken away, then refused");
            assert_eq!(reset.root()["user"], Value::Null);
        }
    }
}
