//! Public keys of an issuer, each for one algorithm.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use crate::platform::settings::Algorithm;

/// Keys of a set that are read at most.
const MAX_KEYS: usize = 100;
/// Fewest bytes of an RSA modulus, 2048 bits; ring takes no fewer.
pub(super) const RSA_BYTES: usize = 256;

/// A public key.
#[derive(Debug)]
pub(super) struct Key {
    /// What tokens call it.
    pub(super) id: Option<String>,
    /// The one way in which it verifies.
    pub(super) algorithm: Algorithm,
    pub(super) material: Material,
}

#[derive(Debug)]
pub(super) enum Material {
    /// As ring takes it: a point, 32 bytes, or the ASN.1 of an RSA key.
    Whole(Vec<u8>),
    /// The two numbers of an RSA key.
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl Key {
    /// Whether the key's owner signed this.
    pub(super) fn verify(&self, message: &str, signature: &[u8]) -> bool {
        let message = message.as_bytes();
        let verified = match (&self.material, self.algorithm) {
            (Material::Rsa { n, e }, _) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
            (Material::Whole(key), Algorithm::Rs256) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature)
            }
            (Material::Whole(key), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(message, signature)
            }
            (Material::Whole(key), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// One entry of a JSON Web Key Set. `Source:` RFC 7517, 4; RFC 7518, 6; RFC 8037, 2.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a published set that this server can verify with; others are passed over, because a set
/// may hold keys for other uses. `None` when it is no set.
pub(super) fn read_set(json: &[u8]) -> Option<Vec<Key>> {
    let set: Set = serde_json::from_slice(json).ok()?;
    let entries = set.keys.into_iter().take(MAX_KEYS);
    Some(entries.filter_map(read_entry).collect())
}

fn read_entry(entry: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(entry).ok()?;
    let is_for_signatures = jwk.used_for.as_deref().is_none_or(|used| used == "sig");
    let may_verify = |ops: &Vec<String>| ops.iter().any(|op| op == "verify");
    if !is_for_signatures || !jwk.key_ops.as_ref().is_none_or(may_verify) {
        return None;
    }
    let (algorithm, material) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => (Algorithm::Rs256, rsa(&jwk)?),
        ("EC", Some("P-256")) => (Algorithm::Es256, point(&jwk)?),
        ("OKP", Some("Ed25519")) => {
            let key = bytes(jwk.x.as_ref())?;
            (
                Algorithm::EdDsa,
                Material::Whole(key).of_length(ED25519_BYTES)?,
            )
        }
        _ => return None,
    };
    if jwk.alg.is_some_and(|name| name != algorithm.name()) {
        return None;
    }
    Some(Key {
        id: jwk.kid,
        algorithm,
        material,
    })
}

const ED25519_BYTES: usize = 32;
/// One coordinate of a point on P-256.
const P256_BYTES: usize = 32;
/// The first byte of a point that is written with both coordinates.
const UNCOMPRESSED: u8 = 4;

impl Material {
    fn of_length(self, wanted: usize) -> Option<Self> {
        match &self {
            Self::Whole(key) if key.len() == wanted => Some(self),
            _ => None,
        }
    }
}

fn rsa(jwk: &Jwk) -> Option<Material> {
    let n = without_leading_zeros(bytes(jwk.n.as_ref())?);
    let e = without_leading_zeros(bytes(jwk.e.as_ref())?);
    (n.len() >= RSA_BYTES).then_some(Material::Rsa { n, e })
}

/// `Why:` some issuers write a zero before the number, which RFC 7518 does not and ring refuses.
fn without_leading_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn point(jwk: &Jwk) -> Option<Material> {
    let (x, y) = (bytes(jwk.x.as_ref())?, bytes(jwk.y.as_ref())?);
    if x.len() != P256_BYTES || y.len() != P256_BYTES {
        return None;
    }
    Some(Material::Whole([&[UNCOMPRESSED][..], &x, &y].concat()))
}

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: &str) -> Option<Vec<Algorithm>> {
        let keys = read_set(format!(r#"{{"keys":[{entries}]}}"#).as_bytes())?;
        Some(keys.iter().map(|key| key.algorithm).collect())
    }

    fn coordinate() -> String {
        URL_SAFE_NO_PAD.encode([7; 32])
    }

    #[test]
    fn keys_of_each_kind_are_read() {
        let (n, c) = (URL_SAFE_NO_PAD.encode([0xff; 256]), coordinate());
        let entries = format!(
            r#"{{"kty":"RSA","use":"sig","alg":"RS256","n":"{n}","e":"AQAB"}},
               {{"kty":"EC","crv":"P-256","x":"{c}","y":"{c}"}},
               {{"kty":"OKP","crv":"Ed25519","x":"{c}","key_ops":["verify"]}}"#
        );
        assert_eq!(read(&entries), Some(Algorithm::ALL.to_vec()));
    }

    #[test]
    fn keys_for_other_uses_and_weak_ones_are_passed_over() {
        let (weak, c) = (URL_SAFE_NO_PAD.encode([0xff; 128]), coordinate());
        let n = URL_SAFE_NO_PAD.encode([0xff; 256]);
        for entry in [
            format!(r#"{{"kty":"RSA","n":"{weak}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"RSA","use":"enc","n":"{n}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"RSA","alg":"PS256","n":"{n}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{c}","key_ops":["sign"]}}"#),
            format!(r#"{{"kty":"OKP","crv":"X25519","x":"{c}"}}"#),
            format!(r#"{{"kty":"EC","crv":"P-384","x":"{c}","y":"{c}"}}"#),
            format!(r#"{{"kty":"EC","crv":"P-256","x":"{c}","y":"AA"}}"#),
            format!(r#"{{"kty":"oct","k":"{c}","alg":"HS256"}}"#),
            r#"{"kty":7}"#.to_owned(),
            "null".to_owned(),
        ] {
            assert_eq!(read(&entry), Some(vec![]), "{entry}");
        }
    }

    #[test]
    fn what_is_no_set_is_none() {
        for text in ["", "{}", "[]", r#"{"keys":7}"#, "<html>"] {
            assert!(read_set(text.as_bytes()).is_none(), "{text}");
        }
    }
}
