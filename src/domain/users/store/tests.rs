//! Pages as one row: the same rows as one by one, and what it saves.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use uuid::Uuid;

use crate::platform::db::Db;
use crate::platform::entities::{outbox_email, user};
use crate::platform::keyset::at_once::rows;
use crate::platform::settings::Settings;

async fn database(folder: &tempfile::TempDir) -> Db {
    let file = folder.path().join("keydesk.sqlite");
    let toml = format!("[database]\nurl = \"sqlite:{}\"", file.display());
    let settings = Settings::from_toml(&toml).expect("settings");
    let db = Db::connect(&settings.database).await.expect("connected");
    db.migrate_up().await.expect("migrated");
    db
}

fn odd_user(number: u128) -> user::Model {
    let texts = [
        "",
        "\"'\\ \u{1}\t\n",
        "\u{10ffff}é\u{301} ß",
        "[1,null]",
        "NULL",
    ];
    let numbers = [i64::MIN, -1, 0, i64::MAX, 9_007_199_254_740_993];
    let at = usize::try_from(number % 5).expect("small");
    let present = number.is_multiple_of(2);
    let (text, moment) = (texts[at].to_owned(), numbers[at]);
    let maybe_text = present.then(|| text.clone());
    let maybe = present.then_some(moment);
    user::Model {
        id: Uuid::from_u128(u128::MAX / (number + 1)),
        username: text.clone(),
        username_key: format!("{number}{text}"),
        email: maybe_text.clone(),
        email_key: present.then(|| format!("{number}{text}")),
        email_domain: maybe_text.clone(),
        email_verified_at: maybe,
        name: maybe_text.clone(),
        name_key: maybe_text.clone(),
        search_text: text.clone(),
        locale: maybe_text.clone(),
        time_zone: maybe_text.clone(),
        external_id: present.then(|| format!("{number}")),
        role: text.clone(),
        authentication_source: text,
        disabled_at: maybe,
        disabled_until: maybe,
        disabled_reason: maybe_text,
        locked_until: maybe,
        deleted_at: maybe,
        purged_at: maybe,
        failed_sign_ins: moment,
        stranger_failures: moment,
        password_changed_at: maybe,
        must_change_password: number.is_multiple_of(3),
        password_expires_at: maybe,
        password_blocked_at: maybe,
        lock_notices: 0,
        last_sign_in_at: maybe,
        created_at: moment,
        updated_at: moment,
        version: moment,
    }
}

fn odd_mail(number: u128) -> outbox_email::Model {
    let present = number.is_multiple_of(2);
    outbox_email::Model {
        id: Uuid::from_u128(number),
        kind: "test".to_owned(),
        user_id: present.then(|| Uuid::from_u128(number << 64)),
        recipient: "a@example.org".to_owned(),
        recipient_key: "a@example.org".to_owned(),
        recipient_domain: "example.org".to_owned(),
        recipient_name: None,
        locale: "en".to_owned(),
        written_locale: None,
        template_source: None,
        details: "{}".to_owned(),
        had_secret: present,
        secret_sealed: present.then(|| vec![0, 255, 34, 92, 128]),
        expires_at: 0,
        message_id: number.to_string(),
        status: "queued".to_owned(),
        attempt_count: 0,
        attempts_at_retry: 0,
        attempts: "[]".to_owned(),
        next_attempt_at: None,
        claimed_by: None,
        claimed_until: None,
        last_error: None,
        requested_by_kind: "system".to_owned(),
        requested_by_id: None,
        requested_by_label: String::new(),
        created_at: 0,
        finished_at: None,
        sent_at: None,
    }
}

#[tokio::test]
async fn a_page_as_one_row_has_the_same_rows_in_the_same_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder).await;
    let empty = rows(db.read(), user::Entity::find(), None).await;
    assert_eq!(empty.expect("no rows"), []);
    for number in 0..30 {
        let user = odd_user(number).into_active_model();
        user.insert(db.write()).await.expect("a user");
        let mail = odd_mail(number).into_active_model();
        mail.insert(db.write()).await.expect("a mail");
    }
    let users = user::Entity::find().order_by_desc(user::Column::UsernameKey);
    let plain = users.clone().all(db.read()).await.expect("rows");
    assert_eq!(plain.len(), 30);
    assert_eq!(rows(db.read(), users, None).await.expect("rows"), plain);
    let mails = outbox_email::Entity::find().order_by_desc(outbox_email::Column::Id);
    let plain = mails.clone().all(db.read()).await.expect("rows");
    assert_eq!(rows(db.read(), mails, None).await.expect("rows"), plain);
}

/// Processor time of this process. `Units:` hundredths of a second.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, after) = stat.rsplit_once(')').expect("a name");
    let fields = after.split_whitespace().skip(11).take(2);
    fields
        .map(|field| field.parse::<u64>().expect("a number"))
        .sum()
}

#[tokio::test]
#[ignore = "prints figures: cargo test --release --lib -- --ignored --nocapture what_a_page"]
async fn what_a_page_of_fifty_costs_along_both_roads() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder).await;
    for number in 0..50 {
        let user = odd_user(number).into_active_model();
        user.insert(db.write()).await.expect("a user");
    }
    let list = user::Entity::find().order_by_asc(user::Column::UsernameKey);
    let pages = 2_000;
    let mut costs = [0, 0];
    for (road, cost) in costs.iter_mut().enumerate() {
        let before = ticks();
        for _ in 0..pages {
            let read = match road {
                0 => list.clone().all(db.read()).await.expect("rows"),
                _ => rows(db.read(), list.clone(), None).await.expect("rows"),
            };
            assert_eq!(read.len(), 50);
        }
        *cost = ticks() - before;
    }
    let [each, at_once] = costs.map(|cost| cost * 10_000 / pages);
    #[expect(clippy::print_stderr, reason = "the figures are what this is for")]
    {
        eprintln!("a page of 50: {each} µs row by row, {at_once} µs at once");
    }
}
