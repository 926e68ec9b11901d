//! Tokens of an identity provider (JSON Web Tokens): whether one is genuine, meant for this server
//! and good now.
//!
//! Knows nothing of users; who a token stands for is decided in `access`. The algorithm is never the
//! token's choice: it has to be allowed by the settings and to be the one of the key. Keys come from
//! the settings or the issuer's published set, never from the token. No error and no log line holds
//! a part of a token.

mod claims;
mod issuer;
mod keys;
mod kind;
mod pem;
mod published;
mod token;

pub use claims::Claims;
pub use issuer::Issuer;
pub use pem::PemError;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 8 * 1024;

/// Why a token is not taken. For the log and for tests; callers only learn that it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too long to be looked at.
    #[error("it is longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// Not the three parts of a signed token, or a part does not read.
    #[error("{0}")]
    Malformed(&'static str),
    /// Signed in a way the settings do not allow, or not at all.
    #[error("its algorithm is not in security.jwt.algorithms")]
    Algorithm,
    /// The key it names is for another algorithm.
    #[error("the key it names is for another algorithm")]
    KeyType,
    /// The issuer publishes no such key.
    #[error("the issuer publishes no key of that kid")]
    UnknownKey,
    /// Not signed with that key.
    #[error("its signature is wrong")]
    Signature,
    /// Over.
    #[error("it has expired")]
    Expired,
    /// Good for longer than a day from now.
    #[error("its exp lies more than 24 hours ahead")]
    TooLongLived,
    /// From the future.
    #[error("it is not valid yet")]
    NotYet,
    /// From somebody else.
    #[error("its iss is not security.jwt.issuer")]
    Issuer,
    /// For somebody else.
    #[error("its aud does not hold security.jwt.audience")]
    Audience,
    /// An ID token where access tokens are wanted, or the other way round, or neither.
    #[error("it is not of the kind that security.jwt.token_kind asks for")]
    Kind,
    /// The sign-in behind it was not strong enough.
    #[error("its acr or amr has none of the values in security.jwt.acr_values or amr_values")]
    Strength,
    /// No key of the issuer is known, because it does not answer.
    #[error("the issuer's keys could not be fetched yet")]
    Unavailable,
}
