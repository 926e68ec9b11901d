//! One public key from a PEM file.

use spki::der::DecodePem as _;
use spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};

use super::keys::{Key, Material, RSA_BYTES};
use crate::platform::settings::Algorithm;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Not a public key as PEM.
    #[error(
        "security.jwt.public_key_file must hold one public key as PEM (BEGIN PUBLIC KEY); \
         `openssl x509 -pubkey -noout -in FILE` prints the one of a certificate"
    )]
    Shape,
    /// A key of another kind, or too short.
    #[error(
        "the key in security.jwt.public_key_file must be RSA of 2048 bits or more, EC on P-256, or \
         Ed25519"
    )]
    Kind,
    /// No allowed algorithm uses such a key.
    #[error(
        "no algorithm in security.jwt.algorithms uses a key like the one in public_key_file; it is \
         for {}", .0.name()
    )]
    NotAllowed(Algorithm),
}

/// Reads a `BEGIN PUBLIC KEY` block.
pub(super) fn read(text: &str) -> Result<Key, PemError> {
    let info =
        SubjectPublicKeyInfoOwned::from_pem(text.trim()).map_err(|_other| PemError::Shape)?;
    let bytes = info.subject_public_key.as_bytes().ok_or(PemError::Shape)?;
    let curve = || {
        let parameters = info.algorithm.parameters.as_ref();
        parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok())
    };
    let algorithm = match info.algorithm.oid {
        // The modulus and a few bytes around it.
        RSA if bytes.len() > RSA_BYTES => Algorithm::Rs256,
        EC if curve() == Some(P256) => Algorithm::Es256,
        ED25519 => Algorithm::EdDsa,
        _ => return Err(PemError::Kind),
    };
    Ok(Key {
        id: None,
        algorithm,
        material: Material::Whole(bytes.to_vec()),
    })
}
