//! How often one network may try tokens and codes, whatever comes of it.

use std::time::Duration;

use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::platform::app::App;
use crate::types::actor::Origin;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// `Why:` generous: an office behind one address must get through a morning of resets. What keeps guesses
/// out is the length of tokens and the five tries of a code; this keeps the work small.
const TRIES: Limit = Limit {
    burst: 60,
    per: Duration::from_secs(2),
};

/// `None` when it may go on; otherwise when the next try makes sense. Before anything is looked up.
pub(super) async fn take(app: &App, origin: &Origin) -> Result<Option<Timestamp>, Internal> {
    let taken = rate_limit::take_by_network(app, "password_reset.token", origin, TRIES).await?;
    Ok(match taken {
        Taken::Allowed => None,
        Taken::RetryAt(retry_at) => Some(retry_at),
    })
}
