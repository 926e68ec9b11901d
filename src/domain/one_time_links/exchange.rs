//! Exchanging the short code of a link for a token that opens the same link.

use super::{OneTimeLink, code, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// What somebody says who has a code.
#[derive(Clone, Copy, Debug)]
pub struct Claimed<'a> {
    /// SHA-256 of what the asking client keeps.
    pub flow_hash: [u8; 32],
    /// The login it asked with, folded.
    pub login: &'a str,
    /// The digits, as typed.
    pub code: &'a Secret,
}

/// Counts a try, and exchanges the code if it is right: it is used up, and the token given back, this one
/// time, opens its link. `None` for every other try.
///
/// `Order:` counted before it is judged. `Locks:` the first statement holds the link's row until the
/// caller commits, which it must do after a wrong try too.
pub async fn exchange(
    txn: &Txn,
    app: &App,
    claimed: Claimed<'_>,
) -> Result<Option<(OneTimeLink, Secret)>, Internal> {
    let Claimed {
        flow_hash,
        login,
        code,
    } = claimed;
    let mac = code::mac(&app.keys, flow_hash, login, code);
    let token = Secret::random_token();
    let is_counted = store::count_try(txn, flow_hash, &app.clock).await?;
    // A try that was not counted is judged against nothing, by the same statement.
    let mac = if is_counted { mac } else { token.sha256() };
    store::exchange(txn, (flow_hash, mac), token.sha256(), &app.clock).await?;
    let link = store::exchanged(txn, app, &token).await?;
    Ok(link.map(|link| (link, token)))
}
