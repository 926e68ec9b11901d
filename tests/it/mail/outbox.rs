//! The outbox and its worker, with mail kept in memory.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use keydesk::domain::mail::transport::{FileMailer, MemoryMailer};
use keydesk::domain::mail::{
    self, DeliveryFilter, DeliveryStatus, Mailer, OutgoingEmail, SendError, Sending,
};
use keydesk::platform::pagination::PageArguments;
use keydesk::types::actor::{Actor, Origin, ReadError, Via};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, PASSWORD, worker};
use crate::support::app::plenty;

fn busy() -> SendError {
    SendError::Later("451 busy".to_owned())
}

#[tokio::test]
async fn a_sent_mail_erases_its_secret_in_the_row() {
    let desk = Desk::start().await;
    let mailer = Arc::new(MemoryMailer::failing([busy()]));
    let (worker, queued) = (desk.worker(mailer.clone()), desk.enqueue().await);
    assert_eq!(queued.status, DeliveryStatus::Queued);

    worker.deliver_due().await.unwrap();
    assert_eq!(desk.find(queued.id).await.status, DeliveryStatus::Queued);
    assert!(desk.keeps_secret(queued.id).await);

    desk.wait_for_next_try(queued.id).await;
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    let sent = desk.find(queued.id).await;
    assert_eq!((sent.status, sent.attempt_count), (DeliveryStatus::Sent, 2));
    assert_eq!(
        (sent.sent_at, sent.last_error),
        (Some(desk.app.clock.now()), None)
    );
    assert!(!desk.keeps_secret(queued.id).await);
    let mail = mailer.sent().pop().unwrap();
    assert_eq!(mail.message_id, queued.message_id);
    assert!(mail.content.text.contains(PASSWORD) && mail.content.html.contains("lang=\"de\""));
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
}

#[tokio::test]
async fn two_replicas_send_one_copy() {
    let desk = Desk::start().await;
    for _ in 0..25 {
        desk.enqueue().await;
    }
    let mailer = Arc::new(MemoryMailer::default());
    let (one, other) = (
        desk.worker(mailer.clone()),
        worker(desk.replica("").await, mailer.clone()),
    );
    let (one, other) = tokio::join!(one.deliver_due(), other.deliver_due());
    assert_eq!(one.unwrap() + other.unwrap(), 25);
    let ids: HashSet<_> = mailer
        .sent()
        .into_iter()
        .map(|mail| mail.message_id)
        .collect();
    assert_eq!((ids.len(), mailer.attempts()), (25, 25));
}

#[tokio::test]
async fn a_busy_server_is_tried_again_after_growing_waits_five_times() {
    let desk = Desk::start().await;
    let mailer = Arc::new(MemoryMailer::failing(vec![busy(); 9]));
    let (worker, queued) = (desk.worker(mailer.clone()), desk.enqueue().await);
    let mut waits = Vec::new();
    for _ in 0..4 {
        assert_eq!(worker.deliver_due().await.unwrap(), 1);
        assert_eq!(worker.deliver_due().await.unwrap(), 0);
        waits.push(desk.wait_for_next_try(queued.id).await);
    }
    assert!(waits.is_sorted_by(|one, next| one < next), "{waits:?}");
    worker.deliver_due().await.unwrap();
    let failed = desk.find(queued.id).await;
    assert_eq!(
        (failed.status, failed.attempt_count),
        (DeliveryStatus::Failed, 5)
    );
    assert_eq!(failed.last_error.as_deref(), Some("451 busy"));
    assert_eq!(failed.next_attempt_at, None);
    assert!(!desk.keeps_secret(queued.id).await);
}

#[tokio::test]
async fn an_expired_mail_is_not_sent_and_loses_its_secret() {
    let desk = Desk::start().await;
    let mailer = Arc::new(MemoryMailer::default());
    let queued = desk.enqueue().await;
    desk.app.clock.advance(Duration::from_hours(24));
    desk.worker(mailer.clone()).deliver_due().await.unwrap();
    let expired = desk.find(queued.id).await;
    assert_eq!(
        (expired.status, expired.attempt_count),
        (DeliveryStatus::Expired, 0)
    );
    assert_eq!(mailer.attempts(), 0);
    assert!(!desk.keeps_secret(queued.id).await);
}

#[tokio::test]
async fn a_lost_answer_is_followed_by_exactly_one_more_try() {
    let desk = Desk::start().await;
    let lost = || SendError::Unknown("connection lost".to_owned());
    let mailer = Arc::new(MemoryMailer::failing([lost(), lost(), lost()]));
    let (worker, queued) = (desk.worker(mailer.clone()), desk.enqueue().await);
    worker.deliver_due().await.unwrap();
    let unknown = desk.find(queued.id).await;
    assert_eq!(unknown.status, DeliveryStatus::Unknown);
    assert!(desk.keeps_secret(queued.id).await);
    desk.wait_for_next_try(queued.id).await;
    worker.deliver_due().await.unwrap();
    let ended = desk.find(queued.id).await;
    assert_eq!(
        (ended.status, ended.next_attempt_at),
        (DeliveryStatus::Unknown, None)
    );
    assert!(!desk.keeps_secret(queued.id).await);
    desk.app.clock.advance(Duration::from_hours(2));
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
    assert_eq!(mailer.attempts(), 2);
}

/// Takes a mail and never answers.
#[derive(Default)]
struct Hanging(Notify);

impl Mailer for Hanging {
    fn send<'a>(&'a self, _email: &'a OutgoingEmail) -> Sending<'a> {
        self.0.notify_one();
        Box::pin(std::future::pending())
    }

    fn server(&self) -> &'static str {
        "hanging"
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async { Ok(String::new()) })
    }
}

#[tokio::test]
async fn the_mail_of_a_worker_that_died_is_taken_over_after_its_lease() {
    let desk = Desk::start().await;
    let queued = desk.enqueue().await;
    let hanging = Arc::new(Hanging::default());
    let dying = desk.worker(hanging.clone());
    tokio::select! {
        _ = dying.deliver_due() => panic!("it hangs"),
        () = hanging.0.notified() => {}
    }
    let mailer = Arc::new(MemoryMailer::default());
    let worker = desk.worker(mailer.clone());
    assert_eq!(desk.find(queued.id).await.status, DeliveryStatus::Sending);
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
    desk.app.clock.advance(Duration::from_secs(61));
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    let sent = desk.find(queued.id).await;
    assert_eq!((sent.status, sent.attempt_count), (DeliveryStatus::Sent, 2));
}

#[tokio::test]
async fn a_mail_whose_last_worker_died_ends_as_unknown() {
    let desk = Desk::with("max_attempts = 1\n").await;
    let queued = desk.enqueue().await;
    let hanging = Arc::new(Hanging::default());
    let dying = desk.worker(hanging.clone());
    tokio::select! {
        _ = dying.deliver_due() => panic!("it hangs"),
        () = hanging.0.notified() => {}
    }
    desk.app.clock.advance(Duration::from_secs(61));
    let mailer = Arc::new(MemoryMailer::default());
    desk.worker(mailer.clone()).deliver_due().await.unwrap();
    assert_eq!(desk.find(queued.id).await.status, DeliveryStatus::Unknown);
    assert_eq!(mailer.attempts(), 0);
    assert!(!desk.keeps_secret(queued.id).await);
}

/// Panics over mail to one address.
struct Fragile(MemoryMailer);

impl Mailer for Fragile {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        assert!(!email.to.starts_with("poison"), "poison");
        self.0.send(email)
    }

    fn server(&self) -> &str {
        self.0.server()
    }

    fn check(&self) -> Sending<'_> {
        self.0.check()
    }
}

#[tokio::test]
async fn a_poison_mail_fails_alone() {
    let desk = Desk::start().await;
    let panics = desk.enqueue_to("poison@example.org", None).await;
    let refused = desk.enqueue_to("\"no address\"@example.org", None).await;
    let named = desk
        .enqueue_to("anna@example.org", Some("An\r\nna\0"))
        .await;
    let mailer = Arc::new(Fragile(MemoryMailer::default()));
    assert_eq!(desk.worker(mailer.clone()).deliver_due().await.unwrap(), 3);
    assert_eq!(desk.find(panics.id).await.status, DeliveryStatus::Failed);
    assert_eq!(desk.find(refused.id).await.status, DeliveryStatus::Failed);
    assert_eq!(desk.find(named.id).await.status, DeliveryStatus::Sent);
    assert!(!desk.keeps_secret(panics.id).await);
}

#[tokio::test]
async fn a_secret_sealed_with_another_key_fails_and_says_so() {
    let desk = Desk::start().await;
    let queued = desk.enqueue().await;
    let key = format!("[security]\nkey = \"{}\"\n", "ab".repeat(32));
    let mailer = Arc::new(MemoryMailer::default());
    let other = worker(desk.replica(&key).await, mailer.clone());
    other.deliver_due().await.unwrap();
    let failed = desk.find(queued.id).await;
    assert_eq!(
        (failed.status, mailer.attempts()),
        (DeliveryStatus::Failed, 0)
    );
    assert!(failed.last_error.unwrap().contains("another server key"));
}

#[tokio::test]
async fn a_running_worker_sends_what_is_queued_and_stops_within_a_second() {
    let desk = Desk::start().await;
    let mailer = Arc::new(MemoryMailer::default());
    let (worker, stop) = (desk.worker(mailer.clone()), CancellationToken::new());
    let working = worker.run(stop.clone());
    let watching = async {
        let queued = desk.enqueue().await;
        desk.until_sent(queued.id).await;
        stop.cancel();
        tokio::time::Instant::now()
    };
    let (stopped, ()) = tokio::join!(watching, working);
    assert!(stopped.elapsed() < Duration::from_secs(1));
    assert_eq!(mailer.sent().len(), 1);
}

#[tokio::test]
async fn deliveries_are_listed_to_those_who_may_read_them_and_swept_once_ended() {
    let desk = Desk::start().await;
    let early = desk.enqueue().await;
    desk.worker(Arc::new(MemoryMailer::default()))
        .deliver_due()
        .await
        .unwrap();
    desk.app.clock.advance(Duration::from_mins(1));
    let late = desk.enqueue_to("bert@example.org", None).await;

    let (app, actor, all) = (&desk.app, Actor::system(), DeliveryFilter::default());
    let request = PageArguments::default().read(&app.keys, "MAIL").unwrap();
    let page = mail::list(app, &actor, &all, &request).await.unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| row.item.id).collect();
    assert_eq!(ids, [late.id, early.id]);
    let sent = DeliveryFilter {
        statuses: Some(vec![DeliveryStatus::Sent]),
        recipient_key: Some("anna@example.org".to_owned()),
        ..DeliveryFilter::default()
    };
    assert_eq!(mail::count(app, &actor, &sent).await.unwrap(), 1);
    let nobody = Actor::anonymous(Origin::local(Via::Web));
    let refused = mail::count(app, &nobody, &all).await;
    assert!(matches!(refused, Err(ReadError::Denied(_))));

    app.clock.advance(Duration::from_hours(721));
    assert_eq!(mail::sweep(app, &plenty()).await.unwrap().rows, 1);
    assert_eq!(mail::count(app, &actor, &all).await.unwrap(), 1);
}

#[tokio::test]
async fn the_folder_gets_one_private_file_for_each_mail() {
    let desk = Desk::start().await;
    let folder = desk.database.folder().join("mailbox");
    let mailer = Arc::new(FileMailer::new(folder.clone()));
    let queued = desk.enqueue().await;
    desk.worker(mailer).deliver_due().await.unwrap();
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let [file] = files.as_slice() else {
        panic!("one file, not {files:?}")
    };
    let name = format!("{}-{}.eml", queued.created_at.as_millis(), queued.id);
    assert_eq!(file.file_name().to_str(), Some(name.as_str()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder), mode(file.path())), (0o700, 0o600));
    }
}

#[tokio::test]
async fn the_folder_keeps_the_newest_mails_and_what_is_no_mail() {
    let desk = Desk::start().await;
    let folder = desk.database.folder().join("mailbox");
    let worker = desk.worker(Arc::new(FileMailer::new(folder.clone()).keeping(2)));
    let mut kept = Vec::new();
    for _ in 0..4 {
        let queued = desk.enqueue().await;
        worker.deliver_due().await.unwrap();
        kept.push(format!(
            "{}-{}.eml",
            queued.created_at.as_millis(),
            queued.id
        ));
        std::fs::write(folder.join("notes.txt"), "no mail").unwrap();
        desk.app.clock.advance(Duration::from_secs(1));
    }
    let names = std::fs::read_dir(&folder).unwrap();
    let mut names: Vec<_> = names
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [&kept[2], &kept[3], "notes.txt"]);
}
