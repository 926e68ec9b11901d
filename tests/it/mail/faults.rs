//! What each fault of a mail server does to a mail: how it ends, after how many tries, and how many copies
//! there are.

use std::time::Duration;

use keydesk::domain::mail::DeliveryStatus::{self, Failed, Sent, Unknown};
use keydesk::domain::mail::backoff;

use super::desk::{Desk, short};
use crate::support::program::free_port;
use crate::support::smtp::Behaviour::{self, *};
use crate::support::smtp::SmtpPeer;

/// What came of one mail.
#[derive(Debug, PartialEq, Eq)]
struct Fate {
    status: DeliveryStatus,
    tries: u32,
    /// Contents the server read, taken or not.
    read: usize,
    /// Contents it took.
    taken: usize,
}

/// More than any mail is tried.
const MOST_TRIES: u32 = 100;

/// Tries a mail until it is over. The waits between tries must be those of the backoff.
async fn tried_to_the_end(desk: &Desk) -> (DeliveryStatus, u32) {
    let worker = desk.worker(desk.mailer(short()));
    let queued = desk.enqueue().await;
    for _ in 0..MOST_TRIES {
        assert_eq!(worker.deliver_due().await.expect("a database"), 1);
        let mail = desk.find(queued.id).await;
        let kept = desk.keeps_secret(queued.id).await;
        if mail.is_over() {
            assert!(!kept, "a secret after the end");
            return (mail.status, mail.attempt_count);
        }
        assert!(kept, "a mail that cannot be tried again");
        let early = worker.deliver_due().await.expect("a database");
        assert_eq!(early, 0, "too early");
        let wait = desk.wait_for_next_try(queued.id).await;
        let tries = mail.attempt_count;
        let allowed = backoff(tries, 0)..=backoff(tries, 255);
        assert!(allowed.contains(&wait), "{wait:?} after {tries}");
    }
    panic!("not over after {MOST_TRIES} tries");
}

async fn fate(behaviours: &[Behaviour]) -> Fate {
    let peer = SmtpPeer::start(behaviours.iter().copied()).await;
    let desk = Desk::smtp(peer.port, "").await;
    let (status, tries) = tried_to_the_end(&desk).await;
    let contents = peer.contents();
    let id = |content: &String| {
        let lines = content.lines().find(|line| line.starts_with("Message-ID:"));
        lines.map(str::to_owned)
    };
    let ids: Vec<_> = contents.iter().map(id).collect();
    assert!(
        ids.iter().all(|id| id.is_some() && id == &ids[0]),
        "{ids:?}"
    );
    Fate {
        status,
        tries,
        read: contents.len(),
        taken: peer.taken(),
    }
}

#[tokio::test]
async fn each_fault_of_a_server_has_its_end() {
    let slow = Slow(Duration::from_millis(40));
    let table: &[(&[Behaviour], DeliveryStatus, u32, usize, usize)] = &[
        // Before the content nothing was taken: again and again, then given up.
        (&[AtGreeting("421 later")], Sent, 2, 1, 1),
        (&[AtGreeting("554 never")], Sent, 2, 1, 1),
        (&[Silent, Silent], Sent, 3, 1, 1),
        (&[AtSender("421 later")], Sent, 2, 1, 1),
        (&[AtSender("553 not you")], Failed, 1, 0, 0),
        (&[AtRecipient("450 grey"); 4], Sent, 5, 1, 1),
        (&[AtRecipient("450 grey"); 5], Failed, 5, 0, 0),
        (&[AtRecipient("550 5.1.1 nobody")], Failed, 1, 0, 0),
        (&[CutAtRecipient; 5], Failed, 5, 0, 0),
        (&[AtData("451 busy")], Sent, 2, 1, 1),
        (&[AtData("554 no")], Failed, 1, 0, 0),
        // After the content an answer tells.
        (&[AtContent("421 later")], Sent, 2, 2, 1),
        (&[AtContent("451 later")], Sent, 2, 2, 1),
        (&[AtContent("552 5.2.2 full")], Failed, 1, 1, 0),
        (&[AtContent("554 spam")], Failed, 1, 1, 0),
        // Without one, once more and no more.
        (&[CutAfterContent], Sent, 2, 2, 1),
        (&[CutAfterContent; 2], Unknown, 2, 2, 0),
        (&[SilentAfterContent], Sent, 2, 2, 1),
        (&[SilentAfterContent, CutAfterContent], Unknown, 2, 2, 0),
        (&[CutAfterContent, AtRecipient("450 grey")], Sent, 3, 2, 1),
        (&[CutAfterContent, AtRecipient("550 no")], Failed, 2, 1, 0),
        (&[slow], Sent, 1, 1, 1),
    ];
    for (behaviours, status, tries, read, taken) in table {
        let wanted = Fate {
            status: *status,
            tries: *tries,
            read: *read,
            taken: *taken,
        };
        assert_eq!(fate(behaviours).await, wanted, "{behaviours:?}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_connections_is_tried_five_times() {
    let desk = Desk::smtp(free_port(), "").await;
    assert_eq!(tried_to_the_end(&desk).await, (Failed, 5));
}
