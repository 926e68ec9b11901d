//! Mail over SMTP: what each answer of a server, or its silence, does to a mail.

use keydesk::domain::mail::{Delivery, DeliveryStatus, SendError, transport};
use mail_parser::MessageParser;

use super::desk::{Desk, PASSWORD};
use crate::support::mta::Sink;
use crate::support::program::free_port;
use crate::support::smtp::{Behaviour, SmtpPeer};

async fn desk(port: u16, tls: &str) -> Desk {
    Desk::with(&format!(
        "[mail.transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"{tls}\"\n"
    ))
    .await
}

/// Queues a mail and tries it as often as the server has behaviours.
async fn deliver(behaviours: &[Behaviour]) -> (Delivery, SmtpPeer, Desk) {
    let peer = SmtpPeer::start(behaviours.iter().copied()).await;
    let desk = desk(peer.port, "none").await;
    let mailer = transport::from_settings(&desk.app.settings.mail);
    let worker = desk.worker(mailer.expect("a way out").expect("smtp"));
    let queued = desk.enqueue().await;
    for (place, _behaviour) in behaviours.iter().enumerate() {
        if place > 0 {
            desk.wait_for_next_try(queued.id).await;
        }
        assert_eq!(worker.deliver_due().await.expect("a working database"), 1);
    }
    (desk.find(queued.id).await, peer, desk)
}

#[tokio::test]
async fn a_taken_mail_is_sent_with_both_parts() {
    let (mail, peer, desk) = deliver(&[Behaviour::Take]).await;
    assert_eq!(mail.status, DeliveryStatus::Sent);
    assert!(!desk.keeps_secret(mail.id).await);
    assert_password_in_both_parts(&peer.contents()[0]);
}

#[tokio::test]
async fn a_4xx_answer_puts_the_mail_back_with_the_servers_words() {
    for behaviour in [
        Behaviour::AtRecipient("451 4.7.1 Greylisted, come back"),
        Behaviour::AtContent("452 4.2.2 Mailbox full"),
    ] {
        let (mail, _peer, desk) = deliver(&[behaviour]).await;
        assert_eq!(mail.status, DeliveryStatus::Queued, "{behaviour:?}");
        assert!(mail.last_error.unwrap().starts_with("45"));
        assert!(desk.keeps_secret(mail.id).await);
    }
}

#[tokio::test]
async fn a_5xx_answer_ends_the_mail_at_once_with_the_servers_words() {
    for behaviour in [
        Behaviour::AtRecipient("550-5.1.1 No such user\r\n550 5.1.1 here"),
        Behaviour::AtContent("554 5.6.0 Refused: amber=quill-27-wagon"),
    ] {
        let (mail, _peer, desk) = deliver(&[behaviour]).await;
        assert_eq!(
            (mail.status, mail.attempt_count),
            (DeliveryStatus::Failed, 1)
        );
        let words = mail.last_error.unwrap();
        assert!(words.starts_with("55") && words.contains("5."), "{words}");
        assert!(!words.contains(PASSWORD), "{words}");
        assert!(!desk.keeps_secret(mail.id).await);
    }
}

#[tokio::test]
async fn a_connection_cut_before_the_content_is_simply_tried_again() {
    let (mail, peer, _desk) = deliver(&[Behaviour::CutAtRecipient]).await;
    assert_eq!(mail.status, DeliveryStatus::Queued);
    assert!(peer.contents().is_empty());
}

#[tokio::test]
async fn a_connection_cut_after_the_content_is_tried_once_more_under_the_same_message_id() {
    let (mail, peer, desk) = deliver(&[Behaviour::CutAfterContent, Behaviour::Take]).await;
    assert_eq!(mail.status, DeliveryStatus::Sent);
    let line = format!("Message-ID: <{}>\r\n", mail.message_id);
    let contents = peer.contents();
    assert_eq!(contents.len(), 2);
    assert!(contents.iter().all(|content| content.contains(&line)));
    assert!(!desk.keeps_secret(mail.id).await);

    let cut = Behaviour::CutAfterContent;
    let (mail, ..) = deliver(&[cut, cut]).await;
    assert_eq!(
        (mail.status, mail.next_attempt_at),
        (DeliveryStatus::Unknown, None)
    );
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let peer = SmtpPeer::start([]).await;
    let desk = desk(peer.port, "starttls").await;
    let mailer = transport::from_settings(&desk.app.settings.mail)
        .unwrap()
        .unwrap();
    assert!(matches!(mailer.check().await, Err(SendError::Later(_))));
    let queued = desk.enqueue().await;
    desk.worker(mailer).deliver_due().await.unwrap();
    assert_eq!(desk.find(queued.id).await.status, DeliveryStatus::Queued);
    let told = |command: &String| command.starts_with("MAIL") || command.starts_with("AUTH");
    assert!(!peer.commands().iter().any(told), "{:?}", peer.commands());
}

#[tokio::test]
async fn no_server_at_all_is_tried_again() {
    let port = free_port();
    let desk = desk(port, "none").await;
    let mailer = transport::from_settings(&desk.app.settings.mail)
        .unwrap()
        .unwrap();
    let queued = desk.enqueue().await;
    desk.worker(mailer).deliver_due().await.unwrap();
    let mail = desk.find(queued.id).await;
    assert_eq!(mail.status, DeliveryStatus::Queued);
    assert!(mail.last_error.unwrap().contains("refused"));
}

/// Debian: `apt-get install postfix`.
#[tokio::test]
#[ignore = "needs smtp-sink"]
async fn postfix_reads_the_same_password_in_both_parts() {
    let sink = Sink::start();
    let desk = desk(sink.port, "none").await;
    let mailer = transport::from_settings(&desk.app.settings.mail)
        .unwrap()
        .unwrap();
    let queued = desk.enqueue().await;
    desk.worker(mailer).deliver_due().await.unwrap();
    assert_eq!(desk.find(queued.id).await.status, DeliveryStatus::Sent);
    let mails = sink.mails();
    assert_eq!(mails.len(), 1);
    assert_password_in_both_parts(&mails[0]);
}

fn assert_password_in_both_parts(mail: &str) {
    let mail = MessageParser::default().parse(mail).expect("a mail");
    assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));
    let text = mail.body_text(0).expect("a text part");
    assert!(text.lines().any(|line| line == PASSWORD), "{text}");
    let html = mail.body_html(0).expect("an HTML part");
    assert!(html.contains(&format!(">{PASSWORD}</td>")), "{html}");
}
