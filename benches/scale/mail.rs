//! The outbox against lettre alone, its memory, and whether answers wait for the mail server.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use keydesk::domain::mail::transport::{self, SmtpMailer};
use keydesk::domain::mail::{
    self, Details, MailKind, MailSecret, Mailer as _, NewEmail, Rendered, Site, Templates, Words,
    Worker,
};
use keydesk::platform::app::App;
use keydesk::platform::settings::TransportSettings;
use keydesk::types::actor::Actor;
use keydesk::types::ids::MailDeliveryId;
use keydesk::types::secret::Secret;
use lettre::message::MultiPart;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde_json::json;
use tokio::task::JoinSet;

use crate::compare::median;
use crate::desk::Store;
use crate::load::{Bytes, Connection, Found, post};
use crate::process::free_port;
use crate::table::{Goal, Line};

/// Mails of a round.
const MAILS: usize = 10_000;
/// Domains they go to.
const DOMAINS: usize = 50;
const TOKEN: &str = "k7VvH3p0sQy9uT2wXzB4cD6eF8gJ1mN5";

/// A mail server that takes everything.
struct Sink {
    process: Child,
    port: u16,
}

impl Sink {
    /// `None` without Debian's `postfix`.
    fn start() -> Option<Self> {
        let port = free_port();
        let mut command = Command::new("smtp-sink");
        if std::env::var_os("USER").is_none_or(|user| user == "root") {
            command.args(["-u", "nobody"]);
        }
        let process = command
            .args([&format!("127.0.0.1:{port}"), "1000"])
            .stdin(Stdio::null())
            .spawn()
            .ok()?;
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "smtp-sink does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Self { process, port })
    }

    fn settings(&self) -> String {
        format!(
            "[server]\npublic_url = \"https://id.example.org\"\n[mail]\n\
             from = \"Desk <desk@example.org>\"\n[mail.transport]\nkind = \"smtp\"\n\
             host = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            self.port
        )
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Mails per second of a full outbox against lettre alone, and memory. In a runtime with as many threads as
/// Keydesk has.
pub(crate) fn measure(store: &Store, rounds: usize) {
    let store = store.clone();
    let work = move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(drains(&store, rounds));
    };
    std::thread::spawn(work).join().expect("measured");
}

async fn drains(store: &Store, rounds: usize) {
    let Some(sink) = Sink::start() else {
        eprintln!("no smtp-sink (Debian: postfix); figures of mail are left out");
        return;
    };
    let app = store.app(&sink.settings()).await;
    let (mut ours, mut theirs, mut without, mut ratios) = (vec![], vec![], vec![], vec![]);
    // Memory first, while this program has done nothing else.
    let few = drain(&app, MAILS / 10).await.1;
    let many = drain(&app, MAILS).await.1;
    for _ in 0..rounds {
        theirs.push(lettre_alone(&app, sink.port).await);
        let (rate, _memory) = drain(&app, MAILS).await;
        without.push(mailer_alone(&app).await);
        ours.push(rate);
        ratios.extend(
            ours.last()
                .zip(theirs.last())
                .map(|(ours, theirs)| ours / theirs),
        );
    }
    let kind = &store.label;
    Line {
        what: format!("{kind}: {MAILS} queued mails / lettre alone with a pool of the same size"),
        figure: median(ratios),
        unit: "",
        goal: Goal::AtLeast(0.8, 1.0),
        beside: format!(
            "{:.0}/s against {:.0}/s; without the outbox {:.0}/s",
            median(ours),
            median(theirs),
            median(without)
        ),
    }
    .print();
    Line {
        what: format!(
            "{kind}: memory while {MAILS} mails go out / while {} do",
            MAILS / 10
        ),
        figure: many / few,
        unit: "",
        goal: Goal::AtMost(1.25, 1.1),
        beside: format!("{many:.1} MiB against {few:.1} MiB, this whole program"),
    }
    .print();
}

fn recipient(number: usize) -> String {
    format!("user{number}@domain{}.example", number % DOMAINS)
}

fn details() -> Details {
    Details {
        username: "anna".to_owned(),
        display_name: "Anna Ångström".to_owned(),
        happened_at_millis: 1_795_253_459_000,
        works_until_millis: Some(1_795_254_659_000),
        ..Details::default()
    }
}

fn secret() -> MailSecret {
    MailSecret::Link {
        token: Secret::new(TOKEN.to_owned()),
        code: Some(Secret::new("12345678".to_owned())),
    }
}

async fn queue(app: &App, mails: usize) {
    let now = app.clock.now();
    for first in (0..mails).step_by(500) {
        let txn = app.db.begin_write().await.expect("a transaction");
        for number in first..mails.min(first + 500) {
            let address = recipient(number);
            let email = NewEmail {
                id: MailDeliveryId::new(now),
                kind: MailKind::PasswordResetLink,
                user: None,
                recipient: address.clone(),
                recipient_key: address,
                recipient_name: Some("Anna Ångström".to_owned()),
                locale: Some("de".to_owned()),
                details: details(),
                secret: Some(secret()),
                expires_at: now.plus(Duration::from_hours(1)),
            };
            let queued = mail::enqueue(&txn, app, &Actor::system(), email).await;
            queued.expect("queued");
        }
        txn.commit().await.expect("committed");
    }
}

/// Mails per second, and the most memory meanwhile in MiB.
async fn drain(app: &App, mails: usize) -> (f64, f64) {
    queue(app, mails).await;
    let mailer = transport::from_settings(&app.settings.mail);
    let mailer = mailer.expect("a way out").expect("a way out");
    let templates = Arc::new(Templates::new().expect("templates"));
    let worker = Worker::new(app.clone(), mailer, templates);
    let mut most = memory();
    let start = Instant::now();
    let mut draining = std::pin::pin!(worker.deliver_due());
    let sent = loop {
        tokio::select! {
            sent = &mut draining => break sent.expect("sent"),
            () = tokio::time::sleep(Duration::from_millis(100)) => most = most.max(memory()),
        }
    };
    let rate = mails as f64 / start.elapsed().as_secs_f64();
    assert_eq!(sent, mails, "every mail goes out once");
    (rate, most)
}

fn memory() -> f64 {
    crate::process::memory_of(std::process::id())
}

/// What the template makes of the same mail, once for all.
fn rendered(app: &App) -> Rendered {
    let words = Words {
        kind: MailKind::PasswordResetLink,
        locale: "de",
        details: &details(),
        secret: Some(&secret()),
    };
    let templates = Templates::new().expect("templates");
    let site = Site::from(&app.settings.server);
    templates.render(site, words).expect("rendered")
}

/// Mails per second by lettre's transport and its pool: built, sent, and nothing written down.
async fn lettre_alone(app: &App, port: u16) -> f64 {
    let at_once = app.settings.mail.parallel;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port)
        .pool_config(PoolConfig::new().max_size(at_once))
        .build();
    let (rendered, from) = (Arc::new(rendered(app)), app.settings.mail.from.clone());
    let start = Instant::now();
    let mut lanes = JoinSet::new();
    for lane in 0..at_once as usize {
        let (transport, rendered, from) = (transport.clone(), rendered.clone(), from.clone());
        lanes.spawn(async move {
            for number in (lane..MAILS).step_by(at_once as usize) {
                let parts =
                    MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone());
                let mail = Message::builder()
                    .message_id(Some(format!("<{number}@example.org>")))
                    .from(from.clone())
                    .to(format!("Anna <{}>", recipient(number)).parse().expect("to"))
                    .subject(rendered.subject.clone())
                    .multipart(parts)
                    .expect("a mail");
                transport.send(mail).await.expect("sent");
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.expect("sent");
    }
    MAILS as f64 / start.elapsed().as_secs_f64()
}

/// The same by our own transport.
async fn mailer_alone(app: &App) -> f64 {
    let TransportSettings::Smtp(smtp) = &app.settings.mail.transport else {
        panic!("no mail server");
    };
    let mailer = Arc::new(SmtpMailer::new(&app.settings.mail, smtp).expect("a way out"));
    let at_once = app.settings.mail.parallel as usize;
    let (rendered, from) = (Arc::new(rendered(app)), app.settings.mail.from.clone());
    let date = app.clock.now();
    let start = Instant::now();
    let mut lanes = JoinSet::new();
    for lane in 0..at_once {
        let (mailer, rendered, from) = (mailer.clone(), rendered.clone(), from.clone());
        lanes.spawn(async move {
            for number in (lane..MAILS).step_by(at_once) {
                let email = mail::OutgoingEmail {
                    message_id: format!("{number}@example.org"),
                    from: from.clone(),
                    reply_to: None,
                    to: recipient(number),
                    to_name: Some("Anna".to_owned()),
                    content: Rendered::clone(&rendered),
                    logo: None,
                    date,
                };
                mailer.send(&email).await.expect("sent");
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.expect("sent");
    }
    MAILS as f64 / start.elapsed().as_secs_f64()
}

/// Takes connections and never says a word.
fn hung() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || listener.incoming().flatten().collect::<Vec<_>>());
    port
}

/// `resetPassword` with `sendEmail` while the mail server hangs, against while it answers.
pub(crate) async fn latency(store: &Store, requests: usize) {
    let Some(sink) = Sink::start() else {
        eprintln!("no smtp-sink (Debian: postfix); figures of mail are left out");
        return;
    };
    let (hung, key) = (hung(), store.key());
    let resets = mailed_resets(store, &key).await;
    let (mut fine, mut stuck) = (Found::default(), Found::default());
    // Fine, stuck, stuck, fine: what else happens on the machine meets both.
    for (round, is_stuck) in [false, true, true, false, false, true, true, false]
        .into_iter()
        .enumerate()
    {
        let port = if is_stuck { hung } else { sink.port }.to_string();
        let desk = store.serve(&[
            ("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org"),
            ("KEYDESK_SECURITY__REQUIRE_VERIFIED_EMAIL", "false"),
            ("KEYDESK_MAIL__FROM", "Desk <desk@example.org>"),
            ("KEYDESK_MAIL__TRANSPORT__KIND", "smtp"),
            ("KEYDESK_MAIL__TRANSPORT__HOST", "127.0.0.1"),
            ("KEYDESK_MAIL__TRANSPORT__TLS", "none"),
            ("KEYDESK_MAIL__TRANSPORT__PORT", &port),
        ]);
        let mut connection = Connection::open(desk.port).await.expect("a connection");
        let side = if is_stuck { &mut stuck } else { &mut fine };
        for number in 0..requests / 4 + 5 {
            let request = &resets[(round * 997 + number) % resets.len()];
            let sent = Instant::now();
            let (status, body) = connection.ask(request).await.expect("an answer");
            let text = String::from_utf8_lossy(body);
            assert!(
                status == 200 && text.contains("\"errors\":[]"),
                "a reset: {text}"
            );
            // The first ones fill caches.
            if number >= 5 {
                side.latencies.push(sent.elapsed());
            }
        }
    }
    for (name, share) in [("median", 0.5), ("p99", 0.99)] {
        let millis = |found: &Found| found.quantile(share).as_secs_f64() * 1000.0;
        let (stuck, fine) = (millis(&stuck), millis(&fine));
        Line {
            what: format!(
                "{}: a mailed reset while SMTP hangs / while it answers, {name}",
                store.label
            ),
            figure: stuck / fine,
            unit: "",
            goal: Goal::AtMost(1.2, 1.05),
            beside: format!("{stuck:.1} ms against {fine:.1} ms"),
        }
        .print();
    }
}

async fn mailed_resets(store: &Store, key: &str) -> Vec<Bytes> {
    let query = "mutation($user: UserRef!) { resetPassword(input: { user: $user, generate: true, \
        sendEmail: true }) { errors { code message } } }";
    let logins = store.resettable().await;
    let request = |login: &String| {
        let body = json!({ "query": query, "variables": { "user": { "login": login } } });
        post("/graphql", Some(key), &body.to_string())
    };
    logins.iter().map(request).collect()
}
