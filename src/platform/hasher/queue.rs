//! The tasks that wait for a hashing thread, in two lanes.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Limits;
use super::argon::Memory;

/// A piece of work. It is dropped unrun when it waited too long.
pub(super) type Task = Box<dyn FnOnce(&mut Memory) + Send>;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody waits for one password: a sign-in, a change, a reset.
    First,
    /// What can wait, and what strangers can ask for without end.
    Last,
}

/// No room.
#[derive(Debug)]
pub(super) struct Full;

/// Tasks and whether more may come.
pub(super) struct Queue {
    limits: Limits,
    waiting: Mutex<State>,
    ready: Condvar,
}

#[derive(Default)]
struct State {
    first: VecDeque<(Instant, Task)>,
    last: VecDeque<(Instant, Task)>,
    closed: bool,
}

impl State {
    /// Both lanes are in the order of arrival, so what waited too long stands in front.
    fn drop_late(&mut self, limits: Limits) {
        for lane in [&mut self.first, &mut self.last] {
            while lane
                .front()
                .is_some_and(|(since, _)| since.elapsed() > limits.wait)
            {
                lane.pop_front();
            }
        }
    }
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: Mutex::new(State::default()),
            ready: Condvar::new(),
        }
    }

    /// Adds a task. The last lane may take half of the room, so that it never fills the other's.
    pub(super) fn push(&self, lane: Lane, task: Task) -> Result<(), Full> {
        let mut state = self.state();
        state.drop_late(self.limits);
        let is_full = state.first.len() + state.last.len() >= self.limits.queue
            || (lane == Lane::Last && state.last.len() >= self.limits.queue.div_ceil(2));
        if is_full {
            return Err(Full);
        }
        let lane = match lane {
            Lane::First => &mut state.first,
            Lane::Last => &mut state.last,
        };
        lane.push_back((Instant::now(), task));
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for the next task. `None` when the queue is closed and empty.
    pub(super) fn next(&self) -> Option<Task> {
        let mut state = self.state();
        loop {
            state.drop_late(self.limits);
            if let Some((_, task)) = state.first.pop_front() {
                return Some(task);
            }
            if let Some((_, task)) = state.last.pop_front() {
                return Some(task);
            }
            if state.closed {
                return None;
            }
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets the threads end once nothing waits.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.ready.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Tasks run outside the lock, so a poisoned lock still guards a sound queue.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
