//! Holes that others had in their mail (docs/security.md, “Known holes of others”).

use keydesk::domain::mail::DeliveryStatus;
use mail_parser::MessageParser;
use sea_orm::{ConnectionTrait, Statement};

use super::desk::{Desk, PASSWORD, short};
use crate::support::program::contains;
use crate::support::smtp::SmtpPeer;

/// Sends one mail and gives what the server read of it.
async fn sent(name: Option<&str>, password: &str, display_name: &str) -> (String, SmtpPeer) {
    let peer = SmtpPeer::start([]).await;
    let desk = Desk::smtp(peer.port, "").await;
    let said = (password, display_name);
    let queued = desk.enqueue_saying("anna@example.org", name, said).await;
    let worker = desk.worker(desk.mailer(short()));
    worker.deliver_due().await.expect("a working database");
    let mail = desk.find(queued.id).await;
    assert_eq!(mail.status, DeliveryStatus::Sent, "{mail:?}");
    (peer.contents().remove(0), peer)
}

/// What a server and a mail program make of a content: doubled dots are single again.
fn unstuffed(content: &str) -> String {
    let line = |line: &str| line.strip_prefix('.').unwrap_or(line).to_owned();
    let lines: Vec<_> = content.split("\r\n").map(line).collect();
    lines.join("\r\n")
}

#[tokio::test]
async fn no_name_adds_a_header_or_a_recipient() {
    for name in [
        "Anna\r\nBcc: eve@evil.example",
        "Anna\nBcc: eve@evil.example",
        "Anna\rSubject: you won",
        "Anna\0",
        "Anna\u{85}Bcc: eve@evil.example",
        "Anna\u{2028}Bcc: eve@evil.example",
        "anna@example.org, eve@evil.example",
        "=?utf-8?q?Anna=0D=0ABcc:_eve@evil.example?=",
    ] {
        let (content, peer) = sent(Some(name), PASSWORD, name).await;
        let parsed = MessageParser::default().parse(&content).expect("a mail");
        assert_eq!(parsed.header_values("Bcc").count(), 0, "{content}");
        assert_eq!(parsed.header_values("Subject").count(), 1, "{content}");
        let to = parsed.to().expect("somebody");
        assert_eq!(to.iter().count(), 1, "{content}");
        assert_eq!(
            to.first().and_then(|to| to.address()),
            Some("anna@example.org")
        );
        let told = |command: &&String| command.starts_with("RCPT");
        let commands = peer.commands();
        let told: Vec<_> = commands.iter().filter(told).collect();
        assert_eq!(told, ["RCPT TO:<anna@example.org>"]);
    }
}

#[tokio::test]
async fn no_content_ends_early_or_holds_a_command() {
    let smuggled = "x\r\n.\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<eve@evil.example>\r\nDATA";
    for (password, display_name) in [
        (".", "Anna"),
        ("..", "Anna"),
        (".amber=quill-27", "Anna"),
        (PASSWORD, smuggled),
        (PASSWORD, "x\n.\nMAIL FROM:<evil@evil.example>"),
        (PASSWORD, "x\r.\rMAIL FROM:<evil@evil.example>"),
        (PASSWORD, "x\n.\r\nMAIL FROM:<evil@evil.example>"),
    ] {
        let (content, peer) = sent(Some("Anna"), password, display_name).await;
        let lines: Vec<_> = content.split("\r\n").collect();
        assert!(!content.contains("\n.\n") && !content.contains("\r.\r"));
        for line in lines {
            assert!(!line.contains(['\r', '\n']), "a bare line end in {line:?}");
            assert!(line != ".", "an end inside of {content}");
        }
        let commands = peer.commands();
        let evil = |command: &String| command.contains("evil");
        assert!(!commands.iter().any(evil), "{commands:?}");
        assert_eq!(peer.contents().len(), 1);
        let whole = unstuffed(&content);
        let parsed = MessageParser::default().parse(&whole).expect("a mail");
        let text = parsed.body_text(0).expect("a text part");
        assert!(text.lines().any(|line| line == password), "{text}");
    }
}

#[tokio::test]
async fn markup_in_a_name_stays_text() {
    let name = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&";
    let (content, _peer) = sent(Some("Anna"), PASSWORD, name).await;
    let parsed = MessageParser::default().parse(&content).expect("a mail");
    let html = parsed.body_html(0).expect("an HTML part");
    assert!(
        !html.contains("<script") && !html.contains("<img src=x"),
        "{html}"
    );
    assert!(html.contains("&lt;script&gt;"), "{html}");
    let text = parsed.body_text(0).expect("a text part");
    assert!(text.contains("<script>alert(1)</script>"), "{text}");
}

#[tokio::test]
async fn a_mail_that_waits_holds_its_password_sealed() {
    let desk = Desk::start().await;
    let queued = desk.enqueue().await;
    assert!(desk.keeps_secret(queued.id).await);
    for file in desk.database.files() {
        let bytes = std::fs::read(&file).expect("a file");
        assert!(!contains(&bytes, PASSWORD), "{}", file.display());
    }
    let db = desk.app.db.read();
    let sql = "SELECT details, secret_sealed FROM outbox_emails WHERE id = $1";
    let query =
        Statement::from_sql_and_values(db.get_database_backend(), sql, [queued.id.uuid().into()]);
    let row = db.query_one_raw(query).await.expect("read").expect("there");
    let details: String = row.try_get("", "details").expect("a text");
    let sealed: Vec<u8> = row.try_get("", "secret_sealed").expect("bytes");
    assert!(!details.contains(PASSWORD) && !contains(&sealed, PASSWORD));
}
