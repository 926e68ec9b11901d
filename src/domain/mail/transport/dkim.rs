//! Signing a mail so that receivers know it was sent with the domain's consent (DKIM, RFC 6376).
//!
//! `Why:` written here because lettre's own brings the `rsa` crate of RUSTSEC-2023-0071. Signing is
//! by `ring`; canonical form is `relaxed/relaxed`, which survives what mail servers do to white space.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use spki::der::Encode as _;
use spki::der::asn1::{AnyRef, BitStringRef};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

use crate::platform::settings::DkimSettings;
use crate::types::secret::Secret;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `Source:` RFC 6376, 5.4.1; each is named once more than it stands in the mail, so that nobody can add
/// another in front.
const SIGNED: [&str; 9] = [
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "auto-submitted",
];

/// Why a key does not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "mail.dkim.key_file must hold a private key in PEM: Ed25519, or RSA of 2048 to 4096 bits, as \
     `openssl genpkey` writes it"
)]
pub struct DkimKeyError;

enum Key {
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// Signs mails for one domain.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

impl Signer {
    /// Reads the key.
    pub fn new(settings: &DkimSettings) -> Result<Self, DkimKeyError> {
        Ok(Self {
            domain: settings.domain.clone(),
            selector: settings.selector.clone(),
            key: read(&settings.key).ok_or(DkimKeyError)?,
        })
    }

    /// The record that publishes the key: its name in DNS, and its text.
    ///
    /// `None` when the public half cannot be written.
    pub fn record(&self) -> Option<(String, String)> {
        let (kind, public) = match &self.key {
            Key::Ed25519(pair) => ("ed25519", pair.public_key().as_ref().to_vec()),
            Key::Rsa(pair) => ("rsa", rsa_info(pair.public_key().as_ref())?),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        Some((
            name,
            format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public)),
        ))
    }

    /// The header that goes in front of a mail, with its line end. `None` when the signing fails.
    pub(super) fn sign(&self, mail: &[u8]) -> Option<String> {
        let mail = std::str::from_utf8(mail).ok()?;
        let (head, body) = mail.split_once("\r\n\r\n")?;
        let fields = fields(head);
        let (mut names, mut signed) = (Vec::new(), String::new());
        for name in SIGNED {
            let found = fields.iter().rev().filter(|(known, _)| known == name);
            for (_, value) in found {
                names.push(name);
                signed.extend([name, ":", value.as_str(), "\r\n"]);
            }
            names.push(name);
        }
        let hash = STANDARD.encode(digest(&SHA256, relaxed_body(body).as_bytes()));
        let algorithm = match self.key {
            Key::Ed25519(_) => "ed25519-sha256",
            Key::Rsa(_) => "rsa-sha256",
        };
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n\ts={}; h={};\r\n\tbh={hash};\r\n\tb=",
            self.domain,
            self.selector,
            names.join(":\r\n\t "),
        );
        signed.extend(["dkim-signature:", &relaxed(&unsigned)]);
        let signature = STANDARD.encode(self.signature(&signed)?);
        let lines: Vec<&str> = signature
            .as_bytes()
            .chunks(64)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .collect();
        Some(format!(
            "DKIM-Signature: {unsigned}{}\r\n",
            lines.join("\r\n\t ")
        ))
    }

    /// `Source:` RFC 8463: Ed25519 signs the hash, not the text.
    fn signature(&self, text: &str) -> Option<Vec<u8>> {
        match &self.key {
            Key::Ed25519(pair) => {
                let hash = digest(&SHA256, text.as_bytes());
                Some(pair.sign(hash.as_ref()).as_ref().to_vec())
            }
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature);
                signed.ok().map(|()| signature)
            }
        }
    }
}

fn read(key: &Secret) -> Option<Key> {
    let der = key.private_key()?;
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
        return Some(Key::Ed25519(pair));
    }
    RsaKeyPair::from_pkcs8(&der).ok().map(Key::Rsa)
}

/// `SubjectPublicKeyInfo` around an RSA key: RFC 6376, 3.6.1.
fn rsa_info(key: &[u8]) -> Option<Vec<u8>> {
    let algorithm = AlgorithmIdentifierRef {
        oid: RSA,
        parameters: Some(AnyRef::NULL),
    };
    let subject_public_key = BitStringRef::from_bytes(key).ok()?;
    let info = SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key,
    };
    info.to_der().ok()
}

/// The fields of a head, names in lower case and values relaxed.
fn fields(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let lines = unfolded
        .split("\r\n")
        .filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| (name.trim_end().to_ascii_lowercase(), relaxed(value)))
        .collect()
}

/// `Source:` RFC 6376, 3.4.2: runs of white space become one space, none at either end.
fn relaxed(value: &str) -> String {
    let words = value
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// `Source:` RFC 6376, 3.4.4: runs of white space become one, none at the end of lines, no empty lines
/// at the end.
fn relaxed_body(body: &str) -> String {
    let mut whole = String::with_capacity(body.len() + 2);
    for line in body.split("\r\n") {
        let words = relaxed(line);
        if line.starts_with([' ', '\t']) && !words.is_empty() {
            whole.push(' ');
        }
        whole.push_str(&words);
        whole.push_str("\r\n");
    }
    let text = whole.trim_end_matches("\r\n");
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\r\n")
    }
}

#[cfg(test)]
mod tests;
