use url::Url;

use super::*;
use crate::domain::mail::carried::Load;
use crate::domain::mail::{AccountChanges, Details, MailSecret, WantedBy};
use crate::types::colour::{Accent, Colour};
use crate::types::secret::Secret;

const PASSWORD: &str = "<b>&amber=quill-27</b>";
const TOKEN: &str = "gJ0x-_amber";
const CODE: &str = "01234567";

fn details() -> Details {
    Details {
        username: "anna".to_owned(),
        display_name: "Anna <Ångström> & Co".to_owned(),
        must_change: true,
        works_until_millis: Some(1_795_339_859_000),
        happened_at_millis: 1_795_253_459_000,
        code_until_millis: Some(1_795_254_059_000),
        changed: AccountChanges {
            username: Some("countess".to_owned()),
            role: Some("HELPDESK".to_owned()),
            identity: true,
            source: true,
            verification: true,
        },
        ..Details::default()
    }
}

/// What a mail of that kind carries, everything that it may.
fn carried(kind: MailKind) -> Option<MailSecret> {
    let secret = |text: &str| Secret::new(text.to_owned());
    let link = |code: Option<&str>| {
        Some(MailSecret::Link {
            token: secret(TOKEN),
            code: code.map(secret),
        })
    };
    match Load::of(kind) {
        Load::Nothing => None,
        Load::Password => Some(MailSecret::Password(secret(PASSWORD))),
        Load::Link(_) => link(Some(CODE)),
        Load::MaybeLink(_) => link(None),
    }
}

fn render(kind: MailKind, locale: &str, details: &Details) -> Result<Rendered, RenderError> {
    let url = Url::parse("https://id.example.org/").unwrap();
    let secret = carried(kind);
    let words = Words {
        kind,
        locale,
        details,
        secret: secret.as_ref(),
    };
    let site = site("Example Desk", Some(&url));
    Templates::new().unwrap().render(site, words)
}

fn site<'a>(name: &'a str, public_url: Option<&'a Url>) -> Site<'a> {
    Site {
        name,
        public_url,
        support_email: Some("help@example.org"),
        accent: Accent::of(Colour::parse("#1457c4").unwrap()),
        has_logo: false,
    }
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
            assert!(!mail.html.contains("<img") && !mail.html.contains(" class=\"\""));
            assert!(!mail.html.contains("<p>") && !mail.html.contains("<a href=\"\""));
            assert!(mail.html.contains("prefers-color-scheme: dark"));
            assert!(
                mail.text.lines().all(|line| line.len() <= 120),
                "{}",
                mail.text
            );
            assert!(!mail.subject.contains("amber"));
            let has_password = Load::of(kind) == Load::Password;
            assert_eq!(mail.text.contains(PASSWORD), has_password);
            assert_eq!(mail.html.contains("amber=quill-27"), has_password);
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
                .contains(">&lt;b&gt;&amp;amber=quill-27&lt;/b&gt;</td>")
        );
    }
}

#[test]
fn a_link_is_built_from_the_settings_and_a_code_stands_in_two_groups() {
    for (locale, lifetime, code_lifetime) in [
        ("en", "valid for 24 hours", "valid for 10 minutes"),
        ("de", "gilt 24 Stunden", "gilt 10 Minuten"),
    ] {
        let mail = render(MailKind::PasswordResetLink, locale, &details()).unwrap();
        let address = format!("https://id.example.org/reset/{TOKEN}");
        assert!(
            mail.text.lines().any(|line| line == address),
            "{}",
            mail.text
        );
        assert!(mail.text.lines().any(|line| line == "0123 4567"));
        assert!(
            mail.html.contains(&format!("href=\"{address}\"")),
            "{}",
            mail.html
        );
        assert!(mail.html.contains(">0123 4567</td>"));
        for text in [&mail.text, &mail.html] {
            let text = text.replace('\n', " ");
            assert!(
                text.contains(lifetime) && text.contains(code_lifetime),
                "{text}"
            );
            assert!(text.contains("2026-11-22 09:30 UTC") && text.contains("2026-11-21 09:40 UTC"));
        }
        snapshot(&format!("password_reset_link.{locale}.html"), &mail.html);
    }
}

#[test]
fn a_link_says_who_caused_it_and_what_became_of_the_password() {
    let sent = details();
    let asked = Details {
        wanted_by: WantedBy::User,
        ..details()
    };
    let ended = Details {
        password_ended: true,
        ..details()
    };
    let [by_admin, by_user, stays, gone] = [
        "An administrator of Example Desk",
        "If it was you",
        "your password stays as it is",
        "Your old password no longer works",
    ];
    for (details, said, unsaid) in [
        (sent, [by_admin, stays], [by_user, gone]),
        (asked, [by_user, stays], [by_admin, gone]),
        (ended, [by_admin, gone], [by_user, stays]),
    ] {
        let mail = render(MailKind::PasswordResetLink, "en", &details).unwrap();
        for text in [&mail.text, &mail.html] {
            let text = text.replace('\n', " ");
            assert!(said.iter().all(|words| text.contains(words)), "{text}");
            assert!(!unsaid.iter().any(|words| text.contains(words)), "{text}");
        }
    }
}

#[test]
fn a_link_does_not_render_without_an_address_to_lead_to() {
    let (details, kind) = (details(), MailKind::PasswordResetLink);
    let secret = carried(kind);
    let words = |secret| Words {
        kind,
        locale: "en",
        details: &details,
        secret,
    };
    let site = site("Desk", None);
    let templates = Templates::new().unwrap();
    let refused = templates.render(site, words(secret.as_ref()));
    assert_eq!(refused, Err(RenderError::PublicUrlMissing { kind }));
    let password = MailSecret::Password(Secret::new(PASSWORD.to_owned()));
    for other in [None, Some(&password)] {
        let refused = templates.render(site, words(other));
        assert_eq!(refused, Err(RenderError::SecretMissing { kind }));
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
    let site = site("Desk", None);
    let refused = Templates::new().unwrap().render(site, words);
    assert_eq!(refused, Err(RenderError::SecretMissing { kind }));
}

#[test]
fn a_mail_without_a_password_leaves_a_given_one_out() {
    let details = details();
    let secret = MailSecret::Password(Secret::new(PASSWORD.to_owned()));
    let kind = MailKind::PasswordChanged;
    let words = Words {
        kind,
        locale: "de",
        details: &details,
        secret: Some(&secret),
    };
    let site = site("Desk", None);
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
        .built_in
        .add_template("welcome/en/body.txt", "{{ password }} {{ nothing }}")
        .unwrap();
    let password = Secret::new(PASSWORD.to_owned());
    let (details, secret) = (details(), MailSecret::Password(password));
    let words = Words {
        kind: MailKind::Welcome,
        locale: "en",
        details: &details,
        secret: Some(&secret),
    };
    let site = site("Desk", None);
    let error = templates.render(site, words).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("amber"));
    assert!(error.to_string().contains("undefined"), "{error}");
}
