//! What every act is given: the database, time, the hasher, the keys and the settings.
//!
//! `Why:` there is no mailer here. An act can only put a mail into the outbox inside its
//! transaction, and only the worker is given a way to send.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::platform::db::Db;
use crate::platform::denial_counter::DenialCounter;
use crate::platform::fetch::{FetchLimits, Fetcher};
use crate::platform::hasher::{Hasher, Limits};
use crate::platform::jwt::Issuer;
use crate::platform::keyring::Keyring;
use crate::platform::pubsub::PubSub;
use crate::platform::settings::Settings;
use crate::types::clock::{Clock, Timestamp};
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// The capabilities of an act. Clones share everything.
#[derive(Clone)]
pub struct App {
    /// Connections.
    pub db: Db,
    /// Time.
    pub clock: Clock,
    /// Password hashing.
    pub hasher: Hasher,
    /// Sealing, fingerprints and signatures.
    pub keys: Keyring,
    /// What the operator wrote.
    pub settings: Arc<Settings>,
    /// When this process began.
    pub started_at: Timestamp,
    /// News for whoever waits for it.
    pub pubsub: PubSub,
    /// What this process saw again and has not written down yet.
    pub denial_counter: DenialCounter,
    /// Cancelled once this process is about to stop; from then on it is not ready for new requests.
    pub leaving: CancellationToken,
    /// Whose tokens prove who is calling, where any do.
    pub issuer: Option<Issuer>,
    /// The service that is asked about breached passwords, where there is one.
    pub(crate) breached_api: Option<Fetcher>,
}

/// An answer has some 900 lines of 40 bytes. Somebody waits at a form meanwhile.
const BREACHED_API_LIMITS: FetchLimits = FetchLimits {
    timeout: Duration::from_secs(1),
    longest: 256 * 1024,
    idle: Duration::from_mins(1),
};

/// Why the server does not come up; each says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No key where one is needed.
    #[error(
        "no server key: set KEYDESK_SECURITY__KEY_FILE (or KEYDESK_SECURITY__KEY) to 64 hexadecimal \
         digits from `openssl rand -hex 32`, the same on every replica"
    )]
    KeyMissing,
    /// The key does not read.
    #[error(transparent)]
    KeyMalformed(#[from] crate::platform::keyring::KeyError),
    /// The key file beside the database cannot be read or made.
    #[error("the server key beside the database, {path}: {cause}")]
    KeyFile {
        /// The file.
        path: String,
        /// Why not.
        cause: std::io::Error,
    },
    /// The key that verifies tokens does not read.
    #[error(transparent)]
    IssuerKey(#[from] crate::platform::jwt::PemError),
    /// Anything else.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl App {
    /// Connects and starts the hashing threads. The schema is not looked at.
    pub async fn start(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let keys = read_keys(&settings)?;
        let issuer = settings.security.jwt.clone();
        let issuer = issuer.map(Issuer::new).transpose()?;
        let db = Db::connect(&settings.database).await?;
        db.align_clock(&clock).await?;
        let hasher = Hasher::start(settings.security.hashing_cost, hashing_limits(&settings))?;
        let started_at = clock.now();
        let service = settings.policy.breached_api.clone();
        let breached_api = service.map(|url| Fetcher::new(url, BREACHED_API_LIMITS));
        Ok(Self {
            db,
            clock,
            hasher,
            keys,
            settings: Arc::new(settings),
            started_at,
            pubsub: PubSub::default(),
            denial_counter: DenialCounter::default(),
            leaving: CancellationToken::new(),
            issuer,
            breached_api,
        })
    }
}

/// `Source:` `docs/security.md`: at most `cores` hashes at a time, 64 waiting for at most 2 s.
fn hashing_limits(settings: &Settings) -> Limits {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = match settings.security.hashing_threads {
        0 => cores,
        threads => threads,
    };
    Limits {
        threads,
        queue: 64,
        wait: Duration::from_secs(2),
        nice: settings.security.hashing_nice,
    }
}

/// Runs something to its end, even where whoever asked for it goes away meanwhile: a client that hangs up,
/// a request past its deadline.
pub async fn run_to_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Internal> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the caller waits for it; it is to outlive a caller that goes away"
    )]
    let task = tokio::spawn(work.in_current_span());
    task.await
        .map_err(Internal::while_doing("finishing what a request began"))
}

fn read_keys(settings: &Settings) -> Result<Keyring, StartError> {
    if let Some(key) = &settings.security.key {
        return Ok(Keyring::parse(key)?);
    }
    let path = settings.key_path().ok_or(StartError::KeyMissing)?;
    let text = read_or_make(&path).map_err(|cause| StartError::KeyFile {
        path: path.display().to_string(),
        cause,
    })?;
    Ok(Keyring::parse(&text)?)
}

/// Reads the key file, or makes it with mode 0600.
///
/// `Order:` written whole under another name, then linked into place, which fails if another process
/// was first; so no process ever reads half a key, and all read the same one.
fn read_or_make(path: &Path) -> std::io::Result<Secret> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(Secret::new(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("key-{}", std::process::id()));
    write_private(&draft, &Keyring::generate())?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::read_to_string(path).map(Secret::new)
}

fn write_private(path: &Path, text: &Secret) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", text.expose())?;
    file.sync_all()
}
