//! `keydesk demo`: everything at once, with nothing installed.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::demo_users::{COUNT, person};
use super::failure::Failure;
use super::output::{complain, print, progress};
use super::serve;
use crate::domain::access::{self, NewApiKey};
use crate::domain::mail::Templates;
use crate::domain::users::{self, UserFilter};
use crate::platform::app::App;
use crate::platform::settings::{Settings, os_user};
use crate::platform::telemetry;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Clock;
use crate::types::secret::Secret;
use crate::web::{self, Drain, Shows};

/// Name of the key made for each run.
const KEY_NAME: &str = "demo";
/// Which of the sample users is an owner who can sign in.
const OWNER: usize = 1;
/// Ports tried, one after the other.
const PORTS: u16 = 100;
/// Users written in one transaction, between two looks at the progress.
const BATCH: usize = 50;
/// Ctrl-C ends the demo within a second.
const DRAIN: Drain = Drain(Duration::from_millis(500));

/// An owner who can sign in, with a password printed this one time.
struct Owner {
    username: String,
    password: Secret,
}

/// Starts a server with sample users.
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// Throw away what an earlier demo left, and start over.
    #[arg(long)]
    fresh: bool,
    /// Where to keep the demo's data.
    #[arg(long, default_value = "keydesk-demo", value_name = "FOLDER")]
    folder: PathBuf,
    /// How many sample users there should be at least; a second run tops them up. All beyond the first
    /// 200 are there for lists and searches: they have no password hash and cannot sign in until somebody
    /// resets their password.
    #[arg(long, value_name = "N", default_value_t = 0)]
    users: u64,
    /// Port to listen on; the next free one is taken if it is in use.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if self.fresh {
            clear(&self.folder).map_err(|error| cannot_use(&self.folder, &error))?;
        }
        let mailbox = self.folder.join("mailbox");
        make_private(&mailbox).map_err(|error| cannot_use(&self.folder, &error))?;
        let (listener, address) = listen(self.port).await?;
        let settings = settings(&self.folder, &mailbox, address)?;
        telemetry::start(&settings.telemetry).map_err(Failure::Refused)?;
        let app = super::open(settings).await?;
        app.db.migrate_up().await?;
        super::check_schema(&app).await?;
        let owner = fill(&app).await?;
        top_up(&app, self.users).await?;
        let key = make_key(&app).await?;
        if address.port() != self.port {
            complain(&format!(
                "port {} is taken; using {}",
                self.port,
                address.port()
            ));
        }
        tell(address, &key, owner.as_ref())?;
        let shows = Shows {
            playground: true,
            public_schema: true,
            mailbox: Some(mailbox),
            ..Shows::default()
        };
        let templates = Templates::read(&app.settings);
        let templates = Arc::new(templates.map_err(|error| Failure::Refused(error.to_string()))?);
        let router = web::router(&app, &templates, shows)?;
        serve::run(
            (app, templates),
            (listener, router),
            (CancellationToken::new(), DRAIN),
        )
        .await
    }
}

fn cannot_use(folder: &Path, error: &io::Error) -> Failure {
    Failure::Refused(format!(
        "cannot use the folder {}: {error}",
        folder.display()
    ))
}

/// Mails hold passwords, so the folder is for its owner alone.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Deletes what a demo makes, by name, and nothing else that may be in the folder.
fn clear(folder: &Path) -> io::Result<()> {
    for name in [
        "keydesk.sqlite",
        "keydesk.sqlite-wal",
        "keydesk.sqlite-shm",
        "keydesk.key",
    ] {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let Ok(mails) = fs::read_dir(folder.join("mailbox")) else {
        return Ok(());
    };
    for mail in mails {
        let path = mail?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

async fn listen(first: u16) -> Result<(TcpListener, SocketAddr), Failure> {
    let mut refusal = None;
    for port in first..first.saturating_add(PORTS) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => {
                let address = listener
                    .local_addr()
                    .map_err(|e| Failure::Ours(e.to_string()))?;
                return Ok((listener, address));
            }
            Err(error) => refusal = Some(error),
        }
    }
    let why = refusal.map(|error| error.to_string()).unwrap_or_default();
    Err(Failure::Refused(format!(
        "no free port from {first} on: {why}"
    )))
}

fn settings(folder: &Path, mailbox: &Path, address: SocketAddr) -> Result<Settings, Failure> {
    // Written as TOML strings, because a folder's name may hold quotes.
    let quoted = |path: &Path| serde_json::Value::from(path.display().to_string()).to_string();
    let database = serde_json::Value::from(format!(
        "sqlite:{}",
        folder.join("keydesk.sqlite").display()
    ));
    let text = format!(
        "[server]\nlisten = \"{address}\"\npublic_url = \"http://{address}\"\nstop_grace_seconds = 0\n\
         [database]\nurl = {database}\n\
         [mail.transport]\nkind = \"file\"\ndirectory = {}\n\
         [telemetry]\nfilter = \"warn\"\n",
        quoted(mailbox)
    );
    Settings::from_toml(&text).map_err(|error| Failure::Ours(error.to_string()))
}

async fn fill(app: &App) -> Result<Option<Owner>, Failure> {
    let present = users::count(app, &Actor::system(), &UserFilter::default()).await?;
    if present > 0 {
        return Ok(None);
    }
    let now = app.clock.now();
    let owner = Owner {
        username: person(OWNER, now).username,
        password: Secret::random_token(),
    };
    let own_hash = crate::domain::credentials::hash(app, &owner.password).await;
    let own_hash = own_hash.map_err(|error| Failure::Ours(error.to_string()))?;
    // All others share one hash of a password that nobody has: it is there to be reset.
    let hash = crate::domain::credentials::hash(app, &Secret::random_token()).await;
    let hash = hash.map_err(|error| Failure::Ours(error.to_string()))?;
    for start in (0..COUNT).step_by(BATCH) {
        progress(&format!("making up users: {start} of {COUNT}"));
        let people: Vec<_> = (start..COUNT.min(start + BATCH))
            .filter(|number| *number != OWNER)
            .map(|number| person(number, now))
            .collect();
        users::seed(app, &people, &hash).await?;
    }
    users::seed(app, &[person(OWNER, now)], &own_hash).await?;
    progress("");
    Ok(Some(owner))
}

/// Adds users without audit events and hashes, fast enough for a million.
async fn top_up(app: &App, wanted: u64) -> Result<(), Failure> {
    let more = wanted.saturating_sub(COUNT as u64);
    let tell = |done| progress(&format!("making up more users: {done} of {more}"));
    if users::fill(app, more, tell).await? > 0 {
        progress("");
    }
    Ok(())
}

/// Makes the key of this run; keys of earlier runs end.
async fn make_key(app: &App) -> Result<Secret, Failure> {
    let actor = Actor::operator(&os_user());
    for key in access::all(app, &actor).await? {
        if key.name == KEY_NAME && key.creator.is_none() && key.revoked_at.is_none() {
            access::revoke(app, &actor, Some(key.id), None).await?;
        }
    }
    let new = NewApiKey {
        name: KEY_NAME.to_owned(),
        scopes: Permission::ALL.to_vec(),
        role: Role::Owner,
        expires_at: Some(Clock::system().now().plus(Duration::from_hours(24 * 30))),
        networks: Vec::new(),
    };
    Ok(access::create(app, &actor, new).await?.1)
}

fn tell(address: SocketAddr, key: &Secret, owner: Option<&Owner>) -> Result<(), Failure> {
    let key = key.expose();
    let owner = match owner {
        Some(owner) => format!(
            "{} with the password {}",
            owner.username,
            owner.password.expose()
        ),
        None => "as printed by the first run; --fresh starts over".to_owned(),
    };
    print(&format!(
        "GraphiQL  http://{address}/graphiql#key={key}\n\
         Mailbox   http://{address}/mailbox\n\
         Sign in   http://{address}/sign-in\n\
         API key   {key}\n\
         Owner     {owner}\n\
         \n\
         curl -s http://{address}/graphql -H 'authorization: Bearer {key}' \
         -H 'content-type: application/json' \
         -d '{{\"query\":\"mutation {{ resetPassword(input: {{ user: {{ login: \\\"ada\\\" }}, \
         generate: true, sendEmail: true }}) {{ generatedPassword temporaryUntil \
         errors {{ code message }} }} }}\"}}'"
    ))
}
