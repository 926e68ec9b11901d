use mail_parser::{HeaderValue as Parsed, MessageParser, MimeHeaders as _};
use proptest::prelude::*;

use super::*;
use crate::domain::mail::{Logo, Rendered};
use crate::types::clock::Timestamp;

fn email(to_name: Option<&str>) -> OutgoingEmail {
    OutgoingEmail {
        message_id: "mail_01@example.org".to_owned(),
        from: "Desk <desk@example.org>".parse().unwrap(),
        reply_to: Some("help@example.org".parse().unwrap()),
        to: "Anna@Bücher.example".to_owned(),
        to_name: to_name.map(str::to_owned),
        content: Rendered {
            subject: "Ihr neues Passwort für Änderungen".to_owned(),
            text: "Grüße\n\namber=quill-27-wagon\n".to_owned(),
            html: "<p>Grüße</p><p>amber=quill-27-wagon</p>".to_owned(),
        },
        logo: None,
        date: Timestamp::from_millis(1_795_253_459_000),
    }
}

fn built(email: &OutgoingEmail) -> (Envelope, String) {
    let built = build(email).unwrap();
    (built.envelope, String::from_utf8(built.bytes).unwrap())
}

#[test]
fn the_mail_has_the_headers_and_both_parts() {
    let (envelope, bytes) = built(&email(Some("Änne Ångström")));
    assert!(bytes.is_ascii());
    assert_eq!(envelope.to().len(), 1);
    assert_eq!(envelope.to()[0].to_string(), "Anna@xn--bcher-kva.example");
    for line in [
        "Message-ID: <mail_01@example.org>",
        "Date: Sat, 21 Nov 2026 ",
        "Auto-Submitted: auto-generated",
        "Reply-To: help@example.org",
        "multipart/alternative",
    ] {
        assert!(bytes.contains(line), "{line} in {bytes}");
    }
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(parsed.subject(), Some("Ihr neues Passwort für Änderungen"));
    for part in [parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap()] {
        assert!(part.contains("amber=quill-27-wagon"), "{part}");
        assert!(part.contains("Grüße"));
    }
}

#[test]
fn a_poison_name_is_left_out() {
    for poison in [
        "Anna\r\nBcc: eve@example.org",
        "An\0na",
        "A\u{1b}[31m",
        "  ",
    ] {
        let (_, bytes) = built(&email(Some(poison)));
        assert!(
            bytes.contains("To: Anna@xn--bcher-kva.example\r\n"),
            "{bytes}"
        );
        assert!(!bytes.contains("eve@"));
    }
}

#[test]
fn a_long_name_is_cut_and_no_line_is_too_long() {
    for name in ["x".repeat(5000), "Ä".repeat(5000)] {
        let (_, bytes) = built(&email(Some(&name)));
        assert!(bytes.lines().all(|line| line.len() <= 998));
    }
}

#[test]
fn addresses_outside_our_rule_and_broken_headers_are_refused() {
    for to in [
        "\"a b\"@x.org",
        "a@[127.0.0.1]",
        "=?utf-8?q?=61?=@x.org",
        "a@x.org\r\nX: y",
    ] {
        let email = OutgoingEmail {
            to: to.to_owned(),
            ..email(None)
        };
        assert!(matches!(build(&email), Err(SendError::Never(_))), "{to}");
    }
    let mut broken = email(None);
    broken.content.subject = "a\r\nBcc: eve@example.org".to_owned();
    assert!(matches!(build(&broken), Err(SendError::Never(_))));
}

proptest! {
    #[test]
    fn no_name_breaks_the_mail(name in "\\PC{0,260}|(?s).{0,40}") {
        let (_, bytes) = built(&email(Some(&name)));
        let parsed = MessageParser::default().parse(&bytes).unwrap();
        let to = parsed.header("To").map(|to| matches!(to, Parsed::Address(_)));
        prop_assert_eq!(to, Some(true));
        prop_assert!(bytes.lines().all(|line| line.len() <= 998));
        prop_assert!(parsed.header("Bcc").is_none());
        let addresses = parsed.to().unwrap();
        prop_assert_eq!(addresses.first().unwrap().address(), Some("Anna@xn--bcher-kva.example"));
    }
}

#[test]
fn a_logo_goes_along_beside_the_html() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logo.png");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Logo::read(&path).unwrap()
    };
    let png = b"\x89PNG\r\n\x1a\nrest";
    let mut mail = email(Some("Anna"));
    mail.logo = read(png);
    let (_, bytes) = built(&mail);
    assert!(bytes.is_ascii());
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    assert!(parsed.body_text(0).unwrap().contains("amber") && parsed.body_html(0).is_some());
    let part = parsed.attachments().next().unwrap();
    assert_eq!(
        (part.content_id(), part.contents()),
        (Some("logo"), &png[..])
    );
    assert!(bytes.contains("multipart/related"), "{bytes}");
    // Mail programs show no SVG, and a large picture is none for a mail.
    assert_eq!(read(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), None);
    let large = [png.to_vec(), vec![0; 65_536]].concat();
    assert_eq!(read(&large), None);
}
