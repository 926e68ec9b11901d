//! Files in `[mail] templates_dir`.

use std::fs;
use std::path::Path;

use keydesk::domain::mail::Templates;
use serde_json::Value;

use super::{in_use, input, mailed, reset, text, update};
use crate::support::app::TestApp;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("written");
}

fn write_text(folder: &Path, locale: &str, text: &Value) {
    for (file, part) in [
        ("subject.txt", "subject"),
        ("body.txt", "textBody"),
        ("body.html", "htmlBody"),
    ] {
        let name = format!("password_reset_link/{locale}/{file}");
        write(folder, &name, text[part].as_str().expect("a text"));
    }
}

fn setting(folder: &Path) -> String {
    format!("[mail]\ntemplates_dir = \"{}\"\n", folder.display())
}

#[tokio::test]
async fn a_file_goes_before_the_built_in_text_and_the_api_before_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    write_text(folder.path(), "fr", &text("Fichier"));
    let desk = TestApp::with(&setting(folder.path())).await;
    desk.member("ada").await;
    assert_eq!(in_use(&desk, "fr-CA").await["source"], "FILE");
    let mail = mailed(&desk, "ada", "fr-CA").await;
    assert_eq!(mail.content.subject, "Fichier for ada");
    update(&desk, input("fr", &text("Propre"))).await;
    assert_eq!(in_use(&desk, "fr").await["source"], "API");
    let mail = mailed(&desk, "ada", "fr").await;
    assert_eq!(mail.content.subject, "Propre for ada");
    reset(&desk, "fr").await;
    assert_eq!(in_use(&desk, "fr").await["source"], "FILE");
    assert_eq!(in_use(&desk, "en").await["source"], "BUILT_IN");
}

#[tokio::test]
async fn a_layout_of_one_s_own_stands_around_every_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let layout = "<html lang=\"{{ locale }}\"><body><p>Our frame</p>{% block content %}{% endblock %}\
                  {% block footer %}{% endblock %}</body></html>";
    write(folder.path(), "layout.html", layout);
    let desk = TestApp::with(&setting(folder.path())).await;
    desk.member("ada").await;
    let mail = mailed(&desk, "ada", "de").await;
    assert!(
        mail.content.html.contains("Our frame"),
        "{}",
        mail.content.html
    );
    assert!(mail.content.html.contains("lang=\"de\""));
}

#[tokio::test]
async fn broken_files_are_refused_at_the_start_with_their_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut broken = text("Broken");
    broken["textBody"] = "Hello {{ lnk }}\n{{ link }}".into();
    write_text(folder.path(), "en", &broken);
    write(folder.path(), "welcome/en/subject.txt", "Hello");
    write(folder.path(), "invoice/en/subject.txt", "Hello");
    write(folder.path(), "notes.txt", "Hello");
    let desk = TestApp::start().await;
    let mut settings = (*desk.app.settings).clone();
    settings.mail.templates_dir = Some(folder.path().to_owned());
    let refused = Templates::read(&settings).expect_err("broken").to_string();
    for word in [
        "welcome/en/body.html: is missing",
        "invoice/en: is no template",
        "notes.txt: is no template",
    ] {
        assert!(refused.contains(word), "{word}: {refused}");
    }
    for name in ["welcome", "invoice"] {
        fs::remove_dir_all(folder.path().join(name)).expect("removed");
    }
    fs::remove_file(folder.path().join("notes.txt")).expect("removed");
    let refused = Templates::read(&settings).expect_err("broken").to_string();
    let place = "password_reset_link/en/body.txt:1:10: There is no placeholder `lnk`";
    assert!(refused.contains(place), "{refused}");

    settings.mail.templates_dir = Some(folder.path().join("nowhere"));
    let refused = Templates::read(&settings).expect_err("nowhere").to_string();
    assert!(refused.contains("nowhere"), "{refused}");
}
