//! In which language the pages speak.

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode};

use super::{GOOD, Visitor, assert_says, form, hidden, link, says, setup_link, text};
use crate::support::app::{Answer, TestApp};

async fn ask(visitor: &mut Visitor<'_>, path: &str, accepted: &str) -> Answer {
    let headers = [("accept-language", accepted)];
    visitor
        .send(Method::GET, path, &headers, String::new())
        .await
}

#[tokio::test]
async fn the_browser_s_wish_counts_until_a_language_is_chosen() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::new(&app);
    let page = ask(&mut visitor, "/sign-in", "de-AT,en;q=0.5").await;
    assert_says(&page, StatusCode::OK, "Passwort vergessen?");
    assert!(text(&page).contains("<html lang=\"de\">"));
    assert_eq!(page.headers["vary"], "accept-language, cookie");
    let page = ask(&mut visitor, "/sign-in", "fr").await;
    assert!(
        says(&page, "Forgot your password?"),
        "the setting's language"
    );

    let chosen = ask(&mut visitor, "/sign-in?next=account&lang=de", "en").await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER);
    assert_eq!(chosen.headers[LOCATION], "./sign-in?next=account");
    let cookie = chosen.headers[SET_COOKIE].to_str().expect("a text");
    assert!(
        cookie.starts_with("__Host-keydesk_lang=de; HttpOnly"),
        "{cookie}"
    );
    let page = ask(&mut visitor, "/sign-in", "en").await;
    assert!(says(&page, "Passwort vergessen?"), "chosen");
    assert_eq!(hidden(&page, "next"), "account");

    for odd in [
        "/sign-in?lang=xx",
        "/sign-in?lang=",
        "/sign-in?lang=de%0d%0aa",
    ] {
        let page = ask(&mut Visitor::new(&app), odd, "en").await;
        assert!(
            !page.headers.contains_key("location") || !odd.contains("xx"),
            "{odd}"
        );
        let set = page.headers.get_all(SET_COOKIE).iter();
        let set: Vec<_> = set.map(|set| set.to_str().expect("a text")).collect();
        assert!(set.iter().all(|set| !set.contains("_lang=xx")), "{set:?}");
    }
}

#[tokio::test]
async fn a_choice_of_language_leads_to_this_server_alone() {
    let app = TestApp::start().await;
    for path in [
        "/reset/https:evil.example",
        "/setup/javascript:alert(1)",
        "/reset/%2F%2Fevil",
    ] {
        let answer = ask(&mut Visitor::new(&app), &format!("{path}?lang=de"), "en").await;
        let there = answer.headers[LOCATION].to_str().expect("a text");
        assert!(
            there == "../reset" || there == "../setup",
            "{path}: {there}"
        );
    }
}

#[tokio::test]
async fn without_a_wish_the_language_of_the_settings_counts() {
    let app = TestApp::with("[mail]\ndefault_locale = \"de\"\n").await;
    let page = Visitor::new(&app).get("/sign-in").await;
    assert_says(&page, StatusCode::OK, "Anmelden");
}

#[tokio::test]
async fn a_whole_reset_and_a_whole_setup_go_in_german() {
    let app = TestApp::start().await;
    let setup = setup_link(&app).await;
    let (mut visitor, _) = Visitor::open(&app, &setup).await;
    let page = visitor.get("/setup?lang=de").await;
    let page = visitor.follow("/setup", &page).await;
    assert_says(&page, StatusCode::OK, "Hier hat noch niemand ein Konto.");
    let wrong = [
        ("username", "a@b"),
        ("email", "nobody"),
        ("name", "Ada"),
        ("password", GOOD),
        ("again", GOOD),
    ];
    let refused = visitor.post(&page, "/setup", &wrong).await;
    for words in ["Lassen Sie das @ im Benutzernamen weg", "mit genau einem @"] {
        assert_says(&refused, StatusCode::UNPROCESSABLE_ENTITY, words);
    }
    for english in ["Remove the", "Write the", "Username"] {
        assert!(!says(&refused, english), "{english}");
    }
    let right = [
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("password", GOOD),
        ("again", GOOD),
    ];
    let done = visitor.post(&refused, "/setup", &right).await;
    assert_says(&done, StatusCode::OK, "hat einen Eigentümer");

    let bea = app.member("bea").await;
    let (mut visitor, _) = Visitor::open(&app, &link(&app, &bea).await).await;
    let page = ask(&mut visitor, "/reset", "de").await;
    assert_says(&page, StatusCode::OK, "Ein neues Passwort wählen");
    let mark = hidden(&page, "mark");
    let german = [("accept-language", "de")];
    let weak = form(&[("mark", &mark), ("password", "bea"), ("again", "bea")]);
    let refused = visitor.post_raw("/reset", &german, &weak).await;
    for words in [
        "mindestens 15 Zeichen",
        "zu leicht zu erraten",
        "nichts mit Ihrem Namen",
    ] {
        assert_says(&refused, StatusCode::UNPROCESSABLE_ENTITY, words);
    }
    let good = form(&[("mark", &mark), ("password", GOOD), ("again", GOOD)]);
    let done = visitor.post_raw("/reset", &german, &good).await;
    assert_says(&done, StatusCode::OK, "Ihr Passwort wurde geändert");
    let (_, used) = Visitor::open(&app, &link(&app, &bea).await).await;
    assert_eq!(used.status, StatusCode::OK, "a new link");
}
