//! `mailTemplates` and `mailTemplatePreview`.

use keydesk::types::actor::{Permission, Role};
use serde_json::json;

use super::{in_use, input, text, update};
use crate::support::app::TestApp;

#[tokio::test]
async fn every_text_is_listed_with_its_source() {
    let desk = TestApp::start().await;
    update(&desk, input("fr", &text("Bonjour"))).await;
    let list = "query($filter: MailTemplateFilter) { mailTemplates(filter: $filter) \
                { kind locale source builtInContent { subject } } }";
    let all = desk.ask(list, json!({})).await;
    assert_eq!(all.root().as_array().map(Vec::len), Some(25), "{all:#?}");
    let own = json!({ "filter": { "sources": ["API"] } });
    let own = desk.ask(list, own).await;
    assert_eq!(
        own.root(),
        &json!([{ "kind": "PASSWORD_RESET_LINK", "locale": "fr", "source": "API", "builtInContent": null }])
    );
    let german = json!({ "filter": { "locales": ["DE"], "kinds": ["TEST"] } });
    let german = desk.ask(list, german).await;
    assert_eq!(german.root()[0]["locale"], "de", "{german:#?}");
    let wrong = desk
        .ask(list, json!({ "filter": { "locales": ["?"] } }))
        .await;
    assert_eq!(wrong.top_level(), Some("BAD_USER_INPUT"));
}

#[tokio::test]
async fn a_language_without_a_text_gets_the_nearest_one() {
    let desk = TestApp::start().await;
    for (locale, expected) in [("de-AT", "de"), ("fr", "en"), ("en-GB", "en")] {
        let found = in_use(&desk, locale).await;
        assert_eq!(found["contentLocale"], expected, "{found:#}");
        assert_eq!(found["isCustomized"], false);
    }
    update(&desk, input("de-AT", &text("Servus"))).await;
    assert_eq!(in_use(&desk, "de-AT").await["contentLocale"], "de-AT");
    assert_eq!(in_use(&desk, "de-CH").await["contentLocale"], "de");
}

const PREVIEW: &str = "query($text: MailTemplateText, $user: UserRef, $locale: Locale) {
    mailTemplatePreview(kind: PASSWORD_RESET_LINK, text: $text, user: $user, locale: $locale)
    { locale subject textBody htmlBody problems { message } } }";

#[tokio::test]
async fn a_preview_shows_the_mail_with_a_made_up_link_and_a_user_s_own_name() {
    let desk = TestApp::start().await;
    let more = json!({ "name": "Zoë <b>Müller</b>", "locale": "de", "generate": true });
    desk.user("zoe", more).await;
    let user = json!({ "login": "zoe" });
    let seen = desk
        .ask(PREVIEW, json!({ "text": text("Draft"), "user": user }))
        .await;
    let root = seen.root();
    assert_eq!(root["subject"], "Draft for Zoë <b>Müller</b>", "{seen:#?}");
    assert_eq!(root["locale"], "de");
    let html = root["htmlBody"].as_str().expect("HTML");
    assert!(html.contains("Zoë &lt;b&gt;Müller"), "{html}");
    let said = root["textBody"].as_str().expect("text");
    assert!(
        said.contains("https://id.example.org/reset/sample-token"),
        "{said}"
    );
    let saved = desk.ask(PREVIEW, json!({ "locale": "de-AT" })).await;
    assert_eq!(saved.root()["locale"], "de", "{saved:#?}");
    let nobody = json!({ "user": { "login": "nobody" } });
    assert_eq!(desk.ask(PREVIEW, nobody).await.root(), &json!(null));

    let mut broken = text("Draft");
    broken["htmlBody"] = "<script>{{ link }}</script>".into();
    let broken = desk.ask(PREVIEW, json!({ "text": broken })).await;
    assert_eq!(broken.root()["htmlBody"], json!(null), "{broken:#?}");
    assert!(
        !broken.root()["problems"]
            .as_array()
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn a_preview_with_a_user_needs_the_right_to_read_users() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let key = desk.key(&[Permission::MailRead], Role::Owner).await;
    let user = json!({ "user": { "login": "ada" } });
    let refused = desk.ask_as(Some(&key), PREVIEW, user).await;
    assert_eq!(refused.top_level(), Some("FORBIDDEN"), "{refused:#?}");
    let plain = desk.ask_as(Some(&key), PREVIEW, json!({})).await;
    assert!(plain.root()["subject"].is_string(), "{plain:#?}");
}
