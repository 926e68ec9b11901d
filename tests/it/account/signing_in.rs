//! Beginning and ending sessions.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{text, viewer};
use crate::support::app::TestApp;
use crate::support::hold::{HASH_READ, meanwhile};
use crate::support::people::PASSWORD;

#[tokio::test]
async fn a_person_signs_in_by_username_or_address_and_is_known() {
    let desk = TestApp::start().await;
    desk.person("ada", "ADMIN").await;
    for login in ["ada", "ADA", "Ada@Example.org"] {
        let answer = desk.sign_in(login, PASSWORD).await;
        assert_eq!(
            answer.root()["outcome"],
            "SIGNED_IN",
            "{login}: {answer:#?}"
        );
        let seen = viewer(&desk, &text(&answer.root()["sessionToken"])).await;
        assert_eq!(seen.root()["role"], "ADMIN");
        assert_eq!(seen.root()["actor"]["displayName"], "ada");
        assert_eq!(seen.root()["session"]["isCurrent"], true);
    }
    assert_eq!(desk.events("sign_in").await, 3);
}

#[tokio::test]
async fn every_failure_has_the_same_answer() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    desk.user("pending", json!({})).await;
    desk.person("gone", "MEMBER").await;
    desk.person("off", "MEMBER").await;
    desk.run("deleteUser", json!({ "login": "gone" })).await;
    desk.run("disableUser", json!({ "login": "off" })).await;
    let mut bodies = Vec::new();
    for (login, password) in [
        ("ada", "not the password"),
        ("ada", ""),
        ("nobody", PASSWORD),
        ("ldap", PASSWORD),
        ("pending", PASSWORD),
        ("gone", PASSWORD),
        ("off", PASSWORD),
        ("a@b@c", PASSWORD),
    ] {
        let answer = desk.sign_in(login, password).await;
        assert_eq!(answer.codes(), ["INVALID_CREDENTIALS"], "{login}");
        assert_eq!(answer.status, StatusCode::OK);
        bodies.push(answer.body["data"].clone());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

/// `Why:` the clock would tell what the answer does not. How well it does is measured by `cargo bench`.
#[tokio::test]
async fn every_failure_runs_as_many_statements() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("locked", "MEMBER").await;
    desk.user("ldap", json!({ "authenticationSource": "LDAP" }))
        .await;
    desk.user("pending", json!({})).await;
    desk.person("off", "MEMBER").await;
    desk.run("disableUser", json!({ "login": "off" })).await;
    for _ in 0..6 {
        desk.sign_in("locked", "wrong").await;
    }
    desk.app.clock.advance(Duration::from_millis(500));
    let mut counts = Vec::new();
    for login in ["ada", "nobody", "ldap", "pending", "off", "no@body.example"] {
        let before = desk.statements();
        desk.sign_in(login, "wrong").await;
        counts.push((login, desk.statements() - before));
    }
    let wanted = counts[0].1;
    assert!(
        counts.iter().all(|(_, count)| *count == wanted),
        "{counts:?}"
    );
    // What is repeated needs no event of its own any more, known or not.
    let mut repeated = Vec::new();
    for login in ["ada", "nobody", "locked"] {
        let before = desk.statements();
        desk.sign_in(login, "wrong").await;
        repeated.push(desk.statements() - before);
    }
    assert_eq!(repeated, [repeated[0]; 3]);
    assert!(repeated[0] < wanted);
}

#[tokio::test]
async fn after_five_failures_the_wait_doubles_and_tries_in_it_are_not_judged() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let clock = &desk.app.clock;
    for _ in 0..5 {
        desk.sign_in("ada", "wrong").await;
    }
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        desk.sign_in("ada", "wrong").await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    clock.advance(Duration::from_millis(1_999));
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    let shown = desk.run("oneUser", json!({ "login": "ada" })).await;
    assert_eq!(shown.root()["status"], "LOCKED");
    clock.advance(Duration::from_millis(1));
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.root()["outcome"],
        "SIGNED_IN"
    );
    assert_eq!(
        desk.sign_in("ada", "wrong").await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.root()["outcome"],
        "SIGNED_IN"
    );
}

#[tokio::test]
async fn a_hundred_failures_stop_the_password_until_it_is_reset_or_unlocked() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let kept = desk.session("ada").await;
    for _ in 0..100 {
        desk.sign_in("ada", "wrong").await;
        desk.app.clock.advance(Duration::from_mins(15));
    }
    desk.app.clock.advance(Duration::from_hours(24));
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    let still = viewer(&desk, &kept).await;
    assert_eq!(
        still.root()["role"],
        "MEMBER",
        "nobody locks another out of a session"
    );
    let unlocked = desk.run("unlockUser", json!({ "login": "ada" })).await;
    assert_eq!(unlocked.root()["user"]["status"], "ACTIVE");
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.root()["outcome"],
        "SIGNED_IN"
    );
    assert_eq!(desk.events("user.unlocked").await, 1);
}

#[tokio::test]
async fn parallel_wrong_tries_are_each_counted() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let other = desk.second_replica().await;
    let tries = (0..40).map(|number| {
        let replica = if number % 2 == 0 { &desk } else { &other };
        replica.sign_in("ada", "wrong")
    });
    futures_util::future::join_all(tries).await;
    let rows = desk.rows("SELECT failed_sign_ins FROM users", vec![]).await;
    assert_eq!(
        rows[0]["failed_sign_ins"], 5,
        "the sixth was within the wait"
    );
}

#[tokio::test]
async fn a_forced_change_leaves_a_session_good_for_that_alone() {
    let desk = TestApp::start().await;
    desk.person("ada", "OWNER").await;
    let before = desk.session("ada").await;
    let flag = "mutation { setMustChangePassword(input: { user: { login: \"ada\" } }) { errors { code } } }";
    assert_eq!(
        desk.ask(flag, json!({})).await.codes(),
        Vec::<String>::new()
    );
    let answer = desk.sign_in("ada", PASSWORD).await;
    assert_eq!(answer.root()["outcome"], "PASSWORD_CHANGE_REQUIRED");
    let token = text(&answer.root()["sessionToken"]);
    // The session of before is gated too.
    for token in [&token, &before] {
        for document in [
            "{ viewer { role } }",
            "{ users { nodes { id } } }",
            "{ node(id: \"user_none\") { id } }",
            "mutation { generatePassword(input: {}) { errors { code } } }",
            "mutation { resetPassword(input: { user: { login: \"x\" }, generate: true }) { errors { code } } }",
            "mutation { confirmIdentity(input: { password: \"x\" }) { errors { code } } }",
        ] {
            let refused = desk.ask_as(Some(token), document, json!({})).await;
            assert_eq!(
                refused.top_level(),
                Some("PASSWORD_CHANGE_REQUIRED"),
                "{document}: {refused:#?}"
            );
        }
        for document in [
            "{ account { mustChangePassword } }",
            "{ passwordPolicy { minLength } }",
        ] {
            let open = desk.ask_as(Some(token), document, json!({})).await;
            assert!(open.root().is_object(), "{document}: {open:#?}");
        }
    }
    let changed = super::change(&desk, &token, PASSWORD, "lantern seven plum orbit").await;
    let token = text(&changed.root()["sessionToken"]);
    assert_eq!(viewer(&desk, &token).await.root()["role"], "OWNER");
}

#[tokio::test]
async fn a_temporary_password_past_its_end_is_told_only_to_who_knew_it() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let reset = desk
        .run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    let generated = text(&reset.root()["generatedPassword"]);
    desk.app.clock.advance(Duration::from_hours(25));
    assert_eq!(
        desk.sign_in("ada", &generated).await.codes(),
        ["TEMPORARY_PASSWORD_EXPIRED"]
    );
    assert_eq!(
        desk.sign_in("ada", "wrong").await.codes(),
        ["INVALID_CREDENTIALS"]
    );
}

#[tokio::test]
async fn sessions_end_by_idleness_by_age_and_by_hand() {
    let desk = TestApp::start().await;
    desk.person("ada", "HELPDESK").await;
    let clock = &desk.app.clock;
    let gone = async |token: &str| {
        let answer = desk
            .ask_as(Some(token), "{ account { username } }", json!({}))
            .await;
        answer.status == StatusCode::UNAUTHORIZED
    };
    let idle = desk.session("ada").await;
    clock.advance(Duration::from_mins(29));
    assert!(!gone(&idle).await);
    clock.advance(Duration::from_mins(30));
    assert!(gone(&idle).await);

    let old = desk.session("ada").await;
    for _ in 0..36 {
        clock.advance(Duration::from_mins(20));
        gone(&old).await;
    }
    assert!(gone(&old).await, "12 hours in all");

    let (one, two) = (desk.session("ada").await, desk.session("ada").await);
    let out = desk
        .ask_as(
            Some(&one),
            "mutation { signOut(input: {}) { revokedSessionCount errors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(out.root()["revokedSessionCount"], 1);
    assert!(gone(&one).await && !gone(&two).await);
    let replica = desk.second_replica().await;
    let ended = desk.run("revokeSessions", json!({ "login": "ada" })).await;
    assert_eq!(ended.root()["revokedSessionCount"], 1);
    let there = replica
        .ask_as(Some(&two), "{ account { username } }", json!({}))
        .await;
    assert_eq!(
        there.status,
        StatusCode::UNAUTHORIZED,
        "on every replica at once"
    );
}

#[tokio::test]
async fn a_user_has_fifty_sessions_at_most() {
    let desk = TestApp::with("[security.sessions]\nmax_per_user = 3\n").await;
    desk.person("ada", "MEMBER").await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(desk.session("ada").await);
        desk.app.clock.advance(Duration::from_secs(1));
    }
    let mut alive = Vec::new();
    for token in &tokens {
        alive.push(
            desk.ask_as(Some(token), "{ account { id } }", json!({}))
                .await
                .status
                == StatusCode::OK,
        );
    }
    assert_eq!(alive, [false, false, true, true, true]);
}

#[tokio::test]
async fn a_reset_that_keeps_sessions_keeps_them_and_one_that_does_not_ends_them() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let token = desk.session("ada").await;
    let reset = async |keep: bool| {
        let document = "mutation($revoke: Boolean!) { resetPassword(input: { user: { login: \"ada\" }, \
                        generate: true, forceChangeOnLogin: false, revokeSessions: $revoke }) \
                        { revokedSessionCount errors { code } } }";
        desk.ask(document, json!({ "revoke": !keep })).await
    };
    assert_eq!(reset(true).await.root()["revokedSessionCount"], 0);
    assert_eq!(viewer(&desk, &token).await.root()["role"], "MEMBER");
    assert_eq!(reset(false).await.root()["revokedSessionCount"], 1);
    assert_eq!(viewer(&desk, &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_disabled_or_deleted_user_s_session_ends_at_once() {
    let desk = TestApp::start().await;
    for (name, act) in [("ada", "disableUser"), ("bob", "deleteUser")] {
        desk.person(name, "MEMBER").await;
        let token = desk.session(name).await;
        let done = desk.run(act, json!({ "login": name })).await;
        assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
        assert_eq!(viewer(&desk, &token).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_cookie_counts_on_this_server_s_own_pages_only() {
    let desk = TestApp::start().await;
    desk.person("ada", "ADMIN").await;
    let post = |headers: &[(&str, &str)], body: Value| {
        let mut request = axum::http::Request::builder()
            .method("POST")
            .uri("/graphql")
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
            .body(axum::body::Body::from(body.to_string()))
            .expect("a request")
    };
    let own = ("origin", "https://id.example.org");
    let document = "mutation($input: SignInInput!) { signIn(input: $input) { sessionToken outcome errors { code } } }";
    let input = json!({ "login": "ada", "password": PASSWORD, "transport": "COOKIE" });
    let answer = desk
        .send(post(
            &[own],
            json!({ "query": document, "variables": { "input": input } }),
        ))
        .await;
    assert_eq!(answer.root()["sessionToken"], Value::Null);
    let set = answer.headers["set-cookie"]
        .to_str()
        .expect("a text")
        .to_owned();
    for part in [
        "__Host-keydesk_session=kds_",
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
    ] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = ("cookie", set.split(';').next().expect("a pair"));
    let query = json!({ "query": "{ viewer { role } }" });
    let known = desk.send(post(&[own, cookie], query.clone())).await;
    assert_eq!(known.root()["role"], "ADMIN");
    for other in [&[cookie][..], &[cookie, ("origin", "https://evil.test")]] {
        let stranger = desk.send(post(other, query.clone())).await;
        assert_eq!(stranger.top_level(), Some("UNAUTHENTICATED"), "{other:?}");
    }
    let out = desk
        .send(post(
            &[own, cookie],
            json!({ "query": "mutation { signOut(input: {}) { errors { code } } }" }),
        ))
        .await;
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .expect("a text")
            .contains("Max-Age=0")
    );
    let after = desk.send(post(&[own, cookie], query)).await;
    assert_eq!(after.top_level(), Some("UNAUTHENTICATED"));
}

/// V-43: a hash that does not read, or that would cost gigabytes, lets nobody in and stops nothing.
#[tokio::test]
async fn a_hostile_stored_hash_is_a_failed_sign_in() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    for hash in [
        "",
        "no hash at all",
        "$argon2id$v=19$m=99999999,t=99,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2g",
        "$argon2id$v=19$m=64,t=1,p=1$\u{e4}\u{f6}\u{fc}$c29tZWhhc2g",
        "$2b$12$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
    ] {
        let sql = "UPDATE credentials SET password_hash = $1";
        desk.write(sql, vec![hash.into()]).await;
        let answer = desk.sign_in("ada", PASSWORD).await;
        assert_eq!(answer.codes(), ["INVALID_CREDENTIALS"], "{hash}");
        desk.run("unlockUser", json!({ "login": "ada" })).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_that_was_replaced_while_it_was_judged_begins_no_session() {
    for (forced, kept) in [(true, false), (false, false), (false, true)] {
        let desk = Arc::new(TestApp::start().await);
        let replica = desk.second_replica().await;
        desk.person("ada", "MEMBER").await;
        let resetting = async {
            let document = "mutation($forced: Boolean!, $revoke: Boolean!) { resetPassword(input: { user: { \
                            login: \"ada\" }, generate: true, forceChangeOnLogin: $forced, \
                            revokeSessions: $revoke }) { errors { code } } }";
            let variables = json!({ "forced": forced, "revoke": !kept });
            let reset = replica.ask(document, variables).await;
            assert_eq!(reset.codes(), [""; 0], "{reset:#?}");
        };
        let sign_in = |desk: Arc<TestApp>| async move { desk.sign_in("ada", PASSWORD).await };
        let answer = meanwhile(&desk, HASH_READ, sign_in, resetting).await;
        assert_eq!(answer.codes(), ["INVALID_CREDENTIALS"], "{answer:#?}");
        assert_eq!(answer.root()["sessionToken"], Value::Null);
        assert_eq!(desk.snapshot().await.count("sessions"), 0);
        let sql = "SELECT last_sign_in_at FROM users WHERE last_sign_in_at IS NOT NULL";
        assert_eq!(desk.rows(sql, vec![]).await.len(), 0);
    }
}

/// V-37: the number of sessions is kept however many begin at once.
#[tokio::test]
async fn the_number_of_sessions_holds_when_many_begin_at_once() {
    let desk = TestApp::with("[security.sessions]\nmax_per_user = 3\n").await;
    desk.person("ada", "MEMBER").await;
    let other = desk.second_replica().await;
    for _ in 0..3 {
        let tries = (0..12).map(|number| {
            let replica = if number % 2 == 0 { &desk } else { &other };
            replica.sign_in("ada", PASSWORD)
        });
        futures_util::future::join_all(tries).await;
        desk.app.clock.advance(Duration::from_hours(1));
        desk.session("ada").await;
        let sql = "SELECT id FROM sessions WHERE ended_at IS NULL";
        let rows = desk.rows(sql, vec![]).await;
        assert_eq!(rows.len(), 3);
    }
}

#[tokio::test]
async fn sign_ins_of_one_network_are_limited_before_any_look_up() {
    let desk = TestApp::with("sign_ins_per_minute = 4\n").await;
    desk.person("ada", "MEMBER").await;
    let try_from = async |address: &str, login: &str| {
        let origin = keydesk::types::actor::Origin {
            ip_address: Some(address.to_owned()),
            ..keydesk::types::actor::Origin::local(keydesk::types::actor::Via::GraphQl)
        };
        let actor = keydesk::types::actor::Actor::anonymous(origin);
        let command = keydesk::domain::account::SignIn {
            login: login.to_owned(),
            password: keydesk::types::secret::Secret::new("wrong".to_owned()),
            transport: keydesk::domain::sessions::Transport::Token,
        };
        match keydesk::domain::account::sign_in(&desk.app, &actor, command).await {
            Err(keydesk::domain::account::AccountError::RateLimited(_)) => "limited",
            Err(keydesk::domain::account::AccountError::InvalidCredentials) => "wrong",
            other => panic!("{other:?}"),
        }
    };
    for login in ["ada", "nobody", "ada", "else"] {
        assert_eq!(try_from("2001:db8::1", login).await, "wrong");
    }
    for login in ["ada", "nobody"] {
        assert_eq!(
            try_from("2001:db8::ffff", login).await,
            "limited",
            "{login}"
        );
    }
    assert_eq!(
        try_from("2001:db8:0:1::1", "ada").await,
        "wrong",
        "another network"
    );
    desk.app.clock.advance(Duration::from_secs(15));
    assert_eq!(try_from("2001:db8::1", "ada").await, "wrong");
}

#[tokio::test]
async fn failed_and_successful_sign_ins_stand_in_the_trail() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.sign_in("ada", "wrong").await;
    desk.sign_in("nobody", "my password, typed in the wrong field")
        .await;
    desk.session("ada").await;
    let document = "{ auditEvents(filter: { actions: [SIGNED_IN] }) { nodes { outcome errorCode \
                    actorLabel targetLabel user { username } actor { displayName } } } }";
    let answer = desk.ask(document, json!({})).await;
    let nodes = answer.root()["nodes"].as_array().expect("a list");
    let outcomes: Vec<_> = nodes.iter().map(|node| &node["outcome"]).collect();
    assert_eq!(outcomes, ["SUCCESS", "FAILED", "FAILED"], "{answer:#?}");
    assert_eq!(nodes[0]["actor"]["displayName"], "ada");
    assert_eq!(
        nodes[1]["targetLabel"],
        Value::Null,
        "what was typed is not kept"
    );
    assert_eq!(nodes[2]["user"]["username"], "ada");
    assert!(!desk.snapshot().await.holds("typed in the wrong field"));
}
