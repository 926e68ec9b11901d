//! Argon2id itself: one hash in memory that the caller lends.

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};

use super::Cost;
use crate::types::error::Internal;
use crate::types::secret::{Secret, random_bytes};

/// Memory that one hash after the other uses.
pub(super) type Memory = Vec<argon2::Block>;

impl Cost {
    /// What a stored hash may ask for at most, so that a planted row is no way to exhaust memory.
    const CAP: Self = Self {
        memory_kib: 262_144,
        passes: 10,
        lanes: 16,
    };
}

pub(super) fn params(cost: Cost) -> Result<Params, Internal> {
    Params::new(
        cost.memory_kib,
        cost.passes,
        cost.lanes,
        Some(Params::DEFAULT_OUTPUT_LEN),
    )
    .map_err(|error| Internal::new("reading the cost of Argon2", error.to_string()))
}

fn fill(
    password: &Secret,
    salt: &[u8],
    params: Params,
    memory: &mut Memory,
) -> Result<[u8; Params::DEFAULT_OUTPUT_LEN], Internal> {
    memory.resize(memory.len().max(params.block_count()), argon2::Block::new());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, memory)
        .map_err(|error| Internal::new("hashing a password", error.to_string()))?;
    Ok(output)
}

pub(super) fn hash(password: &Secret, cost: Cost, memory: &mut Memory) -> Result<String, Internal> {
    let salt = random_bytes::<16>();
    let params = params(cost)?;
    let output = fill(password, &salt, params.clone(), memory)?;
    let broken =
        |error: &dyn std::fmt::Display| Internal::new("writing a password hash", error.to_string());
    Ok(PasswordHash {
        algorithm: Ident::new("argon2id").map_err(|error| broken(&error))?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|error| broken(&error))?,
        salt: Some(Salt::new(&salt).map_err(|error| broken(&error))?),
        hash: Some(Output::new(&output).map_err(|error| broken(&error))?),
    }
    .to_string())
}

pub(super) fn verify(
    password: &Secret,
    stored: &str,
    memory: &mut Memory,
) -> Result<bool, Internal> {
    let broken = |what: &str| Internal::new("reading a stored password hash", what.to_owned());
    let stored = PasswordHash::new(stored).map_err(|error| broken(&error.to_string()))?;
    let params = Params::try_from(&stored).map_err(|error| broken(&error.to_string()))?;
    if stored.algorithm.as_str() != "argon2id"
        || params.m_cost() > Cost::CAP.memory_kib
        || params.t_cost() > Cost::CAP.passes
        || params.p_cost() > Cost::CAP.lanes
    {
        return Err(broken("not Argon2id, or costlier than allowed"));
    }
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(broken("salt or hash is missing"));
    };
    let output = fill(password, salt.as_ref(), params, memory)?;
    let given = Output::new(&output).map_err(|error| broken(&error.to_string()))?;
    // `Output` compares in constant time.
    Ok(given == expected)
}

/// The work of a hash, for nothing.
pub(super) fn fill_only(cost: Cost, memory: &mut Memory) -> Result<(), Internal> {
    let nothing = Secret::new("nothing".to_owned());
    fill(&nothing, &random_bytes::<16>(), params(cost)?, memory).map(drop)
}

/// The cost in a stored hash. `None` when it does not read.
pub(super) fn cost_of(stored: &str) -> Option<Cost> {
    let stored = PasswordHash::new(stored).ok()?;
    let params = Params::try_from(&stored).ok()?;
    Some(Cost {
        memory_kib: params.m_cost(),
        passes: params.t_cost(),
        lanes: params.p_cost(),
    })
}
