use url::Url;

use super::*;
use crate::secret::Secret;

const PASSWORD: &str = "<b>&amber=quill-27</b>";

fn details() -> Details {
    Details {
        username: "anna".to_owned(),
        display_name: "Anna <Ångström> & Co".to_owned(),
        must_change: true,
        works_until_millis: Some(1_795_339_859_000),
        happened_at_millis: 1_795_253_459_000,
        by_link: false,
    }
}

fn render(kind: MailKind, locale: &str, details: &Details) -> Result<Rendered, RenderError> {
    let url = Url::parse("https://id.example.org/").unwrap();
    let secret = Secret::new(PASSWORD.to_owned());
    let words = Words {
        kind,
        locale,
        details,
        secret: carries_password(kind).then_some(&secret),
    };
    let site = Site {
        name: "Example Desk",
        public_url: Some(&url),
    };
    Templates::new().unwrap().render(site, words)
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_mail_renders_in_every_language() {
    for kind in MailKind::ALL {
        for locale in LOCALES {
            let mail = render(kind, locale, &details()).unwrap();
            assert!(mail.html.len() < 102 * 1024);
            assert!(mail.html.contains(&format!("<html lang=\"{locale}\">")));
            assert!(!mail.html.contains("<img") && !mail.html.contains("<style"));
            assert!(
                mail.text.lines().all(|line| line.len() <= 120),
                "{}",
                mail.text
            );
            assert!(!mail.subject.contains("amber"));
            assert_eq!(mail.text.contains(PASSWORD), carries_password(kind));
            assert_eq!(mail.html.contains("amber"), carries_password(kind));
            snapshot(
                &format!("{}.{locale}", folder(kind)),
                &format!("{}\n\n{}", mail.subject, mail.text),
            );
        }
    }
}

#[test]
fn a_password_stands_on_a_line_of_its_own() {
    for locale in LOCALES {
        let mail = render(MailKind::NewPassword, locale, &details()).unwrap();
        assert!(
            mail.text.lines().any(|line| line == PASSWORD),
            "{}",
            mail.text
        );
        assert!(
            mail.html
                .contains("nowrap\">&lt;b&gt;&amp;amber=quill-27&lt;&#x2f;b&gt;</td>")
        );
    }
}

#[test]
fn names_are_shown_in_html_and_never_run() {
    let mail = render(MailKind::Test, "en", &details()).unwrap();
    assert!(
        mail.html.contains("Anna &lt;Ångström&gt; &amp; Co"),
        "{}",
        mail.html
    );
    assert!(mail.text.contains("Anna <Ångström> & Co"));
    snapshot("test.en.html", &mail.html);
}

#[test]
fn a_name_cannot_write_lines_or_templates() {
    let details = Details {
        display_name: "Anna\r\n\r\nYour account is locked".to_owned(),
        username: "{{ password }}".to_owned(),
        ..details()
    };
    let mail = render(MailKind::Welcome, "en", &details).unwrap();
    assert!(mail.text.contains("Anna    Your account"), "{}", mail.text);
    assert!(mail.text.contains("Username: {{ password }}"));
}

#[test]
fn a_notice_says_whether_an_administrator_or_a_link_did_it() {
    let by_link = Details {
        by_link: true,
        ..details()
    };
    for (locale, administrator, link) in [
        (
            "en",
            "An administrator of Example Desk",
            "with a link that was made",
        ),
        (
            "de",
            "die Administration von Example Desk",
            "mit einem Link, der",
        ),
    ] {
        let words = |details: &Details| {
            let mail = render(MailKind::PasswordChanged, locale, details).unwrap();
            [mail.text, mail.html].map(|text| text.replace('\n', " "))
        };
        for text in words(&details()) {
            assert!(
                text.contains(administrator) && !text.contains(link),
                "{text}"
            );
        }
        for text in words(&by_link) {
            assert!(
                text.contains(link) && !text.contains(administrator),
                "{text}"
            );
        }
    }
}

#[test]
fn a_mail_without_its_password_does_not_render() {
    let (details, kind) = (details(), MailKind::Welcome);
    let words = Words {
        kind,
        locale: "en",
        details: &details,
        secret: None,
    };
    let site = Site {
        name: "Desk",
        public_url: None,
    };
    let refused = Templates::new().unwrap().render(site, words);
    assert_eq!(refused, Err(RenderError::SecretMissing { kind }));
}

#[test]
fn a_mail_without_a_password_leaves_a_given_one_out() {
    let details = details();
    let secret = Secret::new(PASSWORD.to_owned());
    let kind = MailKind::PasswordChanged;
    let words = Words {
        kind,
        locale: "de",
        details: &details,
        secret: Some(&secret),
    };
    let site = Site {
        name: "Desk",
        public_url: None,
    };
    let mail = Templates::new().unwrap().render(site, words).unwrap();
    assert!(!format!("{}{}{}", mail.subject, mail.text, mail.html).contains("amber"));
}

#[test]
fn languages_fall_back_to_the_nearest() {
    for (asked, given) in [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch.UTF-8", "de"),
        ("fr", "en"),
        ("", "en"),
    ] {
        assert_eq!(Templates::resolve(asked), given, "{asked}");
    }
}

#[test]
fn neither_a_rendered_mail_nor_an_error_prints_the_password() {
    let mail = render(MailKind::Welcome, "en", &details()).unwrap();
    assert!(!format!("{mail:?}").contains("amber"));
    let mut templates = Templates::new().unwrap();
    templates
        .environment
        .add_template("welcome/en/body.txt", "{{ password }} {{ nothing }}")
        .unwrap();
    let (details, secret) = (details(), Secret::new(PASSWORD.to_owned()));
    let words = Words {
        kind: MailKind::Welcome,
        locale: "en",
        details: &details,
        secret: Some(&secret),
    };
    let site = Site {
        name: "Desk",
        public_url: None,
    };
    let error = templates.render(site, words).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("amber"));
    assert!(error.to_string().contains("undefined"), "{error}");
}
