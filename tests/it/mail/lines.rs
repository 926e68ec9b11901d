//! Connections that are used for more than one mail.

use std::time::Duration;

use keydesk::domain::mail::transport::SmtpLimits;
use keydesk::domain::mail::{Delivery, DeliveryStatus};

use super::desk::{Desk, short};
use crate::support::smtp::{Behaviour, Door, SmtpPeer};
use crate::support::waiting::eventually;

/// Sends mails one after the other.
async fn send(peer: &SmtpPeer, mails: usize, limits: SmtpLimits) -> Vec<Delivery> {
    let desk = Desk::smtp(peer.port, "").await;
    let worker = desk.worker(desk.mailer(limits));
    let mut sent = Vec::new();
    for _ in 0..mails {
        let queued = desk.enqueue().await;
        assert_eq!(worker.deliver_due().await.expect("a database"), 1);
        sent.push(desk.find(queued.id).await);
    }
    sent
}

fn assert_sent_at_once(mails: &[Delivery]) {
    for mail in mails {
        assert_eq!((mail.status, mail.attempt_count), (DeliveryStatus::Sent, 1));
    }
}

#[tokio::test]
async fn mails_share_a_connection_up_to_its_limit() {
    for one_by_one in [false, true] {
        let door = Door {
            one_by_one,
            ..Door::default()
        };
        let peer = SmtpPeer::behind(door, []).await;
        let limits = SmtpLimits {
            mails: 3,
            ..short()
        };
        assert_sent_at_once(&Box::pin(send(&peer, 5, limits)).await);
        assert_eq!((peer.connections(), peer.taken()), (2, 5));
    }
}

#[tokio::test]
async fn a_connection_that_ended_meanwhile_costs_no_try() {
    for ended in [
        Behaviour::TakeAndClose,
        Behaviour::AtSender("421 4.4.2 timeout, closing"),
        Behaviour::AtSender("452 4.5.3 too many mails on one connection"),
        Behaviour::CutAtRecipient,
        Behaviour::AtRecipient("421 4.3.2 going down"),
        Behaviour::AtData("421 4.3.2 going down"),
    ] {
        let peer = SmtpPeer::start([Behaviour::Take, ended, Behaviour::Take]).await;
        assert_sent_at_once(&Box::pin(send(&peer, 3, short())).await);
        assert_eq!((peer.connections(), peer.taken()), (2, 3), "{ended:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_asked_whether_it_lives_and_one_that_does_not_is_left() {
    let asked = SmtpLimits {
        fresh: Duration::from_millis(200),
        ..short()
    };
    // The second mail finds a connection that lives, the third one that was closed.
    let behaviours = [Behaviour::Take, Behaviour::TakeAndClose, Behaviour::Take];
    let peer = SmtpPeer::start(behaviours).await;
    let desk = Desk::smtp(peer.port, "").await;
    let worker = desk.worker(desk.mailer(asked));
    for _ in 0..3 {
        let queued = desk.enqueue().await;
        worker.deliver_due().await.unwrap();
        assert_sent_at_once(&[desk.find(queued.id).await]);
        tokio::time::sleep(2 * asked.fresh).await;
    }
    let commands = peer.commands();
    let asked = commands.iter().filter(|said| *said == "NOOP").count();
    assert_eq!((peer.connections(), peer.taken(), asked), (2, 3, 1));
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let peer = SmtpPeer::start([]).await;
    let limits = SmtpLimits {
        idle: Duration::from_millis(100),
        ..short()
    };
    let desk = Desk::smtp(peer.port, "").await;
    let worker = desk.worker(desk.mailer(limits));
    desk.enqueue().await;
    worker.deliver_due().await.unwrap();
    let is_closed = async || peer.commands().iter().any(|said| said == "QUIT");
    eventually("the end of an idle connection", is_closed).await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_mails() {
    let late = Behaviour::LateAfterContent(Duration::from_millis(700));
    let refusal = Behaviour::AtRecipient("550 5.1.1 nobody");
    let peer = SmtpPeer::start([late, refusal]).await;
    let limits = SmtpLimits {
        sending: Duration::from_millis(400),
        ..short()
    };
    let mails = Box::pin(send(&peer, 2, limits)).await;
    assert_eq!(mails[0].status, DeliveryStatus::Unknown);
    assert_eq!(mails[1].status, DeliveryStatus::Failed);
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn bounces_go_to_the_return_path_and_the_sender_people_see_stays() {
    let peer = SmtpPeer::start([]).await;
    let desk = Desk::smtp(peer.port, "return_path = \"bounces@example.org\"").await;
    desk.enqueue().await;
    let worker = desk.worker(desk.mailer(short()));
    worker.deliver_due().await.unwrap();
    let commands = peer.commands();
    assert!(commands.contains(&"MAIL FROM:<bounces@example.org>".to_owned()));
    let told = commands
        .iter()
        .filter(|said| said.starts_with("RCPT"))
        .count();
    assert_eq!(told, 1);
    let content = peer.contents().remove(0);
    assert!(
        content.contains("From: Desk <desk@example.org>\r\n"),
        "{content}"
    );
    assert!(!content.contains("bounces@"), "{content}");
}
