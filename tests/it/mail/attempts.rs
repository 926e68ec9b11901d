//! What is kept of every try, and of addresses at which nobody reads mail.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keydesk::domain::mail::transport::MemoryMailer;
use keydesk::domain::mail::{
    self, AttemptOutcome, Delivery, DeliveryStatus, Mailer, OutgoingEmail, SendError, Sending,
    TemplateSource,
};

use super::desk::{Desk, PASSWORD, short};
use crate::support::smtp::{Behaviour, SmtpPeer};

#[tokio::test]
async fn every_try_is_kept_with_its_server_its_words_and_what_came_of_it() {
    let desk = Desk::start().await;
    let busy = SendError::Later("451 4.7.1 come\r\nback".to_owned());
    let lost = SendError::Unknown("connection lost".to_owned());
    let mailer = Arc::new(MemoryMailer::failing([busy, lost]));
    let (worker, queued) = (desk.worker(mailer), desk.enqueue().await);
    assert_eq!(
        (queued.written_locale, queued.template_source),
        (None, None)
    );
    let mut begun = Vec::new();
    for _ in 0..2 {
        begun.push(desk.app.clock.now().as_millis());
        worker.deliver_due().await.unwrap();
        desk.wait_for_next_try(queued.id).await;
    }
    begun.push(desk.app.clock.now().as_millis());
    worker.deliver_due().await.unwrap();

    let sent = desk.find(queued.id).await;
    assert_eq!((sent.status, sent.attempt_count), (DeliveryStatus::Sent, 3));
    assert_eq!(sent.written_locale.as_deref(), Some("de"));
    assert_eq!(sent.template_source, Some(TemplateSource::BuiltIn));
    let told: Vec<_> = sent
        .attempts
        .iter()
        .map(|attempt| (attempt.outcome.unwrap(), attempt.words.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (AttemptOutcome::Postponed, "451 4.7.1 come  back"),
            (AttemptOutcome::Lost, "connection lost"),
            (AttemptOutcome::Taken, "250 taken"),
        ]
    );
    let starts = sent
        .attempts
        .iter()
        .map(|attempt| attempt.started_at_millis);
    assert_eq!(starts.collect::<Vec<_>>(), begun);
    let whole =
        |attempt: &mail::Attempt| attempt.server == "memory" && attempt.took_millis.is_some();
    assert!(sent.attempts.iter().all(whole), "{:?}", sent.attempts);
}

/// Takes mails and says the line with the password back, in these letters.
struct Quoting(fn(&str) -> String);

impl Mailer for Quoting {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        let line = email
            .content
            .text
            .lines()
            .find(|line| line.contains(PASSWORD));
        let words = format!("250 taken: {}", (self.0)(line.unwrap_or_default().trim()));
        Box::pin(async move { Ok(words) })
    }

    fn server(&self) -> &'static str {
        "quoting"
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async { Ok(String::new()) })
    }
}

#[tokio::test]
async fn a_server_that_says_the_mail_back_brings_no_password_into_the_row() {
    let unkept = "250 the server's words repeat what the mail carries and are not kept";
    for (letters, kept) in [
        (str::to_owned as fn(&str) -> String, "250 taken: [password]"),
        (str::to_uppercase, unkept),
        (
            |line| line.replace('=', "=3D").replace("quill", "qu=\r\nill"),
            unkept,
        ),
        (
            |line| STANDARD.encode(format!("Hello\r\n{line}\r\n")),
            unkept,
        ),
    ] {
        let desk = Desk::start().await;
        let queued = desk.enqueue().await;
        let worker = desk.worker(Arc::new(Quoting(letters)));
        worker.deliver_due().await.unwrap();
        let sent = desk.find(queued.id).await;
        assert_eq!(sent.attempts[0].words.as_deref(), Some(kept));
    }
}

#[tokio::test]
async fn a_password_at_which_the_servers_words_are_cut_is_not_kept_either() {
    for letters in [474, 478, 484] {
        let reply = format!("554 {} AMBER=QUILL-27-WAGON", "x".repeat(letters));
        let peer = SmtpPeer::start([Behaviour::AtContent(String::leak(reply))]).await;
        let desk = Desk::smtp(peer.port, "").await;
        let queued = desk.enqueue().await;
        desk.worker(desk.mailer(short()))
            .deliver_due()
            .await
            .unwrap();
        let words = desk.find(queued.id).await.last_error.expect("words");
        assert!(
            words.starts_with("554 ") && !words.contains("AMBER"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn an_end_without_a_try_is_no_try() {
    let desk = Desk::start().await;
    let mailer = Arc::new(MemoryMailer::failing([SendError::Later(
        "451 busy".to_owned(),
    )]));
    let (worker, queued) = (desk.worker(mailer), desk.enqueue().await);
    worker.deliver_due().await.unwrap();
    desk.app.clock.advance(Duration::from_hours(24));
    worker.deliver_due().await.unwrap();
    let expired = desk.find(queued.id).await;
    assert_eq!(expired.status, DeliveryStatus::Expired);
    assert_eq!((expired.attempt_count, expired.attempts.len()), (1, 1));
    assert_eq!(expired.last_error.as_deref(), Some("451 busy"));
}

/// The reason for which the address of the desk's mails counts as failing.
async fn reason(desk: &Desk) -> Option<String> {
    let key = "anna@example.org";
    let mut failures: HashMap<_, _> = mail::failures(&desk.app, &[key]).await.expect("read");
    failures.remove(key).map(|failure| failure.reason)
}

async fn refused(behaviour: Behaviour) -> (Delivery, Desk) {
    let peer = SmtpPeer::start([behaviour]).await;
    let desk = Desk::smtp(peer.port, "").await;
    let worker = desk.worker(desk.mailer(short()));
    let queued = desk.enqueue().await;
    worker.deliver_due().await.expect("a working database");
    (desk.find(queued.id).await, desk)
}

#[tokio::test]
async fn an_address_at_which_nobody_reads_mail_is_marked_with_the_servers_words() {
    for behaviour in [
        Behaviour::AtRecipient("550 5.1.1 no such user"),
        Behaviour::AtRecipient("550-5.1.10 null MX\r\n550 5.1.10 here"),
        Behaviour::AtRecipient("550 5.2.1 closed"),
        Behaviour::AtRecipient("550 nobody of that name"),
        Behaviour::AtRecipient("553 no"),
        Behaviour::AtContent("550 5.1.1 no such user after all"),
    ] {
        let (mail, desk) = refused(behaviour).await;
        assert_eq!(mail.status, DeliveryStatus::Failed, "{behaviour:?}");
        assert_eq!(mail.attempts[0].outcome, Some(AttemptOutcome::Refused));
        assert_eq!(reason(&desk).await, mail.last_error, "{behaviour:?}");
        assert!(mail.last_error.is_some());
    }
}

#[tokio::test]
async fn refusals_for_other_reasons_mark_no_address() {
    for behaviour in [
        Behaviour::AtRecipient("550 5.7.1 policy"),
        Behaviour::AtRecipient("554 no"),
        Behaviour::AtRecipient("552 5.2.2 full"),
        Behaviour::AtRecipient("450 4.1.1 not now"),
        Behaviour::AtContent("550 spam"),
        Behaviour::AtSender("550 5.1.8 who are you"),
        Behaviour::AtSender("550 no"),
    ] {
        let (_mail, desk) = refused(behaviour).await;
        assert_eq!(reason(&desk).await, None, "{behaviour:?}");
    }
}

#[tokio::test]
async fn an_address_that_takes_mail_again_loses_its_mark() {
    let desk = Desk::start().await;
    let nobody = SendError::NoSuchUser("550 5.1.1 nobody".to_owned());
    let worker = desk.worker(Arc::new(MemoryMailer::failing([nobody])));
    desk.enqueue().await;
    worker.deliver_due().await.unwrap();
    assert_eq!(reason(&desk).await.as_deref(), Some("550 5.1.1 nobody"));
    desk.enqueue().await;
    worker.deliver_due().await.unwrap();
    assert_eq!(reason(&desk).await, None);
}
