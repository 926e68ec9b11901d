//! `keydesk mail templates`.

use std::fs;

use super::Machine;
use crate::support::app::TestApp;

#[test]
fn what_was_exported_is_imported_without_a_change() {
    let machine = Machine::migrated();
    let wrote = machine.run(&["mail", "templates", "export", "mail", "--all"]);
    assert_eq!(wrote.code, 0, "{wrote:?}");
    let folder = machine.folder.path().join("mail");
    assert!(folder.join("layout.html").is_file());
    let read = machine.run(&["mail", "templates", "import", "mail"]);
    assert_eq!(
        (read.code, read.stderr.contains("0 changed, 24 unchanged")),
        (0, true),
        "{read:?}"
    );
    assert!(!read.stderr.contains("not imported"), "{read:?}");
    // The same folder serves as the operator's own files.
    let dir = folder.display().to_string();
    let with = [("KEYDESK_MAIL__TEMPLATES_DIR", dir.as_str())];
    let listed = machine.run_with(&with, &["mail", "templates", "list"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(listed.stdout.matches("FILE").count(), 24, "{listed:?}");
}

#[test]
fn an_import_uses_what_differs_and_nothing_when_one_text_does_not_do() {
    let machine = Machine::migrated();
    assert_eq!(
        machine.run(&["mail", "templates", "export", "mail"]).code,
        0
    );
    let folder = machine.folder.path().join("mail");
    let subject = folder.join("test/en/subject.txt");
    fs::write(&subject, "Just a test\n").expect("written");
    let dry = machine.run(&["mail", "templates", "import", "mail", "--dry-run"]);
    assert!(dry.stderr.contains("would change TEST en"), "{dry:?}");
    let listed = machine.run(&["mail", "templates", "list"]);
    assert!(!listed.stdout.contains("API"), "{listed:?}");

    let body = folder.join("welcome/de/body.txt");
    let good = fs::read_to_string(&body).expect("read");
    fs::write(&body, good.replace("{{ password }}", "{{ passwort }}")).expect("written");
    let refused = machine.run(&["mail", "templates", "import", "mail"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("mail/welcome/de/body.txt:"),
        "{refused:?}"
    );
    assert!(
        refused.stderr.contains("Did you mean `password`?"),
        "{refused:?}"
    );
    let listed = machine.run(&["mail", "templates", "list"]);
    assert!(!listed.stdout.contains("API"), "{listed:?}");

    fs::write(&body, good).expect("written");
    let read = machine.run(&["mail", "templates", "import", "mail"]);
    assert!(read.stderr.contains("1 changed, 23 unchanged"), "{read:?}");
    let shown = machine.run(&["mail", "templates", "show", "test", "en"]);
    assert!(shown.stdout.starts_with("Just a test\n"), "{shown:?}");
    let back = machine.run(&["mail", "templates", "reset", "test", "en"]);
    assert!(back.stderr.contains("BUILT_IN"), "{back:?}");
    assert!(!back.stderr.contains("unchanged"), "{back:?}");
    let again = machine.run(&["mail", "templates", "reset", "test", "en"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stderr.starts_with("unchanged: TEST"), "{again:?}");
}

#[test]
fn an_import_names_the_files_that_it_leaves_out() {
    let machine = Machine::migrated();
    let export = ["mail", "templates", "export", "mail", "--all"];
    assert_eq!(machine.run(&export).code, 0);
    let folder = machine.folder.path().join("mail");
    for name in ["layout.html", "footer/en.txt"] {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, format!("{text}\n")).expect("written");
    }
    let read = machine.run(&["mail", "templates", "import", "mail"]);
    assert_eq!(read.code, 0, "{read:?}");
    for words in [
        "not imported: footer/en.txt, layout.html. ",
        "mail.templates_dir",
        "0 changed, 24 unchanged",
    ] {
        assert!(read.stderr.contains(words), "{words}: {read:?}");
    }
    let layout = machine.folder.path().join("layout");
    fs::create_dir(&layout).expect("a folder");
    fs::rename(folder.join("layout.html"), layout.join("layout.html")).expect("moved");
    let read = machine.run(&["mail", "templates", "import", "layout"]);
    assert_eq!(read.code, 1, "{read:?}");
    for words in ["not imported: layout.html. ", "there are no texts"] {
        assert!(read.stderr.contains(words), "{words}: {read:?}");
    }
    // Where they are in use, nothing is left out.
    let with = [("KEYDESK_MAIL__TEMPLATES_DIR", "layout")];
    let read = machine.run_with(&with, &["mail", "templates", "import", "layout"]);
    assert!(!read.stderr.contains("not imported"), "{read:?}");
}

#[test]
fn a_server_with_broken_files_does_not_start_and_the_doctor_says_why() {
    let machine = Machine::migrated();
    let folder = machine.folder.path().join("mail/test/en");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in [
        ("subject.txt", "A"),
        ("body.txt", "{{ nme }}"),
        ("body.html", "A"),
    ] {
        fs::write(folder.join(name), text).expect("written");
    }
    let with = [("KEYDESK_MAIL__TEMPLATES_DIR", "mail")];
    for arguments in [vec!["serve"], vec!["doctor"]] {
        let refused = machine.run_with(&with, &arguments);
        assert_eq!(refused.code, 1, "{refused:?}");
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(
            said.contains("mail/test/en/body.txt:1:4: There is no placeholder `nme`"),
            "{said}"
        );
        assert!(!said.contains("the first owner"), "a link before: {said}");
    }
}

#[tokio::test]
async fn a_preview_has_a_made_up_password_and_the_user_s_name() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let seen = machine.run(&[
        "mail",
        "templates",
        "preview",
        "new_password",
        "de",
        "--user",
        "ada",
    ]);
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.stdout.contains("sample-pass-word-42"), "{seen:?}");
    assert!(seen.stdout.contains("ada"), "{seen:?}");
}

/// Guard: the list in the documentation is what the program prints.
#[test]
fn the_documented_placeholders_are_the_printed_ones() {
    let printed = Machine::new().run(&["mail", "templates", "placeholders", "--markdown"]);
    let documented = include_str!("../../../docs/mail-templates.md");
    assert!(
        documented.contains(printed.stdout.trim()),
        "put what `keydesk mail templates placeholders --markdown` prints into docs/mail-templates.md"
    );
}
