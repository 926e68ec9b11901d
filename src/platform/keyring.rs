//! The server key and everything derived from it: sealing, fingerprints, cursor signatures.
//!
//! One 256-bit key is all an operator keeps. Each use gets its own key by HKDF-SHA-256, so that no
//! two uses can be played against each other.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::types::secret::{Secret, random_bytes};

/// First byte of everything sealed: this layout, with the server key of today.
const LAYOUT: u8 = 1;
const NONCE_LENGTH: usize = 24;

/// What a tag is for; each purpose has its own key.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Fingerprint of an input beside its idempotency key.
    Idempotency,
    /// Signature of a paging cursor.
    Cursor,
    /// What the database knows of the key, to notice another one.
    Fingerprint,
    /// That nobody but the server wrote an audit event.
    AuditEvent,
    /// The place of audit events in their chain.
    AuditChain,
    /// That the server made a checkpoint of that chain.
    AuditCheckpoint,
    /// Whose tries a limit counts, without naming them.
    RateLimit,
    /// That a short code is the one that was made, without keeping it.
    Code,
}

impl Purpose {
    const ALL: [Self; 8] = [
        Self::Idempotency,
        Self::Cursor,
        Self::Fingerprint,
        Self::AuditEvent,
        Self::AuditChain,
        Self::AuditCheckpoint,
        Self::RateLimit,
        Self::Code,
    ];

    const fn label(self) -> &'static [u8] {
        match self {
            Self::Idempotency => b"keydesk idempotency v1",
            Self::Cursor => b"keydesk cursor v1",
            Self::Fingerprint => b"keydesk fingerprint v1",
            Self::AuditEvent => b"keydesk audit event v1",
            Self::AuditChain => b"keydesk audit chain v1",
            Self::AuditCheckpoint => b"keydesk audit checkpoint v1",
            Self::RateLimit => b"keydesk rate limit v1",
            Self::Code => b"keydesk code v1",
        }
    }
}

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Sealed with another server key, for another row, or damaged.
    #[error("the value was sealed with another server key, for another row, or is damaged")]
    NotOurs,
}

/// Why a text is no server key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the server key must be 64 hexadecimal digits (256 bits), as `openssl rand -hex 32` prints"
)]
pub struct KeyError;

/// Holds the server key. It has no `Display`, `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Keyring {
    seal: XChaCha20Poly1305,
    /// One for each purpose, with its key taken in: lists sign a cursor for each row.
    tags: [Hmac<Sha256>; Purpose::ALL.len()],
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[keyring]")
    }
}

impl Keyring {
    /// Takes the server key.
    pub fn new(root: [u8; 32]) -> Self {
        let root = Zeroizing::new(root);
        let seal = XChaCha20Poly1305::new(&Key::from(*derive(&root, b"keydesk seal v1")));
        let tags = Purpose::ALL.map(|purpose| keyed(&derive(&root, purpose.label())));
        Self { seal, tags }
    }

    /// Reads a key from 64 hexadecimal digits.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let digits = text.expose().trim();
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError);
        }
        let mut root = [0; 32];
        for (index, byte) in root.iter_mut().enumerate() {
            let pair = digits.get(index * 2..index * 2 + 2).ok_or(KeyError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_not_hexadecimal| KeyError)?;
        }
        Ok(Self::new(root))
    }

    /// Makes the text of a new key.
    pub fn generate() -> Secret {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in random_bytes::<32>() {
            let _infallible = write!(text, "{byte:02x}");
        }
        Secret::new(text)
    }

    /// Encrypts a secret for one row.
    ///
    /// `Shape:` layout byte, 24-byte nonce, ciphertext with tag. The row is associated data, so a
    /// value copied into another row does not open there.
    ///
    /// # Panics
    /// For texts over 256 GiB.
    pub fn seal(&self, secret: &Secret, row: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_LENGTH>();
        let payload = Payload {
            msg: secret.expose().as_bytes(),
            aad: row,
        };
        #[expect(clippy::expect_used, reason = "fails only for texts over 256 GiB")]
        let sealed = self
            .seal
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a short text");
        [&[LAYOUT][..], &nonce, &sealed].concat()
    }

    /// Decrypts what `seal` made for the same row.
    pub fn open(&self, sealed: &[u8], row: &[u8]) -> Result<Secret, OpenError> {
        let (layout, rest) = sealed.split_first().ok_or(OpenError::NotOurs)?;
        let (nonce, body) = rest
            .split_first_chunk::<NONCE_LENGTH>()
            .ok_or(OpenError::NotOurs)?;
        if *layout != LAYOUT {
            return Err(OpenError::NotOurs);
        }
        let payload = Payload {
            msg: body,
            aad: row,
        };
        let text = self
            .seal
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_opaque| OpenError::NotOurs)?;
        String::from_utf8(text)
            .map(Secret::new)
            .map_err(|_not_text| OpenError::NotOurs)
    }

    /// HMAC-SHA-256 over a message with the key of that purpose.
    pub fn tag(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        let [
            idempotency,
            cursor,
            fingerprint,
            event,
            chain,
            checkpoint,
            limit,
            code,
        ] = &self.tags;
        let mac = match purpose {
            Purpose::Idempotency => idempotency,
            Purpose::Cursor => cursor,
            Purpose::Fingerprint => fingerprint,
            Purpose::AuditEvent => event,
            Purpose::AuditChain => chain,
            Purpose::AuditCheckpoint => checkpoint,
            Purpose::RateLimit => limit,
            Purpose::Code => code,
        };
        mac.clone()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .into()
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(key).expect("any length")
}

fn derive(root: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "fails only for more than 8160 bytes")]
    Hkdf::<Sha256>::new(None, root)
        .expand(label, key.as_mut())
        .expect("32 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_for_its_row_and_key() {
        let ring = Keyring::new([7; 32]);
        let sealed = ring.seal(&Secret::new("correct horse".to_owned()), b"row 1");
        assert_eq!(
            ring.open(&sealed, b"row 1").unwrap().expose(),
            "correct horse"
        );
        assert_eq!(ring.open(&sealed, b"row 2"), Err(OpenError::NotOurs));
        assert_eq!(
            Keyring::new([8; 32]).open(&sealed, b"row 1"),
            Err(OpenError::NotOurs)
        );
        assert_eq!(ring.open(&sealed[..20], b"row 1"), Err(OpenError::NotOurs));
        assert_eq!(ring.open(&[], b"row 1"), Err(OpenError::NotOurs));
    }

    #[test]
    fn the_sealed_form_does_not_contain_the_secret() {
        let sealed = Keyring::new([7; 32]).seal(&Secret::new("correct horse".to_owned()), b"row");
        assert!(!sealed.windows(7).any(|window| window == b"correct"));
    }

    #[test]
    fn purposes_have_different_keys() {
        let ring = Keyring::new([7; 32]);
        assert_ne!(
            ring.tag(Purpose::Cursor, b"x"),
            ring.tag(Purpose::Idempotency, b"x")
        );
    }

    #[test]
    fn a_generated_key_is_read_and_others_are_refused() {
        assert!(Keyring::parse(&Keyring::generate()).is_ok());
        for text in [
            "",
            "abc",
            &"g".repeat(64),
            &"é".repeat(32),
            &"+1".repeat(32),
        ] {
            assert!(
                Keyring::parse(&Secret::new(text.to_owned())).is_err(),
                "{text}"
            );
        }
    }
}
