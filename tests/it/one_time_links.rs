//! One-time links below the doors: who wins of many, and which links a newer one replaces.

use std::time::Duration;

use futures_util::future::join_all;
use keydesk::domain::access::idempotency::Answer;
use keydesk::domain::one_time_links::{
    self, LinkOrigin, LinkPurpose, LinkState, NewLink, RevokedWhy,
};
use keydesk::domain::password_reset::{self, CreateLink, CreatedLink, HandedOver};
use keydesk::domain::sessions;
use keydesk::domain::users::{UserError, UserRef};
use keydesk::types::actor::{Actor, Origin, Permission, Role, Via};
use keydesk::types::ids::UserId;
use keydesk::types::secret::Secret;
use serde_json::json;

use super::support::app::{START, TestApp};
use super::support::people::PASSWORD;

const PURPOSE: LinkPurpose = LinkPurpose::PasswordReset;

async fn mint(app: &TestApp, user: UserId) -> Secret {
    let txn = app.app.db.begin_write().await.expect("begun");
    let kind = (PURPOSE, LinkOrigin::AdminHandover);
    let new = NewLink::plain(user, kind, Duration::from_hours(1));
    let now = app.app.clock.now();
    let made = one_time_links::mint(&txn, &app.app, &Actor::operator("test"), new, now).await;
    txn.commit().await.expect("committed");
    made.expect("minted").token
}

/// Whether this try used the link up.
async fn consume(app: &TestApp, token: &Secret) -> bool {
    let txn = app.app.db.begin_write().await.expect("begun");
    let now = app.app.clock.now();
    let used = one_time_links::consume(&txn, &app.app, PURPOSE, token, now).await;
    txn.commit().await.expect("committed");
    used.expect("tried").is_some()
}

async fn state(app: &TestApp, token: &Secret) -> LinkState {
    let link = one_time_links::look(&app.app, PURPOSE, token).await;
    let link = link.expect("looked").expect("a link");
    link.state(app.app.clock.now())
}

fn id(user: &str) -> UserId {
    UserId::parse(user).expect("a user's id")
}

async fn make(app: &TestApp, actor: &Actor, command: CreateLink) -> Result<CreatedLink, String> {
    let made = password_reset::create_link(&app.app, actor, command).await;
    match made {
        Ok(Answer::Done(made)) => Ok(made),
        Ok(Answer::Replay(stored)) => Err(format!("{stored:?}")),
        Err(UserError::Invalid(faults)) => Err(faults[0].message.clone()),
        Err(error) => Err(format!("{error:?}")),
    }
}

fn url(made: &CreatedLink) -> &str {
    match &made.handed_over {
        HandedOver::Url(url) => url.expose(),
        HandedOver::Code { .. } => panic!("{made:?}"),
    }
}

fn command(user: &str) -> CreateLink {
    CreateLink::plain(UserRef::Id(id(user)))
}

#[tokio::test]
async fn of_fifty_tries_at_once_over_two_replicas_one_uses_the_link_up() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let ada = id(&app.member("ada").await);
    for round in 0..20 {
        let token = mint(&app, ada).await;
        let tries = (0..50).map(|number| {
            let app = if number % 2 == 0 { &app } else { &replica };
            consume(app, &token)
        });
        let won = join_all(tries).await;
        let winners = won.iter().filter(|won| **won).count();
        assert_eq!(winners, 1, "round {round}");
        assert_eq!(state(&app, &token).await, LinkState::Used { at: START });
        assert!(!consume(&replica, &token).await, "once is once");
    }
}

#[tokio::test]
async fn a_try_that_is_taken_back_leaves_the_link_as_it_was() {
    let app = TestApp::start().await;
    let ada = id(&app.member("ada").await);
    let token = mint(&app, ada).await;
    let txn = app.app.db.begin_write().await.expect("begun");
    let used = one_time_links::consume(&txn, &app.app, PURPOSE, &token, START).await;
    assert!(used.expect("tried").is_some());
    drop(txn);
    assert_eq!(state(&app, &token).await, LinkState::Active);
    assert!(consume(&app, &token).await);
}

#[tokio::test]
async fn a_newer_link_replaces_the_older_ones_of_its_user_alone() {
    let app = TestApp::start().await;
    let ada = id(&app.member("ada").await);
    let bea = id(&app.member("bea").await);
    let of_bea = mint(&app, bea).await;
    let first = mint(&app, ada).await;
    app.app.clock.advance(Duration::from_mins(1));
    let now = app.app.clock.now();
    let second = mint(&app, ada).await;
    app.app.clock.advance(Duration::from_mins(1));
    mint(&app, ada).await;
    assert_eq!(state(&app, &first).await, LinkState::Superseded { at: now });
    let now = app.app.clock.now();
    assert_eq!(
        state(&app, &second).await,
        LinkState::Superseded { at: now }
    );
    assert_eq!(state(&app, &of_bea).await, LinkState::Active);
    assert!(!consume(&app, &first).await && consume(&app, &of_bea).await);
}

#[tokio::test]
async fn nothing_but_the_whole_token_uses_a_link_up_and_only_in_its_time() {
    let app = TestApp::start().await;
    let ada = id(&app.member("ada").await);
    let token = mint(&app, ada).await;
    let text = token.expose();
    for other in ["", &text[1..], &format!("{text} "), &text.to_lowercase()] {
        assert!(!consume(&app, &Secret::new(other.to_owned())).await);
    }
    app.app.clock.advance(Duration::from_hours(1));
    assert!(!consume(&app, &token).await, "its time is over");
}

#[tokio::test]
async fn a_link_knows_who_made_it_and_is_in_the_trail() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let mut wish = command(&ada);
    wish.reason = Some("lost her phone".to_owned());
    let made = make(&app, &Actor::operator("olga"), wish)
        .await
        .expect("made");
    assert_eq!(made.link.expires_at, START.plus(Duration::from_hours(1)));
    let row = app
        .rows("SELECT * FROM one_time_links", vec![])
        .await
        .remove(0);
    assert_eq!(
        (&row["created_by_kind"], &row["created_by_label"]),
        (&json!("OPERATOR"), &json!("operator olga"))
    );
    let sql = "SELECT * FROM audit_events WHERE action = 'user.password.link.created'";
    let event = app.rows(sql, vec![]).await.remove(0);
    assert_eq!(
        (&event["reason"], &event["target_label"]),
        (&json!("lost her phone"), &json!("ada"))
    );
    let changes = event["changes"].as_str().expect("a text");
    assert!(changes.contains(&made.link.id.to_string()), "{changes}");
    let token = url(&made).rsplit('/').next().expect("a token");
    assert!(!app.snapshot().await.holds(token));
}

#[tokio::test]
async fn links_are_refused_where_nobody_could_use_them_or_should_make_them() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let owner = app.user("owner", json!({ "role": "OWNER" })).await;
    let ldap = app
        .user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    let gone = app.member("gone").await;
    app.run("disableUser", json!({ "login": "gone", "reason": "left" }))
        .await;
    let operator = Actor::operator("test");
    let helpdesk = Actor {
        role: Role::Helpdesk,
        ..Actor::operator("help")
    };
    let reader = Actor {
        permissions: vec![Permission::UsersRead],
        ..Actor::operator("read")
    };
    let before = app.snapshot().await;
    for (actor, user, refusal) in [
        (&reader, &ada, "Denied(Missing(PasswordsReset))"),
        (&helpdesk, &owner, "NotVisible(User)"),
        (&operator, &ldap, "NotBuiltIn(Ldap)"),
        (&operator, &gone, "UserDisabled"),
    ] {
        let refused = make(&app, actor, command(user)).await.expect_err("refused");
        assert_eq!(refused, refusal);
    }
    for (seconds, is_taken) in [(59, false), (60, true), (86_400, true), (86_401, false)] {
        let mut wish = command(&ada);
        wish.expires = Some(Duration::from_secs(seconds));
        let made = make(&app, &operator, wish).await;
        assert_eq!(made.is_ok(), is_taken, "{seconds}: {made:?}");
        if let Err(message) = made {
            assert_eq!(
                message,
                "Must be from 60 to 86400 seconds: 1 minute to 24 hours."
            );
        }
    }
    let after = app.snapshot().await;
    assert_eq!(
        after.count("one_time_links"),
        before.count("one_time_links") + 2
    );
}

#[tokio::test]
async fn people_confirm_who_they_are_before_they_make_a_link_and_make_none_for_themselves() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let boss = app.person("boss", "OWNER").await;
    let token = Secret::new(app.session("boss").await);
    let origin = Origin::local(Via::GraphQl);
    let found = sessions::resolve(&app.app, &token, origin).await;
    let actor = found.expect("asked").expect("a session");
    let before = app.snapshot().await;
    let refused = make(&app, &actor, command(&ada)).await;
    assert_eq!(refused.expect_err("refused"), "StepUpRequired");
    let with = |user: &str, password: &str| CreateLink {
        actor_password: Some(Secret::new(password.to_owned())),
        ..command(user)
    };
    let own = make(&app, &actor, with(&boss, PASSWORD)).await;
    assert_eq!(own.expect_err("refused"), "OwnAccount");
    assert_eq!(
        app.snapshot().await.count("one_time_links"),
        before.count("one_time_links")
    );
    let made = make(&app, &actor, with(&ada, PASSWORD)).await;
    made.expect("made");
    let row = app
        .rows("SELECT * FROM one_time_links", vec![])
        .await
        .remove(0);
    assert_eq!(
        (&row["created_by_kind"], &row["created_by_label"]),
        (&json!("USER"), &json!("boss"))
    );
    assert!(!row["created_by_id"].is_null());
}

#[tokio::test]
async fn links_begin_with_the_address_in_the_settings_and_with_no_other() {
    let operator = Actor::operator("test");
    let system = Actor::system();
    for (public_url, listen, actor, wanted) in [
        (
            Some("https://id.example.org/desk/"),
            "0.0.0.0:80",
            &operator,
            Ok("https://id.example.org/desk/reset/"),
        ),
        (
            None,
            "127.0.0.1:8080",
            &operator,
            Ok("http://127.0.0.1:8080/reset/"),
        ),
        (
            None,
            "[::1]:8080",
            &operator,
            Ok("http://[::1]:8080/reset/"),
        ),
        (None, "127.0.0.1:8080", &system, Err("PublicUrlMissing")),
        (None, "127.0.0.1:0", &operator, Err("PublicUrlMissing")),
        (None, "0.0.0.0:8080", &operator, Err("PublicUrlMissing")),
    ] {
        let app = TestApp::with_server(|server| {
            server.public_url = public_url.map(|url| url.parse().expect("a URL"));
            server.listen = listen.parse().expect("an address");
        })
        .await;
        let ada = app.member("ada").await;
        let made = make(&app, actor, command(&ada)).await;
        match (made, wanted) {
            (Ok(made), Ok(start)) => assert!(url(&made).starts_with(start), "{start}"),
            (Err(refused), Err(wanted)) => assert_eq!(refused, wanted),
            (made, wanted) => panic!("{made:?} is not {wanted:?}"),
        }
    }
}

#[tokio::test]
async fn a_link_ends_with_whoever_made_it() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.person("boss", "ADMIN").await;
    let session = app.confirmed(&app.session("boss").await).await;
    let mutation = "mutation($login: String!) { createPasswordResetLink(input: { user: { login: $login } }) \
                    { url errors { code } } }";
    let made = app
        .ask_as(Some(&session), mutation, json!({ "login": "ada" }))
        .await;
    let url = made.root()["url"].as_str().expect("a link").to_owned();
    let token = Secret::new(url.rsplit('/').next().expect("a token").to_owned());
    assert_eq!(state(&app, &token).await, LinkState::Active);
    app.run("disableUser", json!({ "login": "boss" })).await;
    assert!(matches!(
        state(&app, &token).await,
        LinkState::Revoked {
            why: Some(RevokedWhy::Administrator),
            ..
        }
    ));
}
