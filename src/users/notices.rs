//! Telling the real owner of an account that its password was changed; never which.

use std::time::Duration;

use super::{User, compose};
use crate::actor::{Actor, ActorKind};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Txn;
use crate::error::Internal;
use crate::mail::{self, MailKind, MailSecret};
use crate::one_time_links::{self, LinkOrigin, LinkPurpose, NewLink};
use crate::settings::TransportSettings;

/// How long the link in a notice works. It opens nothing, so it may wait for a weekend.
const NOT_ME_LIFETIME: Duration = Duration::from_hours(72);

/// Queues the notice to a verified address, with a link that says “this was not me”.
///
/// `Order:` after older links were revoked. `Locks:` the caller holds the user's row.
/// `Source:` NIST SP 800-63B-4 §4.2.3 and ASVS 6.3.7: the user is told of a recovery and of a change.
pub async fn notify_of_password(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (user, kind): (&User, MailKind),
    now: Timestamp,
) -> Result<(), Internal> {
    let can_mail =
        app.settings.mail.transport != TransportSettings::None && user.email_verified_at.is_some();
    let Some(mut notice) = compose(user, kind, None, None, now).filter(|_| can_mail) else {
        return Ok(());
    };
    notice.details.by_link = actor.kind == ActorKind::LinkHolder;
    // Without an address of ours there is nowhere for a link to lead.
    if app.settings.server.public_url.is_some() {
        let purpose = (LinkPurpose::NotMe, LinkOrigin::Notice);
        let new = NewLink {
            mail: Some(notice.id),
            ..NewLink::plain(user.id, purpose, NOT_ME_LIFETIME)
        };
        let minted = one_time_links::mint(txn, app, actor, new, now).await?;
        notice.details.works_until_millis = Some(minted.link.expires_at.as_millis());
        notice.secret = Some(MailSecret::Link {
            token: minted.token,
            code: None,
        });
    }
    mail::enqueue(txn, app, actor, notice).await?;
    Ok(())
}
