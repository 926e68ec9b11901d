//! `updateMailTemplate` and `resetMailTemplate`.

use futures_util::future::join_all;
use keydesk::types::actor::{Permission, Role};
use serde_json::json;

use super::{RESET, UPDATE, in_use, input, reset, text, update};
use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;

#[tokio::test]
async fn a_text_is_used_until_it_is_taken_back_and_every_version_is_kept() {
    let desk = TestApp::start().await;
    let first = update(&desk, input("en", &text("First"))).await;
    assert_eq!(first.codes(), Vec::<String>::new(), "{first:#?}");
    assert_eq!(first.root()["mailTemplate"]["version"], 1);
    let second = update(&desk, input("en", &text("Second"))).await;
    assert_eq!(second.root()["mailTemplate"]["version"], 2, "{second:#?}");
    let same = update(&desk, input("en", &text("Second"))).await;
    assert_eq!(same.root()["mailTemplate"]["version"], 2, "{same:#?}");
    assert_eq!(in_use(&desk, "en").await["source"], "API");

    let back = reset(&desk, "en").await;
    assert_eq!(back.root()["mailTemplate"]["version"], 3, "{back:#?}");
    assert_eq!(back.root()["mailTemplate"]["source"], "BUILT_IN");
    let again = reset(&desk, "en").await;
    assert_eq!(again.root()["mailTemplate"]["version"], 3, "{again:#?}");

    let history = "{ mailTemplateHistory(kind: PASSWORD_RESET_LINK, locale: \"en\") \
                   { version changedByLabel content { subject } } }";
    let history = desk.ask(history, json!({})).await;
    let subject = |word: &str| json!({ "subject": format!("{word} for {{{{ display_name }}}}") });
    let by = "OWNER key";
    assert_eq!(
        history.root(),
        &json!([
            { "version": 3, "changedByLabel": by, "content": null },
            { "version": 2, "changedByLabel": by, "content": subject("Second") },
            { "version": 1, "changedByLabel": by, "content": subject("First") },
        ])
    );
    let trail = "{ auditEvents(filter: { actions: [MAIL_TEMPLATE_UPDATED, MAIL_TEMPLATE_RESET] }) \
                 { nodes { action targetLabel changes { field before after } } } }";
    let events = desk.ask(trail, json!({})).await.root()["nodes"].clone();
    assert_eq!(events.as_array().map(Vec::len), Some(3), "{events:#}");
    assert_eq!(events[0]["action"], "MAIL_TEMPLATE_RESET");
    assert_eq!(events[0]["targetLabel"], "PASSWORD_RESET_LINK en");
    let version = json!({ "field": "version", "before": "2", "after": "3" });
    assert_eq!(events[0]["changes"][2], version);
    assert!(!events.to_string().contains("Second"), "{events:#}");
}

#[tokio::test]
async fn a_text_that_does_not_do_is_refused_with_every_place() {
    let desk = TestApp::start().await;
    let mut broken = text("Broken");
    broken["subject"] = "Your {{ link }}".into();
    broken["textBody"] = "Hello\n  {{ lnk }}\n{{ link }}".into();
    broken["htmlBody"] = "<p>Hello</p>".into();
    let refused = update(&desk, input("en", &broken)).await;
    assert_eq!(refused.codes(), ["TEMPLATE_INVALID"], "{refused:#?}");
    let error = &refused.root()["errors"][0];
    assert_eq!(error["path"], json!(["input", "text"]));
    let problems = error["problems"].as_array().expect("problems");
    let places: Vec<_> = problems
        .iter()
        .map(|one| json!([one["part"], one["line"], one["column"]]))
        .collect();
    let expected = [
        json!(["SUBJECT", 1, 9]),
        json!(["TEXT", 2, 6]),
        json!(["HTML", 1, 1]),
    ];
    assert_eq!(places, expected, "{refused:#?}");
    let said = problems[1]["message"].as_str().expect("a message");
    assert!(said.contains("Did you mean `link`?"), "{said}");
    assert_eq!(in_use(&desk, "en").await["version"], 0);
    for (locale, kind) in [("english", "INVALID_INPUT"), ("", "INVALID_INPUT")] {
        let refused = update(&desk, input(locale, &text("A"))).await;
        assert_eq!(refused.codes(), [kind], "{refused:#?}");
    }
}

#[tokio::test]
async fn of_many_changes_of_one_version_exactly_one_happens() {
    let desk = TestApp::start().await;
    let changes = (0..20).map(|number| {
        let mut input = input("en", &text(&format!("Number {number}")));
        input["ifVersion"] = 0.into();
        update(&desk, input)
    });
    let answers = join_all(changes).await;
    let outcomes: Vec<_> = answers.iter().map(Answer::codes).collect();
    let done = outcomes.iter().filter(|codes| codes.is_empty()).count();
    assert_eq!(done, 1, "{outcomes:?}");
    let lost = outcomes
        .iter()
        .filter(|codes| *codes == &["VERSION_CONFLICT"]);
    assert_eq!(lost.count(), 19, "{outcomes:?}");
    assert_eq!(in_use(&desk, "en").await["version"], 1);
    assert_eq!(desk.events("mail.template.updated").await, 1);
}

#[tokio::test]
async fn of_the_changes_that_two_replicas_make_at_once_exactly_one_happens() {
    let desk = TestApp::start().await;
    let replicas = [&desk, &desk.second_replica().await];
    // Version 0 is no row yet, and nothing to lock.
    for version in 0..3 {
        let changes = (0..20).map(|number| {
            let mut input = input("en", &text(&format!("{version} {number}")));
            input["ifVersion"] = version.into();
            update(replicas[number % 2], input)
        });
        let answers = join_all(changes).await;
        let outcomes: Vec<_> = answers.iter().map(Answer::codes).collect();
        let done = outcomes.iter().filter(|codes| codes.is_empty()).count();
        let is_lost = |codes: &&Vec<String>| **codes == ["VERSION_CONFLICT"];
        let lost = outcomes.iter().filter(is_lost).count();
        assert_eq!((done, lost), (1, 19), "{outcomes:?}");
        for replica in replicas {
            assert_eq!(in_use(replica, "en").await["version"], version + 1);
        }
    }
    assert_eq!(desk.events("mail.template.updated").await, 3);
}

#[tokio::test]
async fn changes_without_a_version_on_two_replicas_happen_or_are_told_so() {
    let desk = TestApp::start().await;
    let replicas = [&desk, &desk.second_replica().await];
    let changes = (0..20).map(|number| {
        let input = input("en", &text(&format!("Number {number}")));
        update(replicas[number % 2], input)
    });
    let answers = join_all(changes).await;
    let outcomes: Vec<_> = answers.iter().map(Answer::codes).collect();
    let done = outcomes.iter().filter(|codes| codes.is_empty()).count();
    let is_lost = |codes: &&Vec<String>| **codes == ["VERSION_CONFLICT"];
    assert_eq!(
        done + outcomes.iter().filter(is_lost).count(),
        20,
        "{outcomes:?}"
    );
    assert_eq!(in_use(&desk, "en").await["version"], done);
}

#[tokio::test]
async fn only_an_owner_who_confirmed_who_they_are_changes_a_text() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    desk.person("olga", "OWNER").await;
    let (ann, olga) = (desk.session("ann").await, desk.session("olga").await);
    let mut input = input("en", &text("Mine"));
    let ask = async |key: &str, input: &serde_json::Value| {
        let answer = desk
            .ask_as(Some(key), UPDATE, json!({ "input": input }))
            .await;
        answer.codes()
    };
    assert_eq!(ask(&ann, &input).await, ["FORBIDDEN"]);
    let low = desk.key(&Permission::ALL, Role::Admin).await;
    assert_eq!(ask(&low, &input).await, ["FORBIDDEN"]);
    assert_eq!(ask(&olga, &input).await, ["STEP_UP_REQUIRED"]);
    input["actorPassword"] = "wrong".into();
    assert_eq!(ask(&olga, &input).await, ["INCORRECT_PASSWORD"]);
    assert_eq!(in_use(&desk, "en").await["version"], 0);
    input["actorPassword"] = PASSWORD.into();
    assert_eq!(ask(&olga, &input).await, Vec::<String>::new());
    assert_eq!(in_use(&desk, "en").await["version"], 1);
    let back = json!({ "kind": "PASSWORD_RESET_LINK", "locale": "en" });
    let refused = desk
        .ask_as(Some(&ann), RESET, json!({ "input": back }))
        .await;
    assert_eq!(refused.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn own_texts_are_in_at_most_twenty_languages() {
    let desk = TestApp::start().await;
    for letter in "abcdefghijklmnopqrst".chars() {
        let made = update(&desk, input(&format!("x{letter}"), &text("More"))).await;
        assert_eq!(made.codes(), Vec::<String>::new(), "{made:#?}");
    }
    let refused = update(&desk, input("xu", &text("More"))).await;
    assert_eq!(refused.codes(), ["INVALID_INPUT"], "{refused:#?}");
    let known = update(&desk, input("xt", &text("Again"))).await;
    assert_eq!(known.codes(), Vec::<String>::new(), "{known:#?}");
}
