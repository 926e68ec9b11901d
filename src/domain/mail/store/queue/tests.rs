//! Between choosing a mail and reading it another worker may have taken it.

use std::time::Duration;

use super::super::{NewRow, insert};
use super::*;
use crate::domain::mail::NewEmail;
use crate::platform::db::Db;
use crate::platform::settings::Settings;
use crate::types::actor::Actor;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

async fn database(folder: &tempfile::TempDir) -> Db {
    let file = folder.path().join("keydesk.sqlite");
    let toml = format!("[database]\nurl = \"sqlite:{}\"", file.display());
    let settings = Settings::from_toml(&toml).expect("settings");
    let db = Db::connect(&settings.database).await.expect("connected");
    db.migrate_up().await.expect("migrated");
    db
}

async fn queued(db: &Db) -> Uuid {
    let id = MailDeliveryId::new(NOW);
    let email = NewEmail {
        id,
        kind: MailKind::PasswordChanged,
        user: None,
        recipient: "anna@example.org".to_owned(),
        recipient_key: "anna@example.org".to_owned(),
        recipient_name: None,
        locale: None,
        details: Details::default(),
        secret: None,
        expires_at: NOW.plus(Duration::from_hours(1)),
    };
    let row = NewRow {
        email,
        sealed: None,
        locale: "en".to_owned(),
        message_id: format!("{id}@example.org"),
        now: NOW,
    };
    let txn = db.begin_write().await.expect("begun");
    insert(&txn, &Actor::system(), row).await.expect("queued");
    txn.commit().await.expect("committed");
    id.uuid()
}

fn claim_of(due: &Due, until: Timestamp) -> Claim {
    Claim {
        id: due.id,
        by: WorkerId::new(NOW),
        tried: due.tried + 1,
        attempts: Vec::new(),
        until,
    }
}

#[tokio::test]
async fn a_mail_that_another_worker_took_since_it_was_chosen_is_not_read_as_due() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder).await;
    let id = queued(&db).await;
    let chosen = waiting(db.read(), NOW, &[], 10).await.expect("chosen");
    let chosen: Vec<Uuid> = chosen.into_iter().map(|candidate| candidate.id).collect();
    assert_eq!(chosen, [id]);

    let seen = read(db.read(), NOW, &chosen).await.expect("read");
    let [seen] = &seen[..] else {
        panic!("{seen:?}");
    };
    let until = NOW.plus(Duration::from_mins(1));
    let first = claim_of(seen, until);
    assert!(claim(db.write(), seen, &first).await.expect("asked"));

    let again = claim(db.write(), seen, &claim_of(seen, until)).await;
    assert!(!again.expect("asked"), "what was seen is no longer so");
    let later = read(db.read(), until, &chosen).await.expect("read");
    assert!(later.is_empty(), "it is held: {later:?}");

    let past_its_lease = until.plus(Duration::from_millis(1));
    let left = read(db.read(), past_its_lease, &chosen).await;
    assert_eq!(left.expect("read").len(), 1, "its holder is gone");
}
