//! Being asked to stop, and what follows at once: the server is not ready any more.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Somebody at the terminal, who waits.
    Interrupt,
    /// A service manager.
    Terminate,
}

/// Ends when connections are no longer to be taken: some time after a service manager asked, so that load
/// balancers have seen by then that the server is not ready; at once after Ctrl-C or a second signal.
pub(super) async fn stopping(leaving: &CancellationToken, grace: Duration) {
    let mut signals = Signals::listen();
    let asked = signals.next().await;
    leaving.cancel();
    if asked == Asked::Interrupt || grace.is_zero() {
        return;
    }
    tracing::info!(
        seconds = grace.as_secs(),
        "asked to stop; connections are taken for a while, but the server is not ready any more"
    );
    tokio::select! {
        () = sleep(grace) => {}
        _again = signals.next() => {}
    }
}

/// Both signals, heard from the first call on.
struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Self {
                terminate: signal(SignalKind::terminate()).ok(),
            }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) -> Asked {
        let interrupt = tokio::signal::ctrl_c();
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            return tokio::select! {
                _ = interrupt => Asked::Interrupt,
                _ = terminate.recv() => Asked::Terminate,
            };
        }
        let _cannot_listen = interrupt.await;
        Asked::Interrupt
    }
}
