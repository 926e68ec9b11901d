//! Connections that took a mail and may take another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::SmtpLimits;
use super::dialogue::Line;

/// How often connections are looked at that were idle for too long.
const SWEEP: Duration = Duration::from_secs(1);

/// The connections nobody uses. None stands here while a mail is on it.
#[derive(Default)]
pub(super) struct IdleLines {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Longest idle first.
    lines: Vec<(Line, Instant)>,
    /// Whether a task closes those that were idle for too long.
    is_swept: bool,
    /// What goes on beside the mails; it ends with the mailer.
    tasks: JoinSet<()>,
}

impl IdleLines {
    /// The one used last, if it still lives.
    pub(super) async fn take(&self, limits: &SmtpLimits) -> Option<Line> {
        loop {
            let (mut line, since) = self.state().lines.pop()?;
            let idle = since.elapsed();
            if idle >= limits.idle {
                self.part(line);
            } else if idle < limits.fresh || line.lives(limits.fresh).await {
                return Some(line);
            }
        }
    }

    /// Keeps a connection that answered the last mail with a 250.
    pub(super) fn put(self: &Arc<Self>, line: Line, limits: &SmtpLimits) {
        if line.mails >= limits.mails {
            return self.part(line);
        }
        let mut state = self.state();
        state.lines.push((line, Instant::now()));
        if !state.is_swept {
            state.is_swept = true;
            state.tasks.spawn(sweep(Arc::downgrade(self), limits.idle));
        }
    }

    /// Closes a connection beside whatever comes next.
    pub(super) fn part(&self, line: Line) {
        self.state().part(line);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn part(&mut self, line: Line) {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(line.part());
    }
}

/// Closes what is idle for too long, until nothing is left.
async fn sweep(lines: Weak<IdleLines>, idle: Duration) {
    loop {
        sleep(SWEEP).await;
        let Some(lines) = lines.upgrade() else {
            return;
        };
        let mut state = lines.state();
        let old = state
            .lines
            .partition_point(|(_, since)| since.elapsed() >= idle);
        let old: Vec<_> = state.lines.drain(..old).collect();
        for (line, _) in old {
            state.part(line);
        }
        if state.lines.is_empty() {
            state.is_swept = false;
            return;
        }
    }
}
