//! Checkpoints: where the chain ends now, to be kept where whoever can write to the database cannot.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::chain::Place;
use super::store;
use crate::platform::app::App;
use crate::platform::keyring::Purpose;
use crate::types::actor::{Actor, Denied};
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// The first line of what is signed.
const TITLE: &str = "keydesk audit checkpoint v1";

/// What stands before the 32 bytes of an Ed25519 key in a `SubjectPublicKeyInfo`, so that OpenSSL reads it.
/// `Source:` RFC 8410, section 4.
const PUBLIC_KEY_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Where the chain ended at some time.
///
/// `Shape:` `mac` is the server's, over `signed_text`. `signature` is by Ed25519 over the same text, for
/// those who do not have the server key; `publicKey` is the body of that key's PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// Place of the last sealed event; so many were sealed since the beginning.
    pub sequence: i64,
    /// The chain up to there, in base64url.
    pub chain_hash: String,
    /// How many sealed events were stored; fewer than were sealed once old ones were removed.
    pub count: u64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    mac: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// Why there is no checkpoint, or none to be compared with.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not to this actor.
    #[error("{0}")]
    Denied(Denied),
    /// Nothing is sealed.
    #[error("no audit event is sealed yet; a running server seals them within seconds")]
    Empty,
    /// It was not made by this server, or it was changed.
    #[error("the checkpoint was made with another server key, or was changed")]
    NotOurs,
    /// It has no signature, or a wrong one, though there is a key.
    #[error(
        "the checkpoint is not signed by the key of audit.checkpoint_key_file; leave that setting out \
         to compare it all the same"
    )]
    Signature,
    /// The key does not read.
    #[error(
        "audit.checkpoint_key_file must hold an Ed25519 key in PEM, as `openssl genpkey -algorithm \
         ed25519` writes it"
    )]
    Key,
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Where the chain ends now, signed where there is a key.
pub async fn checkpoint(app: &App, actor: &Actor) -> Result<Checkpoint, CheckpointError> {
    actor.require_operator().map_err(CheckpointError::Denied)?;
    let key = signing_key(app)?;
    let txn = app.db.begin_snapshot().await?;
    let head = store::head(&txn).await?.ok_or(CheckpointError::Empty)?;
    let oldest = store::oldest(&txn, 1).await?;
    let first = oldest.first().map_or(head.sequence, |(first, _)| *first);
    let mut made = Checkpoint {
        sequence: head.sequence,
        chain_hash: URL_SAFE_NO_PAD.encode(&head.chain_hash),
        count: u64::try_from(head.sequence - first + 1).unwrap_or(0),
        made_at: app.clock.now().to_rfc3339(),
        mac: String::new(),
        public_key: None,
        signature: None,
    };
    made.mac = made.expected_mac(app);
    if let Some(key) = key {
        let signature = key.sign(made.signed_text().as_bytes());
        let public_key = [&PUBLIC_KEY_HEAD, key.public_key().as_ref()].concat();
        made.public_key = Some(STANDARD.encode(public_key));
        made.signature = Some(STANDARD.encode(signature));
    }
    Ok(made)
}

impl Checkpoint {
    /// What is signed: five lines, each ended by a line feed.
    pub fn signed_text(&self) -> String {
        format!(
            "{TITLE}\n{}\n{}\n{}\n{}\n",
            self.sequence, self.chain_hash, self.count, self.made_at
        )
    }

    fn expected_mac(&self, app: &App) -> String {
        let tag = app
            .keys
            .tag(Purpose::AuditCheckpoint, self.signed_text().as_bytes());
        URL_SAFE_NO_PAD.encode(tag)
    }

    /// Whether this server made it. Where settings have a key, it must be signed by that key too.
    pub(super) fn check(&self, app: &App) -> Result<(), CheckpointError> {
        if self.mac != self.expected_mac(app) {
            return Err(CheckpointError::NotOurs);
        }
        let Some(key) = signing_key(app)? else {
            return Ok(());
        };
        let signature = self.signature.as_ref().ok_or(CheckpointError::Signature)?;
        let wrong = |_malformed| CheckpointError::Signature;
        let signature = STANDARD.decode(signature).map_err(wrong)?;
        UnparsedPublicKey::new(&ED25519, key.public_key())
            .verify(self.signed_text().as_bytes(), &signature)
            .map_err(|_wrong| CheckpointError::Signature)
    }

    pub(super) fn is_of(&self, place: &Place) -> bool {
        self.sequence == place.sequence
            && self.chain_hash == URL_SAFE_NO_PAD.encode(&place.chain_hash)
    }
}

fn signing_key(app: &App) -> Result<Option<Ed25519KeyPair>, CheckpointError> {
    app.settings
        .audit
        .checkpoint_key
        .as_ref()
        .map(read_key)
        .transpose()
}

/// `Why:` unchecked, which means that the public half may be left out, as OpenSSL does. It is computed then.
fn read_key(pem: &Secret) -> Result<Ed25519KeyPair, CheckpointError> {
    let der = pem.private_key().ok_or(CheckpointError::Key)?;
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_malformed| CheckpointError::Key)
}
