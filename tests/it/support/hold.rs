//! Holding one replica still after a statement, so that a race has one order.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{JoinSet, block_in_place};

use super::app::TestApp;
use super::waiting::{PATIENCE, eventually};

/// The statements of a replica as they pass by; one of them may be held.
#[derive(Clone, Default)]
pub(crate) struct Moments(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, PartialEq, Eq)]
enum State {
    /// Everything passes.
    #[default]
    Free,
    /// The next statement with this text in it is held.
    Awaited(String),
    /// One is held.
    Held,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moments {
    /// Called after each statement, on the thread that ran it.
    pub(crate) fn pass(&self, sql: &str) {
        let mut state = self.0.state();
        if !matches!(&*state, State::Awaited(part) if sql.contains(part)) {
            return;
        }
        *state = State::Held;
        let still = |state: &mut State| *state == State::Held;
        // Another thread takes over what this one does for the runtime, timers above all.
        let waiting = || self.0.changed.wait_timeout_while(state, PATIENCE, still);
        let waited = block_in_place(waiting).unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.1.timed_out(), "nobody let it go on");
    }
}

/// A replica that stands still, or will; dropping it lets the replica go on.
struct Hold(Arc<Shared>);

impl Hold {
    /// Waits until the statement was run.
    async fn reached(&self) {
        let is_held = async || *self.0.state() == State::Held;
        eventually("the statement to hold", is_held).await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        *self.0.state() = State::Free;
        self.0.changed.notify_all();
    }
}

impl TestApp {
    /// Makes this replica stand still once it has run a statement with this text in it. Others go on.
    ///
    /// `Locks:` a thread of the runtime, so the test has to run on several.
    fn hold_after(&self, part: &str) -> Hold {
        let flavor = Handle::current().runtime_flavor();
        assert_eq!(flavor, RuntimeFlavor::MultiThread, "nobody could let it go");
        let shared = Arc::clone(&self.moments().0);
        *shared.state() = State::Awaited(part.to_owned());
        Hold(shared)
    }
}

/// The read of a user's stored hash, with which the judging of a password begins.
pub(crate) const HASH_READ: &str = "\"credentials\".\"password_hash\"";
/// The read of a user, with which most acts on one begin.
pub(crate) const USER_READ: &str = "FROM \"users\"";

/// Runs a request on a replica as far as a statement, then something else, then the rest of the request.
pub(crate) async fn meanwhile<T, F>(
    replica: &Arc<TestApp>,
    statement: &str,
    request: impl FnOnce(Arc<TestApp>) -> F,
    between: impl Future<Output = ()>,
) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let hold = replica.hold_after(statement);
    let mut requests = JoinSet::new();
    requests.spawn(request(Arc::clone(replica)));
    hold.reached().await;
    between.await;
    drop(hold);
    let ended = requests.join_next().await.expect("a request");
    ended.expect("no panic")
}
