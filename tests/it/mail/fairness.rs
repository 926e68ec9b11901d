//! A domain that does not answer keeps no other waiting.

use std::sync::Arc;
use std::time::Duration;

use keydesk::domain::mail::transport::MemoryMailer;
use keydesk::domain::mail::{Mailer, OutgoingEmail, SendError, Sending};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, worker};
use crate::support::waiting::PATIENCE;

/// Does not answer for mail to some domains until told to, and takes all other.
struct Stuck {
    taken: MemoryMailer,
    /// One permit for each mail that is stuck.
    hanging: Semaphore,
    /// One permit for each of them that gets an answer, which is to come again later.
    answers: Semaphore,
}

impl Stuck {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            taken: MemoryMailer::default(),
            hanging: Semaphore::new(0),
            answers: Semaphore::new(0),
        })
    }

    async fn holds(&self, mails: u32) {
        let hanging = timeout(PATIENCE, self.hanging.acquire_many(mails)).await;
        let hanging = hanging.unwrap_or_else(|_| panic!("{mails} mails never hung at once"));
        drop(hanging.expect("open"));
    }

    /// Answers as many as are stuck.
    async fn answer(&self, mails: u32) {
        self.holds(mails).await;
        let hanging = self.hanging.acquire_many(mails).await;
        hanging.expect("open").forget();
        self.answers
            .add_permits(usize::try_from(mails).expect("few"));
    }
}

impl Mailer for Stuck {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        if email.to.ends_with(".stuck.example") {
            self.hanging.add_permits(1);
            return Box::pin(async {
                self.answers.acquire().await.expect("open").forget();
                Err(SendError::Later("450 not now".to_owned()))
            });
        }
        self.taken.send(email)
    }

    fn server(&self) -> &'static str {
        "stuck"
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async { Ok(String::new()) })
    }
}

#[tokio::test]
async fn a_domain_that_hangs_keeps_no_other_waiting() {
    let desk = Desk::start().await;
    for number in 0..30 {
        desk.enqueue_to(&format!("user{number}@a.stuck.example"), None)
            .await;
    }
    let mut others = Vec::new();
    for number in 0..5 {
        let address = format!("anna@fine{number}.example");
        others.push(desk.enqueue_to(&address, None).await.id);
    }
    let (mailer, stop) = (Stuck::new(), CancellationToken::new());
    let worker = desk.worker(mailer.clone());
    let watching = async {
        for id in others {
            desk.until_sent(id).await;
        }
        stop.cancel();
    };
    tokio::join!(worker.run(stop.clone()), watching);
    assert_eq!(mailer.taken.sent().len(), 5);
    assert_eq!(mailer.hanging.available_permits(), 3);
}

#[tokio::test]
async fn domains_that_were_slow_never_have_all_lanes_again() {
    let desk = Desk::with("parallel = 4\nparallel_per_domain = 4\n").await;
    for number in 0..8 {
        for domain in ["a", "b", "c"] {
            let address = format!("user{number}@{domain}.stuck.example");
            desk.enqueue_to(&address, None).await;
        }
    }
    let (mailer, stop) = (Stuck::new(), CancellationToken::new());
    let worker = desk.worker(mailer.clone());
    let watching = async {
        mailer.holds(4).await;
        tokio::time::sleep(Duration::from_millis(3_200)).await;
        mailer.answer(4).await;
        mailer.holds(2).await;
        for number in 0..3 {
            let address = format!("anna@fine{number}.example");
            let id = desk.enqueue_to(&address, None).await.id;
            desk.until_sent(id).await;
        }
        stop.cancel();
    };
    tokio::join!(worker.run(stop.clone()), watching);
    assert_eq!(mailer.taken.sent().len(), 3);
    assert_eq!(mailer.hanging.available_permits(), 2);
}

#[tokio::test]
async fn replicas_share_what_one_domain_may_have() {
    let desk = Desk::with("parallel_per_domain = 6\n").await;
    for number in 0..9 {
        desk.enqueue_to(&format!("user{number}@a.stuck.example"), None)
            .await;
    }
    let mailer = Stuck::new();
    let (one, other) = (
        desk.worker(mailer.clone()),
        worker(desk.replica("").await, mailer.clone()),
    );
    tokio::select! {
        _ = one.deliver_due() => panic!("it hangs"),
        () = mailer.holds(3) => {}
    }
    assert_eq!(other.deliver_due().await.unwrap(), 0);
    assert_eq!(mailer.hanging.available_permits(), 3);
    // The leases end, and others come in the turn of those that were held.
    desk.app.clock.advance(Duration::from_secs(61));
    let third = desk.worker(mailer.clone());
    tokio::select! {
        _ = third.deliver_due() => panic!("it hangs"),
        () = mailer.holds(6) => {}
    }
}

#[tokio::test]
async fn no_more_mails_are_sent_at_once_than_there_may_be() {
    let desk = Desk::with("parallel = 4\n").await;
    for number in 0..20 {
        desk.enqueue_to(&format!("anna@x{number}.stuck.example"), None)
            .await;
    }
    let mailer = Stuck::new();
    let worker = desk.worker(mailer.clone());
    tokio::select! {
        _ = worker.deliver_due() => panic!("it hangs"),
        () = mailer.holds(4) => {}
    }
    assert_eq!(mailer.hanging.available_permits(), 4);
}
