//! Mail kept in memory, with failures on demand; for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::message;
use crate::domain::mail::{Mailer, OutgoingEmail, SendError, Sending};

/// Keeps what it is given, after failing as often as it was told to.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<OutgoingEmail>,
    attempts: usize,
    failures: VecDeque<SendError>,
}

impl MemoryMailer {
    /// Fails with these, one for each attempt, and takes everything after them.
    pub fn failing(failures: impl IntoIterator<Item = SendError>) -> Self {
        let mailer = Self::default();
        mailer.state().failures.extend(failures);
        mailer
    }

    /// What was taken, in the order in which it was queued.
    ///
    /// `Why:` mails go out side by side; which arrives first is chance.
    pub fn sent(&self) -> Vec<OutgoingEmail> {
        let mut sent = self.state().sent.clone();
        sent.sort_by(|one, other| one.message_id.cmp(&other.message_id));
        sent
    }

    /// How often something was handed over, failures counted.
    pub fn attempts(&self) -> usize {
        self.state().attempts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailer for MemoryMailer {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        Box::pin(async move {
            let _built = message::build(email)?;
            let mut state = self.state();
            state.attempts += 1;
            if let Some(failure) = state.failures.pop_front() {
                return Err(failure);
            }
            state.sent.push(email.clone());
            Ok("250 taken".to_owned())
        })
    }

    fn server(&self) -> &'static str {
        "memory"
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async { Ok(String::new()) })
    }
}
