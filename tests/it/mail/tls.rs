//! Encryption and logins: with anything wrong, nothing is sent and the mail waits.

use std::sync::Arc;

use keydesk::domain::mail::{Delivery, DeliveryStatus};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::desk::{Desk, short};
use crate::support::smtp::{Door, SmtpPeer};

/// What a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Good,
    SelfSigned,
    Expired,
    WrongName,
}

/// An authority as PEM, and a server that shows a certificate.
fn certificate(shown: Shown) -> (String, TlsAcceptor) {
    let authority_key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).expect("signed").pem();
    let issuer = Issuer::new(authority, authority_key);

    let name = if shown == Shown::WrongName {
        "mail.example.org"
    } else {
        "localhost"
    };
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    if shown == Shown::Expired {
        leaf.not_before = date_time_ymd(2020, 1, 1);
        leaf.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = if shown == Shown::SelfSigned {
        leaf.self_signed(&key)
    } else {
        leaf.signed_by(&key, &issuer)
    };
    let chain = vec![certificate.expect("signed").der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate");
    (pem, TlsAcceptor::from(Arc::new(config)))
}

/// Sends a mail with more settings of the transport.
async fn send(peer: &SmtpPeer, authority: &str, more: &str) -> Delivery {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority).expect("written");
    let desk = Desk::with(&format!(
        "[mail.transport]\nkind = \"smtp\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\n{more}",
        peer.port,
        file.display()
    ))
    .await;
    let queued = desk.enqueue().await;
    let worker = desk.worker(desk.mailer(short()));
    worker.deliver_due().await.expect("a working database");
    desk.find(queued.id).await
}

fn door(tls: TlsAcceptor, implicit: bool) -> Door {
    Door {
        tls: Some(tls),
        implicit,
        ..Door::default()
    }
}

#[tokio::test]
async fn a_good_certificate_of_the_operators_own_authority_is_trusted() {
    for (implicit, tls) in [(false, "starttls"), (true, "implicit")] {
        let (authority, acceptor) = certificate(Shown::Good);
        let peer = SmtpPeer::behind(door(acceptor, implicit), []).await;
        let mail = send(&peer, &authority, &format!("tls = \"{tls}\"\n")).await;
        assert_eq!(mail.status, DeliveryStatus::Sent, "{tls}: {mail:?}");
        assert_eq!(peer.taken(), 1);
    }
}

#[tokio::test]
async fn a_certificate_that_is_self_signed_expired_or_of_another_is_told_nothing() {
    for shown in [Shown::SelfSigned, Shown::Expired, Shown::WrongName] {
        for (implicit, tls) in [(false, "starttls"), (true, "implicit")] {
            let (authority, acceptor) = certificate(shown);
            let login = Some(("PLAIN", "desk", "sesame"));
            let peer = SmtpPeer::behind(
                Door {
                    login,
                    ..door(acceptor, implicit)
                },
                [],
            )
            .await;
            let more = format!("tls = \"{tls}\"\nusername = \"desk\"\npassword = \"sesame\"\n");
            let mail = send(&peer, &authority, &more).await;
            assert_eq!(mail.status, DeliveryStatus::Queued, "{shown:?} {tls}");
            assert!(
                mail.last_error
                    .is_some_and(|words| words.contains("certificate"))
            );
            assert!(!peer.was_told_anything(), "{:?}", peer.commands());
        }
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_told_neither_mail_nor_login() {
    let login = Some(("PLAIN", "desk", "sesame"));
    let peer = SmtpPeer::behind(
        Door {
            login,
            ..Door::default()
        },
        [],
    )
    .await;
    let (authority, _) = certificate(Shown::Good);
    let more = "tls = \"starttls\"\nusername = \"desk\"\npassword = \"sesame\"\n";
    let mail = send(&peer, &authority, more).await;
    assert_eq!(mail.status, DeliveryStatus::Queued);
    assert!(
        mail.last_error
            .is_some_and(|words| words.contains("STARTTLS"))
    );
    assert!(!peer.was_told_anything(), "{:?}", peer.commands());
    assert!(peer.contents().is_empty());
}

#[tokio::test]
async fn both_ways_to_log_in_take_the_right_password_and_a_wrong_one_lets_mail_wait() {
    for mechanism in ["PLAIN", "LOGIN"] {
        for (password, status) in [
            ("sesame", DeliveryStatus::Sent),
            ("mistaken", DeliveryStatus::Queued),
        ] {
            let (authority, acceptor) = certificate(Shown::Good);
            let login = Some((mechanism, "desk", "sesame"));
            let peer = SmtpPeer::behind(
                Door {
                    login,
                    ..door(acceptor, false)
                },
                [],
            )
            .await;
            let more =
                format!("tls = \"starttls\"\nusername = \"desk\"\npassword = \"{password}\"\n");
            let mail = send(&peer, &authority, &more).await;
            assert_eq!(mail.status, status, "{mechanism} {password}: {mail:?}");
            let words = mail.attempts[0].words.clone().unwrap_or_default();
            assert!(!words.contains(password), "{words}");
            let wanted = if status == DeliveryStatus::Sent {
                "250"
            } else {
                "535"
            };
            assert!(words.starts_with(wanted), "{words}");
        }
    }
}
