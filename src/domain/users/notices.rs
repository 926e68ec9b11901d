//! Telling the real owner of an account what was done to it: that its password was changed (never which),
//! that it was disabled, that its mail goes elsewhere now, that it was bound to another identity or role.

use std::time::Duration;

use super::{User, compose};
use crate::domain::mail::{self, AccountChanges, MailKind, MailSecret, NewEmail};
use crate::domain::one_time_links::{self, LinkOrigin, LinkPurpose, NewLink};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::settings::TransportSettings;
use crate::types::actor::{Actor, ActorKind};
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

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
    let Some(mut notice) = to_verified(app, user, kind, now) else {
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

/// Queues the notice that an administrator disabled the account, for good or until some time.
pub(super) async fn notify_of_disabling(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    user: &User,
    now: Timestamp,
) -> Result<(), Internal> {
    if let Some(mut notice) = to_verified(app, user, MailKind::AccountDisabled, now) {
        notice.details.works_until_millis = user.disabled_until.map(Timestamp::as_millis);
        mail::enqueue(txn, app, actor, notice).await?;
    }
    Ok(())
}

/// Queues the notice of another address to the old one, if that was verified.
///
/// `Why:` whoever takes over an account turns its mail away first; only the old address still reaches the
/// owner. The new one is told masked, because the old mailbox may be somebody else's by now.
pub(super) async fn notify_of_address(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (before, after): (&User, &User),
    now: Timestamp,
) -> Result<(), Internal> {
    if before.email_key == after.email_key {
        return Ok(());
    }
    if let Some(mut notice) = to_verified(app, before, MailKind::EmailChanged, now) {
        let new = after.email.as_deref().map(EmailAddress::parse);
        notice.details.new_address = new.and_then(Result::ok).map(|address| address.masked());
        mail::enqueue(txn, app, actor, notice).await?;
    }
    Ok(())
}

/// Queues the notice that something else by which an account is recognised was changed, or its role.
///
/// `Why:` to the address that was verified before the change, which whoever did it does not read; where there
/// was none, to the one that is verified by it.
pub(super) async fn notify_of_account(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (before, after): (&User, &User),
    now: Timestamp,
) -> Result<(), Internal> {
    let changed = account_changes(before, after)?;
    if changed == AccountChanges::default() {
        return Ok(());
    }
    let kind = MailKind::AccountChanged;
    let notice = to_verified(app, before, kind, now).or_else(|| to_verified(app, after, kind, now));
    if let Some(mut notice) = notice {
        notice.details.changed = changed;
        mail::enqueue(txn, app, actor, notice).await?;
    }
    Ok(())
}

fn account_changes(before: &User, after: &User) -> Result<AccountChanges, Internal> {
    // The same name in other letters is no news.
    let is_renamed = before.names()?.0.key() != after.names()?.0.key();
    let was_verified = before.email_verified_at.is_some();
    let is_verified = after.email_verified_at.is_some();
    // Another address is told by a mail of its own, to the one before it if that was verified.
    let is_told = was_verified && before.email_key != after.email_key;
    Ok(AccountChanges {
        username: is_renamed.then(|| after.username.clone()),
        role: (before.role != after.role).then(|| after.role.name().to_owned()),
        identity: before.external_id != after.external_id,
        source: before.authentication_source != after.authentication_source,
        verification: was_verified != is_verified && !is_told,
    })
}

/// A mail to the user's address, where mail goes out and the address is theirs.
fn to_verified(app: &App, user: &User, kind: MailKind, now: Timestamp) -> Option<NewEmail> {
    let can_mail =
        app.settings.mail.transport != TransportSettings::None && user.email_verified_at.is_some();
    compose(user, kind, None, None, now).filter(|_| can_mail)
}
