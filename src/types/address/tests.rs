use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;

fn key(input: &str) -> String {
    EmailAddress::parse(input)
        .unwrap_or_else(|error| panic!("{input:?}: {error}"))
        .key()
        .to_owned()
}

fn refusal(input: &str) -> AddressError {
    EmailAddress::parse(input).expect_err(input)
}

#[test]
fn an_address_keeps_what_was_typed_and_folds_its_key() {
    let address = EmailAddress::parse("  Anna.Smith+Shop@Example.COM ").unwrap();
    assert_eq!(address.as_str(), "Anna.Smith+Shop@Example.COM");
    assert_eq!(address.key(), "anna.smith+shop@example.com");
    assert_eq!(address.domain(), "example.com");
}

#[test]
fn case_width_and_normal_form_meet_in_one_key() {
    for variant in [
        "anna@example.com",
        "ＡＮＮＡ@example.com",
        "ANNA@ＥＸＡＭＰＬＥ。com",
    ] {
        assert_eq!(key(variant), "anna@example.com");
    }
    assert_eq!(key("ZOE\u{308}@example.com"), key("zo\u{eb}@example.com"));
    assert_eq!(key("STRASSE@example.com"), key("straße@example.com"));
    assert_eq!(key("ΣΑΣ@example.com"), key("σας@example.com"));
    assert_eq!(key("anna@MÜNCHEN.de"), "anna@xn--mnchen-3ya.de");
    assert_eq!(key("anna@xn--MNCHEN-3ya.DE"), "anna@xn--mnchen-3ya.de");
}

#[test]
fn the_dotless_i_is_nobody_elses_i() {
    assert_ne!(key("mıke@example.com"), key("mike@example.com"));
    assert_eq!(
        EmailAddress::parse("mıke@example.com").unwrap().as_str(),
        "mıke@example.com"
    );
}

#[test]
fn each_refusal_names_what_is_wrong() {
    use AddressError::{
        AtSign, Domain, Dots, Empty, EncodedWord, LeadingHyphen, LocalPart, TooLong,
    };
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_domain = format!("a@{}com", "abcdefgh.".repeat(30));
    let long_in_ascii = format!("{}@{}com", "a".repeat(60), "ä.".repeat(25));
    for (input, expected) in [
        (" \t", Empty),
        (long_in_ascii.as_str(), TooLong),
        (long_local.as_str(), TooLong),
        (long_domain.as_str(), TooLong),
        ("anna", AtSign),
        ("@example.com", AtSign),
        ("a@b@example.com", AtSign),
        ("Anna <anna@example.com>", LocalPart),
        ("a b@example.com", LocalPart),
        ("\"a\"@example.com", LocalPart),
        ("a\\b@example.com", LocalPart),
        ("a\r\nBcc:b@example.com", LocalPart),
        ("a\u{0}@example.com", LocalPart),
        ("a\u{200B}b@example.com", LocalPart),
        ("a\u{200D}b@example.com", LocalPart),
        ("a\u{AD}b@example.com", LocalPart),
        ("a\u{202E}b@example.com", LocalPart),
        ("a\u{FE0F}b@example.com", LocalPart),
        ("a\u{3164}b@example.com", LocalPart),
        ("a＠evil.example,b@example.com", LocalPart),
        ("a＠b@example.com", LocalPart),
        (".a@example.com", Dots),
        ("a.@example.com", Dots),
        ("a..b@example.com", Dots),
        ("a\u{2024}.b@example.com", Dots),
        ("-oX@example.com", LeadingHyphen),
        ("－oX@example.com", LeadingHyphen),
        ("=?utf-8?q?=61=40evil?=@example.com", EncodedWord),
        ("a@", Domain),
        ("a@localhost", Domain),
        ("a@[127.0.0.1]", Domain),
        ("a@127.0.0.1", Domain),
        ("a@1.2.3.0x1", Domain),
        ("a@exam ple.com", Domain),
        ("a@exam_ple.com", Domain),
        ("a@example..com", Domain),
        ("a@.example.com", Domain),
        ("a@example.com.", Domain),
        ("a@-example.com", Domain),
        ("a@exam\u{AD}ple.com", Domain),
        ("a@exam\u{200B}ple.com", Domain),
        ("a@xn--a.com", Domain),
    ] {
        assert_eq!(refusal(input), expected, "{input:?}");
    }
}

#[test]
fn a_masked_address_shows_one_letter_and_the_domain() {
    let masked = |input| EmailAddress::parse(input).unwrap().masked();
    assert_eq!(masked("anna@example.com"), "a***@example.com");
    assert_eq!(masked("a@example.com"), "***@example.com");
    assert_eq!(masked("éva@münchen.de"), "é***@xn--mnchen-3ya.de");
}

#[test]
fn a_domain_filter_takes_the_forms_people_type() {
    for typed in ["example.com", " @Example.COM", "ｅｘａｍｐｌｅ.com"] {
        assert_eq!(domain_key(typed).as_deref(), Ok("example.com"));
    }
    assert_eq!(domain_key("example"), Err(AddressError::Domain));
}

fn full_width(text: &str) -> String {
    let widen = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
    text.chars()
        .map(|c| if c.is_ascii_graphic() { widen(c) } else { c })
        .collect()
}

proptest! {
    #[test]
    fn what_parses_parses_again_to_the_same(input in "\\PC{1,12}@[a-zA-Zäß0-9]{1,9}\\.(com|de)") {
        if let Ok(address) = EmailAddress::parse(&input) {
            prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
            let again = EmailAddress::parse(address.key()).map(|again| again.key().to_owned());
            prop_assert_eq!(again.as_deref(), Ok(address.key()));
        }
    }

    #[test]
    fn folding_twice_is_folding_once(input in any::<String>()) {
        let folded = fold(&input);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn variants_of_one_address_share_a_key(
        local in "[a-zäöüßéñσςж][a-z0-9äéσжд]{0,8}(\\.[a-z0-9+]{1,6})?",
        domain in "[a-zäé]{1,8}\\.com",
    ) {
        let plain = key(&format!("{local}@{domain}"));
        let upper = format!("{}@{}", local.to_uppercase(), domain.to_uppercase());
        let wide = format!("{}@{domain}", full_width(&local));
        let decomposed: String = format!("{local}@{domain}").nfd().collect();
        for variant in [upper, wide, decomposed] {
            prop_assert_eq!(&key(&variant), &plain, "{}", variant);
        }
    }

    #[test]
    fn whatever_is_accepted_can_be_written_in_a_mail_header(
        local in "[ -~ｦ-ﾟ！-～\\PC]{1,6}",
        rest in "\\PC{0,4}",
    ) {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@example.com{rest}")) {
            for form in [address.as_str(), address.key()] {
                prop_assert!(form.len() <= MAX_ADDRESS_BYTES);
                prop_assert_eq!(form.matches('@').count(), 1);
                prop_assert!(!form.contains(|c: char| c.is_whitespace() || c.is_control()));
                prop_assert!(!form.contains(['<', '>', ',', ';', '"', '\\']));
            }
        }
    }
}
