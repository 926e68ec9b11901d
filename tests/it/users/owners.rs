//! The last owner stays.

use std::time::Duration;

use keydesk::domain::sessions;
use keydesk::domain::users::{self, DisableUser, UserError, UserRef};
use keydesk::types::actor::{Origin, Via};
use keydesk::types::secret::Secret;
use serde_json::{Value, json};

use super::{fault, faults, mutate, update};
use crate::support::app::{Answer, TestApp};

async fn owner(app: &TestApp, name: &str) -> String {
    app.user(name, json!({ "role": "OWNER" })).await
}

async fn disable(app: &TestApp, user: &str, more: Value) -> Answer {
    let mut input = json!({ "user": { "id": user } });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    mutate(app, None, "disableUser", input).await
}

#[tokio::test]
async fn the_last_owner_is_neither_demoted_nor_disabled() {
    let app = TestApp::start().await;
    let (one, other) = (owner(&app, "one").await, owner(&app, "other").await);
    assert_eq!(faults(&disable(&app, &other, json!({})).await), []);
    let before = app.snapshot().await.but_for_denials();
    let demoted = update(&app, &one, json!({ "role": "ADMIN" }), json!({})).await;
    assert_eq!(faults(&demoted), [fault("LAST_ADMIN", "")]);
    for more in [json!({}), json!({ "until": "2026-11-21T10:30:00Z" })] {
        assert_eq!(
            faults(&disable(&app, &one, more).await),
            [fault("LAST_ADMIN", "")]
        );
    }
    assert_eq!(app.snapshot().await.but_for_denials(), before);
    let renamed = update(
        &app,
        &one,
        json!({ "role": "OWNER", "name": "One" }),
        json!({}),
    )
    .await;
    assert_eq!(faults(&renamed), []);
}

#[tokio::test]
async fn an_owner_whose_disabling_has_ended_counts_again() {
    let app = TestApp::start().await;
    let (one, other) = (owner(&app, "one").await, owner(&app, "other").await);
    let until = json!({ "until": "2026-11-21T10:30:00Z" });
    disable(&app, &other, until).await;
    app.app.clock.advance(Duration::from_hours(1));
    assert_eq!(faults(&disable(&app, &one, json!({})).await), []);
}

#[tokio::test]
async fn two_owners_who_are_demoted_at_once_do_not_both_go() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    for round in 0..6 {
        let one = owner(&app, &format!("one{round}")).await;
        let other = owner(&app, &format!("other{round}")).await;
        let demote = || json!({ "role": "MEMBER" });
        let (first, second) = tokio::join!(
            update(&app, &one, demote(), json!({})),
            update(&replica, &other, demote(), json!({})),
        );
        assert_eq!(
            owners(&app).await,
            1,
            "{:?} {:?}",
            faults(&first),
            faults(&second)
        );
        let mut all = [faults(&first), faults(&second)];
        all.sort();
        assert_eq!(all, [vec![], vec![fault("LAST_ADMIN", "")]]);
        app.write("UPDATE users SET role = 'MEMBER'", vec![]).await;
    }
}

#[tokio::test]
async fn two_owners_of_whom_one_is_demoted_and_one_disabled_at_once_do_not_both_go() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    for round in 0..6 {
        let one = owner(&app, &format!("one{round}")).await;
        let other = owner(&app, &format!("other{round}")).await;
        let (first, second) = tokio::join!(
            update(&app, &one, json!({ "role": "MEMBER" }), json!({})),
            disable(&replica, &other, json!({})),
        );
        assert_eq!(
            owners(&app).await,
            1,
            "{:?} {:?}",
            faults(&first),
            faults(&second)
        );
        app.write("UPDATE users SET role = 'MEMBER'", vec![]).await;
    }
}

/// Owners that can act.
async fn owners(app: &TestApp) -> usize {
    let sql = "SELECT id FROM users WHERE role = 'OWNER' AND disabled_at IS NULL";
    app.rows(sql, vec![]).await.len()
}

#[tokio::test]
async fn whoever_was_stopped_while_an_act_of_theirs_ran_does_nothing_more() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.person("rest", "OWNER").await;
    for (number, (mutation, more)) in [
        ("disableUser", ""),
        ("deleteUser", ""),
        ("updateUser", "patch: { role: ADMIN }"),
        ("setMustChangePassword", "mustChangePassword: true"),
        ("revokeSessions", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let olga = format!("olga{number}");
        app.person(&olga, "OWNER").await;
        let token = Secret::new(app.session(&olga).await);
        let origin = Origin::local(Via::GraphQl);
        let found = sessions::resolve(&app.app, &token, origin).await;
        let actor = found.expect("a look-up").expect("a session");
        let stop = format!(
            "mutation {{ {mutation}(input: {{ user: {{ login: \"{olga}\" }} {more} }}) \
             {{ errors {{ code }} }} }}"
        );
        assert_eq!(faults(&app.ask(&stop, json!({})).await), [], "{stop}");
        let before = app.snapshot().await.but_for_denials();
        let command = DisableUser {
            user: UserRef::Login("ada".to_owned()),
            until: None,
            reason: None,
            notify: true,
        };
        let late = users::disable(&app.app, &actor, command).await;
        assert!(matches!(late, Err(UserError::Denied(_))), "{stop} {late:?}");
        assert_eq!(app.snapshot().await.but_for_denials(), before, "{stop}");
    }
}
