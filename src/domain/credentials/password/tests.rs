use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Password, Violation> {
    Password::parse(Secret::new(text.to_owned()))
}

fn refused_rule(text: &str) -> PasswordRule {
    parse(text).expect_err("a refusal").rule
}

#[test]
fn a_password_is_normalised_but_keeps_case_and_width() {
    assert_eq!(parse("Zoe\u{308} Ａ").unwrap().expose(), "Zo\u{eb} Ａ");
    assert_eq!(parse("a\u{a0}b\u{3000}c").unwrap().expose(), "a b c");
    assert_eq!(parse(" πßå🐒 ").unwrap().expose(), " πßå🐒 ");
}

#[test]
fn each_code_point_counts_as_one() {
    assert_eq!(parse("Zoe\u{308}🐒").unwrap().char_count(), 4);
}

#[test]
fn characters_assigned_since_unicode_6_3_are_taken() {
    assert_eq!(parse("🥰🥰🥰").unwrap().char_count(), 3);
    assert_eq!(refused_rule("a\u{378}"), PasswordRule::InvalidCharacters);
}

#[test]
fn controls_and_invisible_characters_are_refused() {
    for text in [
        "a\tb",
        "a\nb",
        "a\0b",
        "a\u{7f}",
        "a\u{200b}b",
        "a\u{ad}b",
        "\u{e000}",
    ] {
        assert_eq!(
            refused_rule(text),
            PasswordRule::InvalidCharacters,
            "{text:?}"
        );
    }
}

#[test]
fn nothing_is_too_short_and_far_too_much_is_refused_unread() {
    assert_eq!(refused_rule(""), PasswordRule::MinLength);
    assert!(parse(&"🐒".repeat(1024)).is_ok());
    let over = parse(&"a".repeat(1025)).expect_err("too long");
    assert_eq!(
        (over.rule, over.actual),
        (PasswordRule::MaxLength, Some(1025))
    );
    // Control characters would be refused too: the cap answers first.
    assert_eq!(refused_rule(&"\0".repeat(5000)), PasswordRule::MaxLength);
}

#[test]
fn a_text_that_grows_over_the_cap_is_refused() {
    // U+1D160 is excluded from composition: one code point becomes three.
    assert_eq!(
        refused_rule(&"\u{1d160}".repeat(500)),
        PasswordRule::MaxLength
    );
}

#[test]
fn a_text_that_becomes_invalid_is_refused() {
    assert_eq!(refused_rule("a\u{387}b"), PasswordRule::InvalidCharacters);
}

#[test]
fn a_password_does_not_print_itself() {
    assert_eq!(format!("{:?}", parse("hunter2").unwrap()), "[secret]");
}

proptest! {
    #[test]
    fn normalising_twice_is_normalising_once(text in "\\PC{1,40}") {
        if let Ok(password) = parse(&text) {
            prop_assert_eq!(parse(password.expose()), Ok(password));
        }
    }
}
