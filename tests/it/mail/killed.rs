//! A process that is killed between the content and its mark: one more copy at most, and nothing is lost.

use std::collections::HashMap;
use std::time::Duration;

use keydesk::domain::mail::DeliveryStatus;
use keydesk::types::clock::Clock;

use super::desk::{Desk, short};
use crate::support::program::Installation;
use crate::support::smtp::{Behaviour, SmtpPeer};
use crate::support::waiting::eventually;

/// As many as go at once to a domain of which nothing is known.
const MAILS: usize = 3;

#[tokio::test]
async fn a_kill_between_the_content_and_its_mark_costs_one_copy_at_most() {
    let peer = SmtpPeer::start([Behaviour::SilentAfterContent; MAILS]).await;
    // The process has the machine's time, so the desk begins there too.
    let desk = Desk::at(
        Clock::system().now(),
        &format!(
            "[mail.transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            peer.port
        ),
    )
    .await;
    let mut queued = Vec::new();
    for _ in 0..MAILS {
        queued.push(desk.enqueue().await);
    }
    let program = Installation::new(vec![
        ("KEYDESK_DATABASE__URL", desk.database.url().to_owned()),
        ("KEYDESK_SECURITY__KEY", "5e".repeat(32)),
        ("KEYDESK_MAIL__FROM", "Desk <desk@example.org>".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "smtp".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__HOST", "127.0.0.1".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__PORT", peer.port.to_string()),
        ("KEYDESK_MAIL__TRANSPORT__TLS", "none".to_owned()),
    ]);
    let starting = tokio::task::spawn_blocking(move || {
        let process = program.serve();
        (program, process)
    });
    let (_program, mut process) = starting.await.expect("started");
    let all = async || peer.contents().len() >= MAILS;
    eventually("the contents of all mails", all).await;
    process.kill();

    let worker = desk.worker(desk.mailer(short()));
    for mail in &queued {
        let held = desk.find(mail.id).await;
        assert_eq!(held.status, DeliveryStatus::Sending);
        assert!(desk.keeps_secret(mail.id).await);
    }
    assert_eq!(worker.deliver_due().await.unwrap(), 0, "a lease that holds");
    // Longer than the lease and the little time the process took.
    desk.app.clock.advance(Duration::from_mins(5));
    worker.deliver_due().await.unwrap();

    let mut copies: HashMap<String, usize> = HashMap::new();
    for content in peer.contents() {
        let id = content.lines().find(|line| line.starts_with("Message-ID:"));
        *copies.entry(id.expect("an id").to_owned()).or_default() += 1;
    }
    assert_eq!(copies.len(), MAILS);
    for mail in &queued {
        let sent = desk.find(mail.id).await;
        assert_eq!((sent.status, sent.attempt_count), (DeliveryStatus::Sent, 2));
        assert_eq!(sent.attempts[0].outcome, None, "the process told nothing");
        assert_eq!(copies[&format!("Message-ID: <{}>", mail.message_id)], 2);
        assert!(!desk.keeps_secret(mail.id).await);
    }
    assert_eq!(peer.taken(), MAILS);
}
