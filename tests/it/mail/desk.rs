//! A Keydesk with nothing but an outbox, on a database of its own.

use std::sync::Arc;
use std::time::Duration;

use keydesk::domain::mail::transport::{SmtpLimits, SmtpMailer};
use keydesk::domain::mail::{
    self, Delivery, DeliveryStatus, Details, MailKind, MailSecret, Mailer, NewEmail, Templates,
    Worker,
};
use keydesk::platform::app::App;
use keydesk::platform::settings::{Settings, TransportSettings};
use keydesk::types::actor::Actor;
use keydesk::types::clock::{Clock, Timestamp};
use keydesk::types::ids::{MailDeliveryId, UserId};
use keydesk::types::secret::Secret;
use sea_orm::{ConnectionTrait, Statement};

use crate::support::database::TestDatabase;
use crate::support::waiting::eventually;

pub(super) const PASSWORD: &str = "amber=quill-27-wagon";

/// 2026-11-21T09:30:59Z.
pub(super) const START: Timestamp = Timestamp::from_millis(1_795_253_459_000);

/// Short enough for tests, long enough for a busy machine.
pub(super) fn short() -> SmtpLimits {
    SmtpLimits {
        connecting: Duration::from_millis(600),
        sending: Duration::from_millis(1_200),
        ..SmtpLimits::default()
    }
}

pub(super) struct Desk {
    pub(super) app: App,
    pub(super) database: TestDatabase,
    more: String,
}

impl Desk {
    pub(super) async fn start() -> Self {
        Self::with("").await
    }

    /// With more settings, as TOML.
    pub(super) async fn with(more: &str) -> Self {
        Self::at(START, more).await
    }

    /// The same with the clock at another time.
    pub(super) async fn at(now: Timestamp, more: &str) -> Self {
        let database = TestDatabase::create().await;
        let app = Box::pin(app(&database, more, now)).await;
        let more = more.to_owned();
        app.db.migrate_up().await.expect("migrated");
        Self {
            app,
            database,
            more,
        }
    }

    /// With mail going to this port of this machine.
    pub(super) async fn smtp(port: u16, more: &str) -> Self {
        Self::with(&format!(
            "{more}\n[mail.transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             tls = \"none\"\n"
        ))
        .await
    }

    /// The way out of the settings, with limits that no test waits long for.
    pub(super) fn mailer(&self, limits: SmtpLimits) -> Arc<dyn Mailer> {
        let mail = &self.app.settings.mail;
        let TransportSettings::Smtp(smtp) = &mail.transport else {
            panic!("no mail server in {mail:?}");
        };
        Arc::new(SmtpMailer::with_limits(mail, smtp, limits).expect("a way out"))
    }

    /// Another replica on the same database, with a clock of its own.
    pub(super) async fn replica(&self, more: &str) -> App {
        Box::pin(app(
            &self.database,
            &format!("{}{more}", self.more),
            self.app.clock.now(),
        ))
        .await
    }

    /// A new password for Anna, good for a day.
    pub(super) async fn enqueue(&self) -> Delivery {
        self.enqueue_to("anna@example.org", Some("Anna")).await
    }

    pub(super) async fn enqueue_to(&self, recipient: &str, name: Option<&str>) -> Delivery {
        self.enqueue_saying(recipient, name, (PASSWORD, "Anna"))
            .await
    }

    /// The same with another password, for another name.
    pub(super) async fn enqueue_saying(
        &self,
        recipient: &str,
        name: Option<&str>,
        (password, display_name): (&str, &str),
    ) -> Delivery {
        let now = self.app.clock.now();
        let email = NewEmail {
            id: MailDeliveryId::new(now),
            kind: MailKind::NewPassword,
            user: Some(UserId::new(now)),
            recipient: recipient.to_owned(),
            recipient_key: recipient.to_owned(),
            recipient_name: name.map(str::to_owned),
            locale: Some("de-AT".to_owned()),
            details: Details {
                username: "anna".to_owned(),
                display_name: display_name.to_owned(),
                must_change: true,
                works_until_millis: None,
                happened_at_millis: now.as_millis(),
                ..Details::default()
            },
            secret: Some(MailSecret::Password(Secret::new(password.to_owned()))),
            expires_at: now.plus(Duration::from_hours(24)),
        };
        let txn = self.app.db.begin_write().await.expect("begun");
        let queued = mail::enqueue(&txn, &self.app, &Actor::system(), email).await;
        txn.commit().await.expect("committed");
        queued.expect("queued")
    }

    pub(super) fn worker(&self, mailer: Arc<dyn Mailer>) -> Worker {
        worker(self.app.clone(), mailer)
    }

    pub(super) async fn find(&self, id: MailDeliveryId) -> Delivery {
        let found = mail::find_many(&self.app, &Actor::system(), &[id]).await;
        found.expect("read").pop().expect("there")
    }

    /// Waits until a mail is sent.
    pub(super) async fn until_sent(&self, id: MailDeliveryId) {
        let is_sent = async || self.find(id).await.status == DeliveryStatus::Sent;
        eventually("a mail to be sent", is_sent).await;
    }

    /// Whether the row still holds the sealed secret.
    pub(super) async fn keeps_secret(&self, id: MailDeliveryId) -> bool {
        let db = self.app.db.read();
        let sql = "SELECT secret_sealed IS NOT NULL AS kept FROM outbox_emails WHERE id = $1";
        let values = [id.uuid().into()];
        let query = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let row = db.query_one_raw(query).await.expect("read").expect("there");
        row.try_get("", "kept").expect("a truth value")
    }

    /// Moves the clock to the mail's next try.
    pub(super) async fn wait_for_next_try(&self, id: MailDeliveryId) -> Duration {
        let next = self
            .find(id)
            .await
            .next_attempt_at
            .expect("to be tried again");
        let wait = self.app.clock.now().until(next);
        self.app.clock.advance(wait);
        wait
    }
}

pub(super) fn worker(app: App, mailer: Arc<dyn Mailer>) -> Worker {
    Worker::new(app, mailer, Arc::new(Templates::new().expect("templates")))
}

async fn app(database: &TestDatabase, more: &str, now: Timestamp) -> App {
    let toml = format!(
        "[server]\npublic_url = \"https://id.example.org\"\n[database]\nurl = \"{}\"\n\
         [mail]\nfrom = \"Desk <desk@example.org>\"\n{more}",
        database.url()
    );
    let mut settings = Settings::from_toml(&toml).expect("settings");
    let key = || Secret::new("5e".repeat(32));
    settings.security.key.get_or_insert_with(key);
    App::start(settings, Clock::manual(now))
        .await
        .expect("started")
}
