//! Values that must not be seen: wrapped so that they cannot be printed or serialised by accident.
//!
//! What is one-way is hashed here, what must be opened again is sealed in `keyring.rs`.
//! Nothing in this file knows a database or a transport.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A password, token, code or key in readable form.
///
/// It has no `Display` and no `Serialize`; `expose` is the one way to its text, so a reviewer finds
/// every place that reads it by searching for that word.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text; the memory is wiped when the secret is dropped.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for hashing, sealing, sending or showing once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// 256 random bits from the operating system as 43 characters of base64url.
    pub fn random_token() -> Self {
        Self::new(URL_SAFE_NO_PAD.encode(random_bytes::<32>()))
    }

    /// The bytes of a private key, where the text is one PEM block `PRIVATE KEY` (PKCS #8), as OpenSSL
    /// writes it; `None` where it is anything else.
    pub fn private_key(&self) -> Option<Zeroizing<Vec<u8>>> {
        let body = self
            .expose()
            .trim()
            .strip_prefix("-----BEGIN PRIVATE KEY-----")?
            .strip_suffix("-----END PRIVATE KEY-----")?;
        let digits: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
        STANDARD.decode(digits.as_bytes()).ok().map(Zeroizing::new)
    }

    /// 128 random bits as 22 characters of base64url, for what names one request and opens nothing.
    pub fn random_flow() -> Self {
        Self::new(URL_SAFE_NO_PAD.encode(random_bytes::<16>()))
    }

    /// SHA-256 of the text, for secrets of 256 random bits that are looked up by their hash.
    ///
    /// `Why:` a slow hash protects guessable secrets; 256 bits cannot be guessed (ASVS 6.5.2).
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose().as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Random bytes from the operating system.
///
/// # Panics
/// When the system gives none: such a process must not make secrets, so there is nothing to return.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness no secret may be made at all"
    )]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(
            format!("{:?}", Secret::new("hunter2".to_owned())),
            "[secret]"
        );
    }

    #[test]
    fn tokens_are_43_characters_and_differ() {
        let (one, two) = (Secret::random_token(), Secret::random_token());
        assert_eq!(one.expose().len(), 43);
        assert!(one != two);
    }
}
