//! SIGHUP does not end the server.

use std::convert::Infallible;
use std::future::pending;

/// Logs each SIGHUP and does nothing more, for as long as it is polled.
///
/// `Why:` without a handler the system ends the process, and a terminal that closes, or a tool that asks every
/// service to open its logs again, sends one.
pub(super) async fn ignore() -> Infallible {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::hangup()) {
            Ok(mut hangups) => {
                while hangups.recv().await.is_some() {
                    tracing::warn!(
                        "SIGHUP is ignored; restart the server to read its settings again"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "SIGHUP will end this process"),
        }
    }
    pending().await
}
