//! Every side of a condition is tried when a text is saved.

use super::*;

/// Conditions that compare what users are called or have, around something that does not do.
#[test]
fn a_text_that_would_fail_for_some_users_alone_is_refused_when_it_is_saved() {
    let evil = "<a href=\"https://evil.example/\">x</a>";
    let around =
        |condition: &str, inside: &str| format!("{{% if {condition} %}}{inside}{{% endif %}}");
    let olga = "username == \"olga\"";
    for html in [
        around(olga, evil),
        around("\"olga\" == username", evil),
        around("username != \"olga\"", "x") + &around("not (username != \"olga\")", evil),
        around("username in [\"olga\", \"ada\"]", evil),
        around("username|lower == \"olga\"", evil),
        around("\"lg\" in username", evil),
        around("display_name > \"o\"", evil),
        around("asked and username == \"olga\"", evil),
        around(olga, &around("code", evil)),
        around(
            "not code",
            &around(olga, &around("\"@\" in display_name", evil)),
        ),
        format!("{{% if asked %}}a{{% elif {olga} %}}{evil}{{% else %}}b{{% endif %}}"),
        format!(
            "{{% if {olga} %}}a{{% elif username == \"ada\" %}}b{{% elif lifetime == \"\" %}}{evil}{{% endif %}}"
        ),
        format!("{{% if {olga} %}}a{{% else %}}{evil}{{% endif %}}"),
        format!("{{{{ \"https://evil.example/\" if {olga} else \"\" }}}}"),
        around(olga, "<p class={{ username }}>x</p>"),
        around(olga, &"<b>".repeat(18_000)),
        around(olga, &"{{ display_name }}".repeat(300).repeat(2)),
    ] {
        let mut text = plain();
        text.html_body.push_str(&html);
        let found = problems(MailKind::PasswordResetLink, &text);
        assert!(!found.is_empty(), "{}", html.get(..200).unwrap_or(&html));
        for problem in found {
            let place = (problem.part, problem.line);
            assert!(problem.line <= 3, "{place:?} {}", problem.message);
        }
    }
    let hidden_link = TemplateText {
        text_body: format!("{{% if {olga} %}}Hello{{% else %}}{{{{ link }}}}{{% endif %}}"),
        ..plain()
    };
    let found = problems(MailKind::PasswordResetLink, &hidden_link);
    assert!(
        found
            .iter()
            .any(|one| one.message.contains("in every branch")),
        "{found:#?}"
    );
    let subject = TemplateText {
        subject: format!("Hi {{% if {olga} %}}https://evil.example/{{% endif %}}"),
        ..plain()
    };
    assert_ne!(problems(MailKind::PasswordResetLink, &subject), []);
}

#[test]
fn conditions_that_compare_are_taken_where_every_side_does() {
    let sides = "{% if username == \"olga\" %}Dear Olga{% elif \"x\" in display_name %}Dear X{% else %}Hello\
                 {% endif %}, {{ \"a\" if lifetime == \"1 hour\" else \"b\" }} ";
    let text = TemplateText {
        subject: format!("{sides}{{{{ display_name }}}}"),
        text_body: format!("{sides}{{{{ display_name }}}}\n\n{{{{ link }}}}\n"),
        html_body: format!("<p>{sides}</p><p><a href=\"{{{{ link }}}}\">Choose</a></p>"),
    };
    assert_eq!(problems(MailKind::PasswordResetLink, &text), []);
    let many = "{% if username == \"olga\" %}x{% endif %}".repeat(13);
    let text = TemplateText {
        text_body: format!("{many}{{{{ link }}}}\n"),
        ..plain()
    };
    let found = problems(MailKind::PasswordResetLink, &text);
    assert!(
        found[0].message.contains("at most 12 conditions"),
        "{found:#?}"
    );
}

#[test]
fn a_long_name_makes_no_subject_too_long_unless_it_stands_there_again_and_again() {
    let text = |count: usize| TemplateText {
        subject: "{{ display_name }} ".repeat(count),
        ..plain()
    };
    assert_eq!(problems(MailKind::PasswordResetLink, &text(2)), []);
    assert_ne!(problems(MailKind::PasswordResetLink, &text(6)), []);
}
