//! Through a whole mail server into a Maildir, read by a library for mail.

use keydesk::domain::mail::DeliveryStatus;
use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders as _};

use super::desk::{Desk, PASSWORD, short};
use crate::support::mta::Postfix;

const NAMES: [&str; 8] = [
    "Anna",
    "Änne Ångström-Groß",
    "Fuchs 🦊 am Bau 🏠",
    "Anna \"die Große\" O'Brien, (dev); <admin@evil.example>",
    "שלום עולם",
    "\u{202e}لوحة التحكم",
    "a very long name of plain words that goes on and on and on, word after word after word, until every \
     header line that holds it has to be folded once and once more before it ends",
    "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ",
];

/// Debian: `apt-get install postfix`, and root.
#[tokio::test]
#[ignore = "needs postfix"]
async fn a_real_mail_server_delivers_what_was_written() {
    let postfix = Postfix::start();
    let more =
        "return_path = \"bounces@example.org\"\nreply_to = \"Hilfe für alle <help@example.org>\"";
    let desk = Desk::smtp(postfix.port, more).await;
    let mut queued = Vec::new();
    for (number, name) in NAMES.into_iter().enumerate() {
        let address = format!("user{number}@example.org");
        queued.push(desk.enqueue_to(&address, Some(name)).await);
    }
    let worker = desk.worker(desk.mailer(short()));
    worker.deliver_due().await.unwrap();
    for mail in &queued {
        let mail = desk.find(mail.id).await;
        assert_eq!(mail.status, DeliveryStatus::Sent, "{mail:?}");
        let words = mail.attempts[0].words.clone().unwrap_or_default();
        assert!(words.starts_with("250 2.0.0 Ok: queued as"), "{words}");
    }
    let mails = postfix.mails(NAMES.len());
    assert_eq!(mails.len(), NAMES.len());
    for (mail, name) in queued.iter().zip(NAMES) {
        let raw = mails
            .iter()
            .find(|raw| raw.contains(&mail.message_id))
            .unwrap_or_else(|| panic!("no mail for {name}"));
        assert!(raw.is_ascii(), "{raw}");
        assert!(raw.lines().all(|line| line.len() <= 998), "{raw}");
        let parsed = MessageParser::default().parse(raw).expect("a mail");
        assert_headers(&parsed, &mail.recipient, name);
        assert_eq!(parsed.message_id(), Some(mail.message_id.as_str()));
        assert_parts(&parsed);
    }
}

fn assert_headers(mail: &Message<'_>, recipient: &str, name: &str) {
    assert_eq!(one(mail.to()), (Some(name), Some(recipient)));
    assert_eq!(one(mail.from()), (Some("Desk"), Some("desk@example.org")));
    let help = (Some("Hilfe für alle"), Some("help@example.org"));
    assert_eq!(one(mail.reply_to()), help);
    let text = |name: &str| {
        mail.header(name)
            .and_then(HeaderValue::as_text)
            .map(str::to_owned)
    };
    assert_eq!(text("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(text("Return-Path").as_deref(), Some("bounces@example.org"));
    assert_eq!(mail.header("List-Unsubscribe"), None);
    assert!(
        mail.subject()
            .is_some_and(|subject| subject.contains("Passwort"))
    );
    for once in [
        "To",
        "From",
        "Subject",
        "Message-ID",
        "Date",
        "MIME-Version",
    ] {
        assert_eq!(mail.header_values(once).count(), 1, "{once}");
    }
    for never in ["Cc", "Bcc"] {
        assert_eq!(mail.header_values(never).count(), 0, "{never}");
    }
}

fn one<'a>(address: Option<&'a Address<'a>>) -> (Option<&'a str>, Option<&'a str>) {
    let address = address.and_then(Address::first).expect("an address");
    (address.name(), address.address())
}

/// Two parts of equal content, plain text first.
fn assert_parts(mail: &Message<'_>) {
    let kind = mail.parts.first().and_then(|part| part.content_type());
    let kind = kind.map(|kind| (kind.ctype(), kind.subtype()));
    assert_eq!(kind, Some(("multipart", Some("alternative"))));
    assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));
    assert_eq!(mail.attachment_count(), 0);
    let text = mail.body_text(0).expect("a text part");
    assert!(text.lines().any(|line| line == PASSWORD), "{text}");
    let html = mail.body_html(0).expect("an HTML part");
    assert!(html.contains(&format!(">{PASSWORD}</td>")), "{html}");
    for part in [text, html] {
        assert!(part.contains("für") || part.contains("Passwort"), "{part}");
    }
}
