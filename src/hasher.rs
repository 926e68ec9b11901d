//! Argon2id on threads of its own, with memory that is reused and a queue that refuses when full.
//!
//! `Why:` one hash keeps a core busy for some 25 ms and touches 19 MiB. On the async threads it would
//! stop every other request; on a pool without bounds it would take gigabytes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

use crate::error::Internal;
use crate::secret::{Secret, random_bytes};

/// How costly a hash is. The smallest that OWASP ASVS 5.0 appendix C allows is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes. More than one costs more work but no less time here.
    pub lanes: u32,
}

impl Cost {
    /// `Source:` ASVS 5.0 appendix C: m ≥ 19456 KiB with t = 2 and p = 1.
    pub const DEFAULT: Self = Self {
        memory_kib: 19_456,
        passes: 2,
        lanes: 1,
    };

    /// What a stored hash may ask for at most, so that a planted row is no way to exhaust memory.
    const CAP: Self = Self {
        memory_kib: 262_144,
        passes: 10,
        lanes: 16,
    };
}

/// Why no hash was made.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting.
    #[error("too many passwords are being hashed")]
    Overloaded {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// The hasher is broken or the stored hash is.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// How many may wait, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads that hash.
    pub threads: usize,
    /// Hashes that may wait for a thread.
    pub queue: usize,
    /// How long one may wait before it is given up.
    pub wait: Duration,
}

type Task = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

struct Queue {
    waiting: Mutex<State>,
    ready: Condvar,
}

struct State {
    tasks: VecDeque<(Instant, Task)>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Tasks run outside the lock, so a poisoned lock still guards a sound queue.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hashes and verifies passwords. Clones share the threads, which end with the last clone.
#[derive(Clone)]
pub struct Hasher(Arc<Shared>);

struct Shared {
    queue: Arc<Queue>,
    limits: Limits,
    cost: Cost,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.state().closed = true;
        self.queue.ready.notify_all();
    }
}

impl Hasher {
    /// Starts the threads.
    ///
    /// Errors: the cost is outside what Argon2 allows, or the system gives no thread.
    pub fn start(cost: Cost, limits: Limits) -> Result<Self, Internal> {
        params(cost)?;
        let queue = Arc::new(Queue {
            waiting: Mutex::new(State {
                tasks: VecDeque::new(),
                closed: false,
            }),
            ready: Condvar::new(),
        });
        for number in 0..limits.threads {
            let queue = Arc::clone(&queue);
            let wait = limits.wait;
            thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || work(&queue, wait))
                .map_err(Internal::while_doing("starting a hashing thread"))?;
        }
        Ok(Self(Arc::new(Shared {
            queue,
            limits,
            cost,
        })))
    }

    /// Hashes a password with a new salt into a PHC string.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let (password, cost) = (password.clone(), self.0.cost);
        self.run(move |memory| hash_now(&password, cost, memory))
            .await?
            .map_err(HashError::from)
    }

    /// Whether the password is the one behind a PHC string.
    pub async fn verify(&self, password: &Secret, stored: String) -> Result<bool, HashError> {
        let password = password.clone();
        self.run(move |memory| verify_now(&password, &stored, memory))
            .await?
            .map_err(HashError::from)
    }

    /// Runs other slow work of the processor on these threads, in the same queue.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        self.run(move |_memory| work()).await
    }

    async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        let overloaded = || HashError::Overloaded {
            retry_after: self.0.limits.wait,
        };
        {
            let mut state = self.0.queue.state();
            if state.tasks.len() >= self.0.limits.queue {
                return Err(overloaded());
            }
            let task: Task = Box::new(move |memory| {
                // A caller that went away needs no answer.
                let _gone = answer.send(task(memory));
            });
            state.tasks.push_back((Instant::now(), task));
        }
        self.0.queue.ready.notify_one();
        answered.await.map_err(|_dropped_unanswered| overloaded())
    }
}

/// One thread: takes tasks, drops those that waited too long, keeps its memory between them.
fn work(queue: &Queue, wait: Duration) {
    let mut memory = Vec::new();
    loop {
        let mut state = queue.state();
        let task = loop {
            if let Some((since, task)) = state.tasks.pop_front() {
                if since.elapsed() <= wait {
                    break task;
                }
                drop(task);
            } else if state.closed {
                return;
            } else {
                state = queue
                    .ready
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        };
        drop(state);
        task(&mut memory);
    }
}

fn params(cost: Cost) -> Result<Params, Internal> {
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
    memory: &mut Vec<Block>,
) -> Result<[u8; Params::DEFAULT_OUTPUT_LEN], Internal> {
    memory.resize(memory.len().max(params.block_count()), Block::new());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, memory)
        .map_err(|error| Internal::new("hashing a password", error.to_string()))?;
    Ok(output)
}

fn hash_now(password: &Secret, cost: Cost, memory: &mut Vec<Block>) -> Result<String, Internal> {
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

fn verify_now(password: &Secret, stored: &str, memory: &mut Vec<Block>) -> Result<bool, Internal> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    const LIMITS: Limits = Limits {
        threads: 1,
        queue: 2,
        wait: Duration::from_secs(2),
    };

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_is_verified_and_another_password_is_not() {
        let hasher = Hasher::start(CHEAP, LIMITS).unwrap();
        let stored = hasher.hash(&secret("correct horse")).await.unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
            "{stored}"
        );
        assert!(
            hasher
                .verify(&secret("correct horse"), stored.clone())
                .await
                .unwrap()
        );
        assert!(
            !hasher
                .verify(&secret("correct house"), stored)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn the_library_itself_verifies_our_hash() {
        use argon2::PasswordVerifier;
        let hasher = Hasher::start(CHEAP, LIMITS).unwrap();
        let stored = hasher.hash(&secret("correct horse")).await.unwrap();
        let stored = PasswordHash::new(&stored).unwrap();
        assert!(
            Argon2::default()
                .verify_password(b"correct horse", &stored)
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let slow = Cost {
            memory_kib: 65_536,
            passes: 3,
            lanes: 1,
        };
        let hasher = Hasher::start(slow, LIMITS).unwrap();
        let password = secret("correct horse");
        let tries = (0..8).map(|_| hasher.hash(&password));
        let results = futures_util::future::join_all(tries).await;
        let refused = results
            .iter()
            .filter(|result| matches!(result, Err(HashError::Overloaded { .. })))
            .count();
        assert!(refused >= 5, "{refused} of 8 refused");
        assert!(results.iter().any(Result::is_ok));
    }

    #[tokio::test]
    async fn a_planted_costly_or_broken_hash_is_no_hash() {
        let hasher = Hasher::start(CHEAP, LIMITS).unwrap();
        for stored in [
            "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
            "plain",
            "$2b$10$abcdefghijklmnopqrstuv",
            "é",
        ] {
            assert!(
                hasher
                    .verify(&secret("x"), stored.to_owned())
                    .await
                    .is_err(),
                "{stored}"
            );
        }
    }

    #[test]
    fn the_default_cost_is_the_promised_one() {
        assert_eq!(
            Cost::DEFAULT,
            Cost {
                memory_kib: 19_456,
                passes: 2,
                lanes: 1
            }
        );
    }
}
