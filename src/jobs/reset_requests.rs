//! The porter: sees to whoever forgot a password, and tells people that their account is locked.
//!
//! Both are done here and not where they are asked for, so that no answer to a request tells by its time
//! who has an account. Every process may run one; rows are claimed one by one.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::{account, password_reset};
use crate::platform::app::App;
use crate::platform::db;
use crate::types::error::Internal;
use crate::types::secret::random_bytes;

/// How often it looks, at least; a random part of `SPREAD` comes on top.
const EVERY: Duration = Duration::from_millis(750);
/// `Why:` the time from a request to its mail says nothing, and processes do not look in step.
const SPREAD: Duration = Duration::from_millis(500);
/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Looks until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        let wait = match round(&app).await {
            Ok(_) => EVERY + jitter(),
            Err(error) => {
                if !db::is_outage(&error) {
                    tracing::error!(%error, "requests for links could not be seen to");
                }
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

/// Does what there is to do now. Gives how many requests and locks it saw to.
pub async fn round(app: &App) -> Result<u64, Internal> {
    let answered = Box::pin(password_reset::answer_requests(app)).await?;
    Ok(answered + Box::pin(account::tell_locked(app)).await?)
}

fn jitter() -> Duration {
    let [part] = random_bytes::<1>();
    SPREAD * u32::from(part) / 256
}
