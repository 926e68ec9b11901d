use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::*;

const ED25519_KEY: &str = include_str!("tests/ed25519.pem");
const RSA_KEY: &str = include_str!("tests/rsa.pem");
const MAIL: &str = "From: Desk <desk@example.org>\r\nTo: ada@example.com\r\nSubject: Your\r\n  new\tpassword\r\n\
                    Message-ID: <1@example.org>\r\n\r\n  Hello  Ada,\t \r\n\r\nbye\r\n\r\n\r\n";

fn signer(key: &str) -> Signer {
    let settings = DkimSettings {
        domain: "example.org".to_owned(),
        selector: "keydesk1".to_owned(),
        key: Secret::new(key.to_owned()),
    };
    Signer::new(&settings).unwrap()
}

/// What a receiver verifies: the text that was signed, and the signature.
fn received(header: &str, mail: &str) -> (String, Vec<u8>) {
    let (before, signature) = header.split_once("b=\r\n").map_or_else(
        || header.rsplit_once("b=").unwrap(),
        |_never| panic!("an empty first line"),
    );
    let head = mail.split_once("\r\n\r\n").unwrap().0;
    let value = |name: &str| {
        let found = fields(head).into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| format!("{name}:{value}\r\n"))
    };
    let named: Vec<String> = ["from", "to", "subject", "message-id"]
        .into_iter()
        .filter_map(value)
        .collect();
    let own = relaxed(before.split_once(':').unwrap().1);
    let text = format!("{}dkim-signature:{own} b=", named.concat());
    let digits: String = signature.split_whitespace().collect();
    (text, STANDARD.decode(digits).unwrap())
}

#[test]
fn both_kinds_of_keys_sign_what_a_receiver_verifies() {
    let ed25519 = signer(ED25519_KEY);
    let header = ed25519.sign(MAIL.as_bytes()).unwrap();
    assert!(
        header.starts_with(
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;"
        )
    );
    let (text, signature) = received(&header, MAIL);
    let Key::Ed25519(pair) = &ed25519.key else {
        panic!("another key")
    };
    let hash = digest(&SHA256, text.as_bytes());
    let verified =
        UnparsedPublicKey::new(&ED25519, pair.public_key()).verify(hash.as_ref(), &signature);
    assert!(verified.is_ok(), "{text}");

    let rsa = signer(RSA_KEY);
    let header = rsa.sign(MAIL.as_bytes()).unwrap();
    let (text, signature) = received(&header, MAIL);
    let Key::Rsa(pair) = &rsa.key else {
        panic!("another key")
    };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
    assert!(key.verify(text.as_bytes(), &signature).is_ok(), "{text}");
    let longest = header.split("\r\n").map(str::len).max();
    assert!(longest < Some(120), "{header}");
}

#[test]
fn headers_that_nobody_may_add_are_named_once_more_than_they_stand_there() {
    let header = signer(ED25519_KEY).sign(MAIL.as_bytes()).unwrap();
    let names = relaxed(&header);
    assert!(
        names.contains("h=from: from: to: to: reply-to: subject: subject: date:"),
        "{names}"
    );
}

/// `Source:` RFC 6376, 3.4.5.
#[test]
fn the_examples_of_the_standard_come_out_as_it_says() {
    let head = "A: X\r\nB : Y\t\r\n\tZ  ";
    let expected =
        [("a", "X"), ("b", "Y Z")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(fields(head), expected);
    assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
    assert_eq!(relaxed_body("\r\n\r\n"), "");
    assert_eq!(relaxed_body("no end"), "no end\r\n");
}

#[test]
fn other_texts_are_no_keys() {
    let settings = |key: &str| DkimSettings {
        domain: "example.org".to_owned(),
        selector: "keydesk1".to_owned(),
        key: Secret::new(key.to_owned()),
    };
    for key in [
        "",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ] {
        assert!(Signer::new(&settings(key)).is_err(), "{key}");
    }
}

#[test]
fn the_record_names_the_key() {
    let (name, text) = signer(ED25519_KEY).record().unwrap();
    assert_eq!(name, "keydesk1._domainkey.example.org");
    assert!(text.starts_with("v=DKIM1; k=ed25519; p="), "{text}");
    let (_, text) = signer(RSA_KEY).record().unwrap();
    assert!(
        text.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"),
        "{text}"
    );
}
