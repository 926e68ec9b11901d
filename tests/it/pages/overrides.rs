//! The operator's logo, templates and texts.

use std::path::Path;

use axum::http::StatusCode;
use keydesk::types::address::EmailAddress;
use keydesk::types::colour::{Accent, Colour};
use keydesk::web::{self, Shows};

use super::{Visitor, assert_says, text};
use crate::support::app::TestApp;

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"40\"/>";

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).expect("written");
}

/// Why a server with these settings does not start.
async fn refusal(folder: &Path, logo: Option<&str>) -> String {
    let desk = TestApp::start().await;
    let mut settings = (*desk.app.settings).clone();
    settings.server.templates_dir = Some(folder.to_owned());
    settings.server.logo_file = logo.map(|name| folder.join(name));
    let mut app = desk.app.clone();
    app.settings = settings.into();
    let router = web::router(&app, &desk.templates(), Shows::default());
    router.map(drop).expect_err("a refusal").to_string()
}

#[tokio::test]
async fn files_of_the_operator_stand_in_place_of_the_program_s() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "README", "who changed what");
    write(folder.path(), "logo.svg", SVG);
    write(
        folder.path(),
        "de.ftl",
        "sign-in-title = Willkommen im <Werk>\n",
    );
    let page = "{% extends \"layout.html\" %}{% block title %}x{% endblock %}\
                {% block main %}<h1>{{ t(\"change-title\") }}, anders</h1>{% endblock %}";
    write(folder.path(), "reset_link.html", page);
    let app = TestApp::with_server(|server| {
        server.templates_dir = Some(folder.path().to_owned());
        server.logo_file = Some(folder.path().join("logo.svg"));
        server.site_name = "Werk & Sohn".to_owned();
        server.support_email = EmailAddress::parse("hilfe@example.org").ok();
        server.accent = Accent::of(Colour::parse("#ffee00").expect("a colour"));
    })
    .await;
    let mut visitor = Visitor::new(&app);
    let german = visitor.get("/sign-in?lang=de").await;
    let german = visitor.follow("/sign-in", &german).await;
    assert_says(&german, StatusCode::OK, "Willkommen im &lt;Werk&gt;");
    assert_says(&german, StatusCode::OK, "Passwort vergessen?");
    assert_says(&german, StatusCode::OK, "Werk &amp; Sohn");
    assert!(text(&german).contains("<img class=\"logo\" src=\"pages/logo\" alt=\"\">"));
    assert!(text(&german).contains("<a href=\"mailto:hilfe@example.org\">hilfe@example.org</a>"));
    let accent = visitor.get("/pages/accent.css").await;
    assert_eq!(accent.headers["content-type"], "text/css; charset=utf-8");
    let accent = accent.body.as_str().expect("a text");
    let dark = "prefers-color-scheme: dark) { :root { --accent: #ffee00; --on-accent: #0d1626; }";
    assert!(accent.contains(dark), "{accent}");
    assert!(
        !accent.starts_with(":root { --accent: #ffee00"),
        "too pale for the day"
    );
    let changed = visitor.get("/reset").await;
    assert_says(&changed, StatusCode::OK, "Passwort ändern, anders");

    let logo = visitor.get("/pages/logo").await;
    assert_eq!(logo.headers["content-type"], "image/svg+xml");
    let policy = logo.headers["content-security-policy"]
        .to_str()
        .expect("a text");
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"));
    assert_eq!(logo.body, SVG);
}

#[tokio::test]
async fn a_broken_file_stops_the_start_and_is_named_with_its_line() {
    for (name, content, words) in [
        (
            "refused.html",
            "<p>\n{% if %}\n",
            "refused.html, line 2: syntax error",
        ),
        (
            "refused.html",
            "\n{{ t(\"refused-nobody\") }}",
            "refused.html, line 2: there is no text `refused-nobody`",
        ),
        ("en.ftl", "ask-giver = {\n", "en.ftl, line "),
        (
            "de.ftl",
            "\nask-taker = x\n",
            "de.ftl, line 2: no page has a text `ask-taker`",
        ),
        (
            "de.ftl",
            "ask-giver = { $who }\n",
            "de.ftl, line 1: the text `ask-giver` is not given `$who`",
        ),
        (
            "fr.ftl",
            "ask-giver = x\n",
            "fr.ftl: stands in for nothing; the names are en.ftl, de.ftl",
        ),
        ("rest.html", "", "rest.html: stands in for nothing"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), name, content);
        let said = refusal(folder.path(), None).await;
        assert!(said.contains(words), "{said}");
        assert!(
            said.contains(folder.path().to_str().expect("a text")),
            "{said}"
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "logo.gif", "GIF89a");
    for (logo, words) in [
        ("logo.gif", "neither a PNG nor an SVG"),
        ("none.svg", "No such file"),
    ] {
        let said = refusal(folder.path(), Some(logo)).await;
        assert!(said.contains(words) && said.contains(logo), "{said}");
    }
    let said = refusal(&folder.path().join("nowhere"), None).await;
    assert!(said.contains("nowhere: No such file"), "{said}");
}
