use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::super::MailSecret;
use super::*;
use crate::types::secret::Secret;

const PASSWORD: &str = "Amber&Quill-27=b";
const TOKEN: &str = "gJ0x-_a9Tq3LwZ8vB1nM5kP7rS2dF4hY6uXcEoIiAaQ";
const KEPT_BACK: &str = "the server's words repeat what the mail carries and are not kept";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn password() -> MailSecret {
    MailSecret::Password(secret(PASSWORD))
}

fn link() -> MailSecret {
    MailSecret::Link {
        token: secret(TOKEN),
        code: Some(secret("40718352")),
    }
}

fn assert_kept_back(carried: &MailSecret, words: &str) {
    let left = carried.erase_from(words);
    assert!(left.ends_with(KEPT_BACK), "{words}\n{left}");
}

fn hex(text: &str, sign: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("{sign}{byte:02X}"));
    bytes.collect::<Vec<_>>().concat()
}

#[test]
fn a_password_is_found_however_it_is_written() {
    let body = format!("Hello,\r\n\r\nyour password is\r\n{PASSWORD}\r\n\r\nBye");
    let html = "<b>Amber&amp;Quill-27=b</b>";
    for quoted in [
        PASSWORD.to_uppercase(),
        PASSWORD.to_lowercase(),
        "Amber&Qu ill-27=b".to_owned(),
        "Amber&Qu\r\n\till-27=b".to_owned(),
        "A m b e r & Q u i l l".to_owned(),
        "ＡｍｂｅｒＱｕｉｌｌ".to_owned(),
        "\"Amber&Quill…".to_owned(),
        "…Quill-27=b\"".to_owned(),
        "Amber&Quill=2D27=3Db".to_owned(),
        "Amber=26Qui=\r\nll=2D27=3Db".to_owned(),
        "Amber=26Qui=  ll=2D27=3Db".to_owned(),
        "Amber%26Quill%2d27%3Db".to_owned(),
        "Amber%2526Quill%252D27".to_owned(),
        "Amber+26Quill+2D27+3Db".to_owned(),
        "Amber&amp;Quill-27=b".to_owned(),
        "Amber&#38;Qui&#x6c;l-27".to_owned(),
        r"Am\u0062er\x26Quill\-27".to_owned(),
        hex(PASSWORD, "="),
        hex(PASSWORD, "%"),
        STANDARD.encode(PASSWORD),
        URL_SAFE_NO_PAD.encode(PASSWORD),
        STANDARD.encode(&body),
        STANDARD.encode(format!("x{body}")),
        STANDARD.encode(format!("xy{body}")).split_off(21),
        STANDARD.encode(html),
        STANDARD.encode(STANDARD.encode(&body)),
        format!("said:{}", STANDARD.encode(&body).replace("QW", "\r\n QW")),
    ] {
        for words in [
            format!("554 5.7.1 refused: {quoted} is no mail"),
            format!("refused {quoted} because"),
        ] {
            assert_kept_back(&password(), &words);
        }
    }
}

#[test]
fn a_link_and_a_code_are_found_too() {
    for quoted in [
        TOKEN.to_uppercase(),
        TOKEN[..12].to_owned(),
        TOKEN.replace("LwZ8", "LwZ8=\r\n"),
        "40 71 83 52".to_owned(),
        "4071-8352".to_owned(),
        "4071=208352".to_owned(),
        "4071 83".to_owned(),
        STANDARD.encode("Your code: 4071 8352\r\n"),
        STANDARD.encode(format!("https://id.example.org/reset/{TOKEN}")),
    ] {
        assert_kept_back(&link(), &format!("550 no: {quoted}"));
    }
}

#[test]
fn the_codes_of_the_answer_stay() {
    for (words, code) in [
        ("550 5.7.1 said AMBER&QUILL-27=B", "550 5.7.1 "),
        ("451 said AMBER&QUILL-27=B", "451 "),
        ("AMBER&QUILL-27=B", ""),
        ("550 amber&quill-27=B", "550 "),
        ("01234 AMBER&QUILL-27=B", ""),
    ] {
        let left = password().erase_from(words);
        assert_eq!(left, format!("{code}{KEPT_BACK}"), "{words}");
    }
}

#[test]
fn a_password_of_signs_or_of_few_letters_is_found_too() {
    for (typed, quoted) in [
        ("!!§§$$%%&&//", "! ! § § $ $ % % & & / /"),
        ("ab!§$%&/()=?", "AB!§$%&/"),
        ("zwölf-Größen", "ZW=C3=96LF-GR=C3=96SSEN"),
        ("zwölf-Größen", "zw%F6lf-Gr%F6%DFen"),
        ("secret01", "SECRET 0 1"),
        ("a b c d e f", "ABCDEF"),
    ] {
        let carried = MailSecret::Password(secret(typed));
        assert_kept_back(&carried, &format!("554 {quoted}"));
    }
}

#[test]
fn what_servers_say_every_day_stays_as_it_is() {
    for words in [
        "250 2.0.0 Ok: queued as 4F1A2B3C4D5E6F70",
        "250 2.0.0 OK  1763784000 ffacd0b85a97d-42b8f2d1d2fsi01243566wrb.123 - gsmtp",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try \
         double-checking the recipient's email address for typos or unnecessary spaces. Learn more at \
         https://support.google.com/mail/?p=NoSuchUser a640c23a62f3a-b7654ff3c2csi123456766b.11",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; \
         https://www.spamhaus.org/query/ip/192.0.2.1",
        "451 4.7.1 Greylisting in action, please come back in 00:04:58",
        "554 5.6.0 mail refused: Message-ID: <mail_01k2m3n4p5q6r7s8t9v0w1x2y3@id.example.org>",
        "connection error: Connection refused (os error 111)",
    ] {
        for carried in [password(), link()] {
            assert_eq!(carried.erase_from(words), words);
        }
    }
    // Too short to be looked for in other letters; a copy is still cut out.
    let short = MailSecret::Password(secret("a-b"));
    assert_eq!(short.erase_from("554 AB a-b"), "554 AB [password]");
}

#[test]
fn a_copy_is_cut_out_and_its_name_is_no_repetition() {
    let carried = MailSecret::Password(secret("my password of 2024"));
    let words = "554 \"my password of 2024\" is no mail";
    assert_eq!(carried.erase_from(words), "554 \"[password]\" is no mail");
    let words = "554 \"my password of 2024\", or MY PASSWORD";
    assert_kept_back(&carried, words);
}

proptest! {
    #[test]
    fn no_encoding_brings_a_password_through(
        typed in "[ -~ßäÖ]{8,40}",
        (before, after) in ("[ -~]{0,30}", "[ -~]{0,30}"),
        (outer, inner) in (0..7_usize, 0..7_usize),
    ) {
        prop_assume!(letters(&typed).len() >= CHANCE);
        let encode = |text: &str, how: usize| match how {
            0 => text.to_uppercase(),
            1 => hex(text, "="),
            2 => hex(text, "%"),
            3 => text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
            4 => STANDARD.encode(text),
            5 => text.replace('=', "=3D").replace(' ', "=20\r\n"),
            _ => URL_SAFE_NO_PAD.encode(text),
        };
        // What was encoded first cannot be read once its case is gone.
        let outer = if outer == 0 { 6 } else { outer };
        let quoted = encode(&format!("{before} {}", encode(&typed, inner)), outer);
        let carried = MailSecret::Password(secret(&typed));
        let left = carried.erase_from(&format!("550 {quoted} {after}"));
        prop_assert!(left.ends_with(KEPT_BACK) || left.contains("[password]"), "{quoted}\n{left}");
    }

    #[test]
    fn nothing_is_too_odd_to_read(words in any::<String>(), typed in any::<String>()) {
        MailSecret::Password(secret(&typed)).erase_from(&words);
    }
}
