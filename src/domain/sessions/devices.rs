//! Browsers and networks that an account knows: they have signed in to it before.
//!
//! Whoever comes from one of them has a count of failed tries of their own, so that failures of strangers
//! keep nobody out. Being known opens nothing: the password is asked for all the same.

use super::device::{Device, Known, MOST_IN_COOKIE};
use super::store::devices as store;
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::keyring::Purpose;
use crate::types::actor::{Actor, Origin, Permission, ReadError};
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::network;
use crate::types::secret::Secret;

/// What the account knows the client by: its browser, or else its network.
///
/// `Locks:` the caller holds the user's row. `Shape:` one statement for everybody, known or not.
pub async fn known(
    txn: &Txn,
    app: &App,
    user: UserId,
    origin: &Origin,
) -> Result<Option<Known>, Internal> {
    let mut hashes: Vec<Vec<u8>> = devices(origin).map(hash).collect();
    hashes.extend(network_hash(app, user, origin));
    let mut found = store::by_hashes(txn, user, hashes, app.clock.now()).await?;
    found.sort_by_key(|known| !known.is_device);
    Ok(found.into_iter().next())
}

/// Makes the client known to the account after a sign-in: its network, and its browser if that takes
/// cookies. Gives the tokens that the browser is to hold from now on.
///
/// `Why:` a token that this account did not make is never made good for it. Else whoever planted one in
/// somebody's browser would know it.
pub async fn remember(
    txn: &Txn,
    app: &App,
    user: UserId,
    origin: &Origin,
    takes_cookies: bool,
) -> Result<Option<Vec<Secret>>, Internal> {
    let now = app.clock.now();
    if let Some(network) = network_hash(app, user, origin) {
        store::put_network(txn, user, network, now).await?;
    }
    if !takes_cookies {
        return Ok(None);
    }
    let mut token = None;
    for shown in devices(origin) {
        if store::renew(txn, user, hash(shown), origin, now).await? {
            token = Some(shown.clone());
            break;
        }
    }
    let token = if let Some(token) = token {
        token
    } else {
        let token = Secret::random_token();
        store::insert_device(txn, user, hash(&token), origin, now).await?;
        token
    };
    let others = devices(origin).filter(|shown| shown.expose() != token.expose());
    let all = std::iter::once(token.clone()).chain(others.cloned());
    Ok(Some(all.take(MOST_IN_COOKIE).collect()))
}

/// The browsers that accounts know, last used first, without a check of rights.
pub async fn list_devices(app: &App, users: &[UserId]) -> Result<Vec<Device>, Internal> {
    store::list(app.db.read(), users, app.clock.now()).await
}

/// The same of several accounts, for administrators.
pub async fn list_devices_of(
    app: &App,
    actor: &Actor,
    users: &[UserId],
) -> Result<Vec<Device>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(list_devices(app, users).await?)
}

fn devices(origin: &Origin) -> impl Iterator<Item = &Secret> {
    origin.devices.iter().take(MOST_IN_COOKIE)
}

fn hash(token: &Secret) -> Vec<u8> {
    token.sha256().to_vec()
}

/// `Why:` a keyed hash over the account too, so that the table tells neither addresses nor who shares one.
fn network_hash(app: &App, user: UserId, origin: &Origin) -> Option<Vec<u8>> {
    let network = network::client(origin.address()?);
    let text = format!("network of {user} {network}");
    Some(app.keys.tag(Purpose::RateLimit, text.as_bytes()).to_vec())
}
