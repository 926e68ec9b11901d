//! Waiting for what nobody announces, and never for ever.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Longer than anything takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Asks again and again until something is true; panics with `what` after a minute.
pub(crate) async fn eventually(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_true().await {
        assert!(Instant::now() < end, "waited in vain for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
