//! Argon2id on threads of its own, with memory that is reused and a queue that refuses when full.
//!
//! `Why:` one hash keeps a core busy for some 25 ms and touches 19 MiB. On the async threads it would
//! stop every other request; on a pool without bounds it would take gigabytes.

mod argon;
mod queue;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use argon::Memory;
use queue::{Full, Lane, Queue, Task};

use crate::types::error::Internal;
use crate::types::secret::Secret;

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
    /// How far the threads stand back behind the others of the machine: 0 not at all, 19 entirely.
    pub nice: u8,
}

/// Hashes and verifies passwords. Clones share the threads, which end with the last clone.
#[derive(Clone)]
pub struct Hasher {
    shared: Arc<Shared>,
    lane: Lane,
}

struct Shared {
    queue: Arc<Queue>,
    limits: Limits,
    cost: Cost,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Hasher {
    /// Starts the threads.
    ///
    /// Errors: the cost is outside what Argon2 allows, or the system gives no thread.
    pub fn start(cost: Cost, limits: Limits) -> Result<Self, Internal> {
        argon::params(cost)?;
        let queue = Arc::new(Queue::new(limits));
        for number in 0..limits.threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || work(&queue, limits.nice))
                .map_err(Internal::while_doing("starting a hashing thread"))?;
        }
        let shared = Shared {
            queue,
            limits,
            cost,
        };
        Ok(Self {
            shared: Arc::new(shared),
            lane: Lane::First,
        })
    }

    /// The same threads for what can wait until nobody else does.
    #[must_use]
    pub fn last(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            lane: Lane::Last,
        }
    }

    /// Hashes a password with a new salt into a PHC string.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let (password, cost) = (password.clone(), self.shared.cost);
        self.run(move |memory| argon::hash(&password, cost, memory))
            .await?
            .map_err(HashError::from)
    }

    /// Whether the password is the one behind a PHC string.
    pub async fn verify(&self, password: &Secret, stored: String) -> Result<bool, HashError> {
        let password = password.clone();
        self.run(move |memory| argon::verify(&password, &stored, memory))
            .await?
            .map_err(HashError::from)
    }

    /// Does the work of a check without a stored hash, for those who have none.
    pub async fn verify_nothing(&self) -> Result<(), HashError> {
        let cost = self.shared.cost;
        self.run(move |memory| argon::fill_only(cost, memory))
            .await?
            .map_err(HashError::from)
    }

    /// Whether a stored hash is of another cost than new ones.
    pub fn is_outdated(&self, stored: &str) -> bool {
        argon::cost_of(stored) != Some(self.shared.cost)
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
        task: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        let overloaded = || HashError::Overloaded {
            retry_after: self.shared.limits.wait,
        };
        let task: Task = Box::new(move |memory| {
            // A caller that went away needs no answer.
            let _gone = answer.send(task(memory));
        });
        self.shared
            .queue
            .push(self.lane, task)
            .map_err(|Full| overloaded())?;
        answered.await.map_err(|_dropped_unanswered| overloaded())
    }
}

/// One thread: takes tasks, and keeps its memory between them.
fn work(queue: &Queue, nice: u8) {
    stand_back(nice);
    let mut memory = Memory::new();
    while let Some(task) = queue.next() {
        task(&mut memory);
    }
}

/// Lowers this thread's priority, so that reads go on while every core could hash.
///
/// `Why:` on Linux the priority is the thread's own. Elsewhere it would be that of the whole process,
/// so nothing is changed there.
fn stand_back(nice: u8) {
    #[cfg(target_os = "linux")]
    {
        let this = rustix::thread::gettid();
        if let Err(error) = rustix::process::setpriority_process(Some(this), nice.into()) {
            tracing::warn!(%error, "a hashing thread keeps its priority");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _unused = nice;
}

#[cfg(test)]
mod tests;
