//! A replica whose clock is two hours behind, and has not been aligned yet, lets nothing in that has expired.

use std::time::Duration;

use keydesk::domain::bootstrap;
use keydesk::domain::bootstrap::SetupState;
use keydesk::domain::one_time_links::{self, LinkOrigin, LinkPurpose, NewLink};
use keydesk::types::actor::Actor;
use keydesk::types::clock::Clock;
use keydesk::types::ids::UserId;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::support::app::TestApp;
use super::support::people::PASSWORD;

const HOUR: Duration = Duration::from_hours(1);

/// Two replicas, of which the second is behind wherever the database could tell it.
struct Replicas {
    right: TestApp,
    behind: TestApp,
}

impl Replicas {
    async fn start() -> Self {
        let right = TestApp::on_the_real_clock().await;
        let behind = right.replica_with(Clock::system()).await;
        Self { right, behind }
    }

    /// As it would be before the first alignment. SQLite has no clock that could set this one right.
    fn lag(&self) {
        if self.right.app.db.kind() == "postgresql" {
            let now = Clock::system().now();
            self.behind.app.clock.align(now.minus(2 * HOUR));
        }
    }

    /// Lets a column of every row of a table be a second ago.
    async fn expire(&self, table: &str, column: &str) {
        let ended = Clock::system().now().minus(Duration::from_secs(1));
        self.set(table, column, ended.as_millis()).await;
        self.lag();
    }

    async fn set(&self, table: &str, column: &str, value: i64) {
        let sql = format!("UPDATE {table} SET {column} = {value}");
        let db = self.right.app.db.write();
        db.execute_unprepared(&sql).await.expect("changed");
    }

    async fn signed_in(&self, token: &str) -> u16 {
        let answer = self
            .behind
            .ask_as(Some(token), "{ viewer { role } }", json!({}));
        answer.await.status.as_u16()
    }
}

#[tokio::test]
async fn an_expired_link_or_code_is_not_redeemed() {
    let replicas = Replicas::start().await;
    let (right, behind) = (&replicas.right, &replicas.behind);
    right.member("ada").await;
    let mailed = right.mailed("ada").await;
    replicas.expire("one_time_links", "code_expires_at").await;
    let wrong = behind
        .verify_code("ada", &mailed.flow_id, &mailed.code)
        .await;
    assert_ne!(wrong.codes(), Vec::<String>::new(), "{wrong:#?}");

    replicas.expire("one_time_links", "expires_at").await;
    let refused = behind
        .complete(&mailed.token, "a long new password 4 ada")
        .await;
    assert_eq!(refused.codes(), ["TOKEN_EXPIRED"], "{refused:#?}");
    replicas.lag();
    let told = behind.verify_token(&mailed.token).await;
    assert!(
        format!("{:?}", told.root()).contains("TOKEN_EXPIRED"),
        "{told:#?}"
    );
}

/// In the statement that uses it up, whatever was seen before.
#[tokio::test]
async fn the_statement_that_uses_a_link_up_asks_the_database_for_the_time() {
    let replicas = Replicas::start().await;
    let (right, behind) = (&replicas.right.app, &replicas.behind.app);
    let ada = UserId::parse(&replicas.right.member("ada").await).expect("an id");
    let purpose = LinkPurpose::PasswordReset;
    let txn = right.db.begin_write().await.expect("begun");
    let new = NewLink::plain(ada, (purpose, LinkOrigin::AdminHandover), HOUR);
    let operator = Actor::operator("test");
    let made = one_time_links::mint(&txn, right, &operator, new, right.clock.now()).await;
    let token = made.expect("minted").token;
    txn.commit().await.expect("committed");
    for (is_over, works) in [(true, false), (false, true)] {
        let end = if is_over {
            Clock::system().now().minus(Duration::from_secs(1))
        } else {
            Clock::system().now().plus(HOUR)
        };
        replicas
            .set("one_time_links", "expires_at", end.as_millis())
            .await;
        replicas.lag();
        let txn = behind.db.begin_write().await.expect("begun");
        let now = behind.clock.now();
        let used = one_time_links::consume(&txn, behind, purpose, &token, now).await;
        assert_eq!(used.expect("tried").is_some(), works);
        txn.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn an_expired_session_does_not_work() {
    let replicas = Replicas::start().await;
    let right = &replicas.right;
    right.person("ada", "ADMIN").await;
    let token = right.session("ada").await;
    replicas.lag();
    assert_eq!(replicas.signed_in(&token).await, 200);
    replicas.expire("sessions", "expires_at").await;
    assert_eq!(replicas.signed_in(&token).await, 401);

    // Not used for longer than staff may leave one.
    let later = Clock::system().now().plus(HOUR).as_millis();
    replicas.set("sessions", "expires_at", later).await;
    let long_ago = Clock::system().now().minus(HOUR).as_millis();
    replicas.set("sessions", "last_used_at", long_ago).await;
    replicas.lag();
    assert_eq!(replicas.signed_in(&token).await, 401);
}

/// The time of a confirmed identity is over, and a sensitive act asks for the password again.
#[tokio::test]
async fn an_expired_step_up_does_not_count() {
    let replicas = Replicas::start().await;
    let right = &replicas.right;
    right.person("ada", "OWNER").await;
    right.member("bob").await;
    let token = right.session("ada").await;
    replicas.expire("sessions", "confirmed_until").await;
    let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
        { generatedPassword errors { code } } }";
    let input = json!({ "input": { "user": { "login": "bob" }, "generate": true } });
    let refused = replicas.behind.ask_as(Some(&token), document, input).await;
    assert_eq!(refused.codes(), ["STEP_UP_REQUIRED"], "{refused:#?}");
}

#[tokio::test]
async fn an_expired_api_key_does_not_work() {
    let replicas = Replicas::start().await;
    let key = replicas.right.owner_key().to_owned();
    replicas.lag();
    assert_eq!(replicas.signed_in(&key).await, 200);
    replicas.expire("api_keys", "expires_at").await;
    assert_eq!(replicas.signed_in(&key).await, 401);
}

#[tokio::test]
async fn an_expired_temporary_password_does_not_work() {
    let replicas = Replicas::start().await;
    let right = &replicas.right;
    right.person("ada", "MEMBER").await;
    replicas.expire("users", "password_expires_at").await;
    let refused = replicas.behind.sign_in("ada", PASSWORD).await;
    assert_eq!(
        refused.codes(),
        ["TEMPORARY_PASSWORD_EXPIRED"],
        "{refused:#?}"
    );
}

#[tokio::test]
async fn an_expired_setup_link_does_not_work() {
    let replicas = Replicas::start().await;
    let link = bootstrap::open(&replicas.right.app).await.expect("opened");
    let url = link.expect("nobody is there yet").url;
    let token = url.expose().rsplit('/').next().expect("a token").to_owned();
    let token = keydesk::types::secret::Secret::new(token);
    replicas.lag();
    let app = &replicas.behind.app;
    let state = bootstrap::look(app, &token).await.expect("looked");
    assert!(matches!(state, SetupState::Ready { .. }), "{state:?}");
    replicas.expire("setup_links", "expires_at").await;
    let state = bootstrap::look(app, &token).await.expect("looked");
    assert!(matches!(state, SetupState::Expired { .. }), "{state:?}");
}
