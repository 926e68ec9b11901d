//! Names that look like another user's.

use std::time::Duration;

use futures_util::future::join_all;
use keydesk::jobs::cleanup;
use keydesk::types::ids::WorkerId;
use serde_json::{Value, json};

use super::{create, fault, faults, invalid, update};
use crate::support::app::{Answer, TestApp};
use crate::support::catalog::{connection, tables};
use crate::support::people::PASSWORD;
use crate::support::rows::uuid;

/// Cyrillic all of it, and looks like "scope".
const CYRILLIC_SCOPE: &str = "\u{455}\u{441}\u{43e}\u{440}\u{435}";
/// Cyrillic, and looks like "cope".
const CYRILLIC_COPE: &str = "\u{441}\u{43e}\u{440}\u{435}";
/// Latin with one Cyrillic letter at its end.
const MIXED_OLGA: &str = "olg\u{430}";

async fn named(desk: &TestApp, username: &str) -> Answer {
    create(desk, json!({ "username": username })).await
}

async fn at(desk: &TestApp, username: &str, email: &str) -> Answer {
    create(desk, json!({ "username": username, "email": email })).await
}

fn assert_taken(answer: &Answer) {
    assert_eq!(answer.codes(), [""; 0], "{answer:#?}");
}

#[tokio::test]
async fn letters_of_several_alphabets_are_refused_in_usernames_and_before_the_at_sign() {
    let desk = TestApp::start().await;
    let ada = desk.user("ada", json!({})).await;
    let mixed = at(&desk, MIXED_OLGA, &format!("{MIXED_OLGA}@example.org")).await;
    assert_eq!(
        faults(&mixed),
        [invalid("input.email"), invalid("input.username")]
    );
    let said = mixed.root()["errors"][0]["message"]
        .as_str()
        .expect("a text");
    assert!(said.contains("one alphabet"), "{said}");
    for (field, value) in [
        ("username", MIXED_OLGA.to_owned()),
        ("email", format!("{MIXED_OLGA}@example.org")),
    ] {
        let changed = update(&desk, &ada, json!({ field: value }), json!({})).await;
        assert_eq!(faults(&changed), [invalid(&format!("input.patch.{field}"))]);
    }
    assert_taken(&at(&desk, "ольга", "ольга@example.org").await);
    assert_taken(&at(&desk, "田中ab", "josé+news@example.org").await);
}

#[tokio::test]
async fn a_name_that_looks_like_another_one_is_refused_whichever_was_first() {
    let desk = TestApp::start().await;
    assert_taken(&named(&desk, "scope").await);
    assert_eq!(
        faults(&named(&desk, CYRILLIC_SCOPE).await),
        [invalid("input.username")]
    );
    assert_taken(&named(&desk, CYRILLIC_COPE).await);
    assert_eq!(
        faults(&named(&desk, "Cope").await),
        [invalid("input.username")]
    );
    assert_eq!(
        faults(&named(&desk, CYRILLIC_COPE).await),
        [fault("USERNAME_TAKEN", "")]
    );
    // In capitals this looks like "APT".
    assert_taken(&named(&desk, "apt").await);
    let capitals = named(&desk, "\u{410}\u{420}\u{422}").await;
    assert_eq!(faults(&capitals), [invalid("input.username")]);

    assert_taken(&at(&desk, "one", "scope@example.org").await);
    let address = format!("{CYRILLIC_SCOPE}@example.org");
    assert_eq!(
        faults(&at(&desk, "two", &address).await),
        [invalid("input.email")]
    );
    let elsewhere = format!("{CYRILLIC_SCOPE}@example.com");
    assert_taken(&at(&desk, "two", &elsewhere).await);
    let ada = desk.user("ada", json!({})).await;
    for (field, value) in [("username", CYRILLIC_SCOPE), ("email", address.as_str())] {
        let changed = update(&desk, &ada, json!({ field: value }), json!({})).await;
        assert_eq!(faults(&changed), [invalid(&format!("input.patch.{field}"))]);
    }
}

#[tokio::test]
async fn names_in_ascii_are_never_compared() {
    let desk = TestApp::start().await;
    for name in [
        "paul1", "paull", "PauI", "arnold", "amold", "0scar", "Oscar",
    ] {
        assert_taken(&at(&desk, name, &format!("{name}@example.org")).await);
    }
    let first = desk.rows(
        "SELECT names FROM name_skeletons WHERE holder <> 'ASCII'",
        vec![],
    );
    assert_eq!(first.await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_name_is_free_when_the_last_one_who_looks_like_it_has_left_it() {
    let desk = TestApp::start().await;
    let looks = format!("{CYRILLIC_COPE}1");
    let one = desk.user("cope1", json!({})).await;
    let two = desk.user("copel", json!({})).await;
    let rename = async |user: &str, name: &str| {
        update(&desk, user, json!({ "username": name }), json!({})).await
    };
    assert_taken(&rename(&one, "ada").await);
    assert_eq!(
        faults(&named(&desk, &looks).await),
        [invalid("input.username")]
    );
    assert_taken(&rename(&two, "bea").await);
    let third = desk.user(&looks, json!({})).await;
    assert_eq!(
        faults(&rename(&one, "cope1").await),
        [invalid("input.patch.username")]
    );

    desk.run("deleteUser", json!({ "login": looks })).await;
    assert_eq!(
        faults(&rename(&one, "cope1").await),
        [invalid("input.patch.username")],
        "a deleted user can be restored"
    );
    desk.app.clock.advance(Duration::from_hours(24 * 31));
    let holder = WorkerId::new(desk.app.clock.now());
    cleanup::sweep(&desk.app, holder).await.expect("swept");
    assert_taken(&rename(&one, "cope1").await);
    assert_taken(&rename(&one, "cope1").await);
    let held = "SELECT holder FROM name_skeletons WHERE holder <> 'ASCII'";
    assert_eq!(desk.rows(held, vec![]).await, Vec::<Value>::new());
    assert!(!third.is_empty());
}

/// Two names in ASCII and two that are not, all alike, at once on two replicas.
#[tokio::test]
async fn of_names_that_look_alike_never_two_come_about_in_a_race() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    let letters = [
        ("a", "\u{430}"),
        ("c", "\u{441}"),
        ("e", "\u{435}"),
        ("o", "\u{43e}"),
        ("p", "\u{440}"),
    ];
    for (latin_one, one) in letters {
        for (latin_two, two) in letters {
            let latin = format!("{latin_one}{latin_two}x");
            let cyrillic = format!("{one}{two}\u{445}");
            let names = [
                format!("{latin}1"),
                format!("{latin}l"),
                format!("{cyrillic}1"),
                format!("{cyrillic}\u{4cf}"),
            ];
            let asked = names.iter().enumerate().map(|(index, name)| {
                let replica = if index % 2 == 0 { &desk } else { &other };
                named(replica, name)
            });
            let answers = join_all(asked).await;
            let made: Vec<bool> = answers
                .iter()
                .map(|answer| answer.codes().is_empty())
                .collect();
            let (ascii, others) = (&made[..2], &made[2..]);
            let others = others.iter().filter(|made| **made).count();
            let is_apart =
                (others == 0 && ascii.contains(&true)) || (others == 1 && !ascii.contains(&true));
            assert!(is_apart, "{names:?}: {made:?} {answers:#?}");
            for answer in answers.iter().filter(|answer| !answer.codes().is_empty()) {
                assert_eq!(answer.codes(), ["INVALID_INPUT"], "{answer:#?}");
            }
        }
    }
}

#[tokio::test]
async fn names_that_were_there_before_go_on_and_the_doctor_names_them() {
    let desk = TestApp::start().await;
    desk.person("scope", "MEMBER").await;
    desk.person("cope", "MEMBER").await;
    desk.person("ольга", "MEMBER").await;
    let (alike, mixed) = (
        desk.person("one", "MEMBER").await,
        desk.person("two", "MEMBER").await,
    );
    let plant = "UPDATE users SET username = $1, username_key = $1 WHERE id = $2";
    desk.write(plant, vec![CYRILLIC_SCOPE.into(), uuid(&alike)])
        .await;
    desk.write(plant, vec![MIXED_OLGA.into(), uuid(&mixed)])
        .await;
    desk.app.db.migrate_up().await.expect("up to date");
    for _ in 0..100 {
        let tables = tables(connection(&desk.app)).await;
        if !tables.contains(&"name_skeletons".to_owned()) {
            break;
        }
        desk.app.db.migrate_down(1).await.expect("one down");
    }
    let left = tables(connection(&desk.app)).await;
    assert!(!left.contains(&"name_skeletons".to_owned()), "{left:?}");
    desk.app
        .db
        .migrate_up()
        .await
        .expect("what looks alike stops no migration");

    let found = keydesk::domain::users::look_alikes(&desk.app, 10)
        .await
        .expect("found");
    let found: Vec<_> = found
        .iter()
        .map(|(user, name)| (user.to_string(), name.as_str()))
        .collect();
    assert_eq!(found, [(alike.clone(), CYRILLIC_SCOPE)]);
    assert_eq!(
        faults(&named(&desk, CYRILLIC_COPE).await),
        [invalid("input.username")],
        "names of before are protected"
    );
    for (login, user) in [(CYRILLIC_SCOPE, &alike), (MIXED_OLGA, &mixed)] {
        assert_eq!(desk.sign_in(login, PASSWORD).await.codes(), [""; 0]);
        let patch = json!({ "name": "Olga", "username": login });
        assert_taken(&update(&desk, user, patch, json!({})).await);
    }
    assert_taken(&update(&desk, &alike, json!({ "username": "one" }), json!({})).await);
    assert_eq!(
        keydesk::domain::users::look_alikes(&desk.app, 10)
            .await
            .expect("found"),
        []
    );
}

#[tokio::test]
async fn no_text_that_people_read_later_turns_the_direction_of_writing() {
    let desk = TestApp::start().await;
    desk.person("own", "OWNER").await;
    let owner = desk.session("own").await;
    let ada = desk.user("ada", json!({})).await;
    for letter in [
        '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}',
    ] {
        let text = format!("Ada {letter}txt.exe");
        let named = create(
            &desk,
            json!({ "username": "bea", "name": text, "externalId": text }),
        )
        .await;
        assert_eq!(
            faults(&named),
            [invalid("input.externalId"), invalid("input.name")]
        );
        let said = named.root()["errors"][0]["message"]
            .as_str()
            .expect("a text");
        assert!(said.contains("direction of writing"), "{said}");
        let patched = update(&desk, &ada, json!({ "name": text }), json!({})).await;
        assert_eq!(faults(&patched), [invalid("input.patch.name")]);
        let more = json!({ "reason": text });
        let reason = update(&desk, &ada, json!({ "name": "Ada" }), more).await;
        assert_eq!(faults(&reason), [invalid("input.reason")]);
        let key = desk.make_own_key(&owner, json!({ "name": text })).await;
        assert!(
            key.body.to_string().contains("direction of writing"),
            "{key:#?}"
        );
        for setting in [
            format!("[server]\nsite_name = \"Desk {letter}x\""),
            format!("[mail]\nfrom = \"Desk {letter}x <desk@example.org>\""),
        ] {
            let refused = keydesk::platform::settings::Settings::from_toml(&setting);
            let said = refused.map(|_| ()).expect_err("refused").to_string();
            assert!(said.contains("direction of writing"), "{said}");
        }
    }
    assert_taken(&update(&desk, &ada, json!({ "name": "עדה לאבלייס" }), json!({})).await);
}
