//! Every query on one-time links; what administrators read stands in `store/read.rs`.

mod read;

pub(super) use read::{by_ids, counts_by_user, note_opened, pages_by_user, revoke};

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany,
};

use super::mint::StoredCode;
use super::{ClientClass, LinkOrigin, LinkPurpose, Maker, OneTimeLink, RevokedWhy, spoken};
use crate::platform::app::App;
use crate::platform::db::{self, Budget, Cleaned, Txn, delete_some};
use crate::platform::entities::one_time_link::{ActiveModel, Column, Entity, Model};
use crate::platform::keyring::{Keyring, Purpose};
use crate::platform::keyset::only;
use crate::types::clock::{Clock, Timestamp};
use crate::types::error::Internal;
use crate::types::ids::{LinkId, MailDeliveryId, UserId};
use crate::types::secret::Secret;

/// Only links that can still be used.
fn outstanding(update: UpdateMany<Entity>, now: Timestamp) -> UpdateMany<Entity> {
    outstanding_at(update, Expr::value(now.as_millis()))
}

/// The same at a moment that the database may tell.
fn outstanding_at(update: UpdateMany<Entity>, now: SimpleExpr) -> UpdateMany<Entity> {
    update
        .filter(Column::UsedAt.is_null())
        .filter(Column::SupersededAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Expr::col(Column::ExpiresAt).gt(now))
}

/// What a token is looked up by: the hash of 256 random bits, or the tag of a code.
///
/// `Why:` a code has 75 bits, too few for a plain hash to keep (ASVS 6.5.2).
pub(super) fn key_of(keys: &Keyring, token: &Secret) -> [u8; 32] {
    match spoken::parse(token.expose()) {
        Ok(code) => keys.tag(Purpose::Code, code.expose().as_bytes()),
        Err(_no_code) => token.sha256(),
    }
}

/// Makes outstanding links of a user useless, as far as the reason reaches. Gives how many ways in there
/// were; what notices carry is none.
pub async fn revoke_all(
    txn: &Txn,
    user: UserId,
    why: RevokedWhy,
    now: Timestamp,
) -> Result<u64, Internal> {
    let mut revoked = 0;
    for purpose in why.purposes() {
        let update = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
            .col_expr(Column::RevokedWhy, Expr::value(why.name()))
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::Purpose.eq(purpose.name()));
        let changed = outstanding(update, now).exec(txn).await?;
        if *purpose == LinkPurpose::PasswordReset {
            revoked += changed.rows_affected;
        }
    }
    if why == RevokedWhy::AccountClosed {
        revoke_made_by(txn, user, now).await?;
    }
    Ok(revoked)
}

/// Makes the links useless that somebody made to hand over who is no longer let in.
///
/// `Why:` whoever was dismissed may have kept one.
async fn revoke_made_by(txn: &Txn, maker: UserId, now: Timestamp) -> Result<(), Internal> {
    let why = RevokedWhy::Administrator.name();
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
        .col_expr(Column::RevokedWhy, Expr::value(why))
        .filter(Column::CreatedById.eq(maker.uuid()))
        .filter(Column::Origin.eq(LinkOrigin::AdminHandover.name()));
    outstanding(update, now).exec(txn).await?;
    Ok(())
}

/// Lets a newer link take the place of those there are.
pub(super) async fn supersede(
    txn: &Txn,
    newer: &OneTimeLink,
    now: Timestamp,
) -> Result<(), Internal> {
    let mut update = Entity::update_many()
        .col_expr(Column::SupersededAt, Expr::value(now.as_millis()))
        .filter(Column::UserId.eq(newer.user.uuid()))
        .filter(Column::Purpose.eq(newer.purpose.name()));
    if newer.origin == LinkOrigin::SelfService {
        update = update.filter(Column::Origin.eq(newer.origin.name()));
    }
    outstanding(update, now).exec(txn).await?;
    Ok(())
}

pub(super) async fn insert(
    txn: &Txn,
    link: &OneTimeLink,
    key: [u8; 32],
    code: Option<StoredCode>,
) -> Result<(), Internal> {
    let millis = |moment: Option<Timestamp>| Set(moment.map(Timestamp::as_millis));
    let row = ActiveModel {
        id: Set(link.id.uuid()),
        user_id: Set(link.user.uuid()),
        purpose: Set(link.purpose.name().to_owned()),
        token_hash: Set(key.to_vec()),
        created_at: Set(link.created_at.as_millis()),
        expires_at: Set(link.expires_at.as_millis()),
        used_at: millis(link.used_at),
        superseded_at: millis(link.superseded_at),
        revoked_at: millis(link.revoked_at),
        created_by_kind: Set(link.made_by.kind.clone()),
        created_by_id: Set(link.made_by.id),
        created_by_label: Set(link.made_by.label.clone()),
        origin: Set(link.origin.name().to_owned()),
        sign_in_on_use: Set(link.sign_in_on_use),
        redirect_url: Set(link.redirect_url.clone()),
        revoked_why: Set(None),
        opened_at: Set(None),
        opened_by: Set(None),
        mail_id: Set(link.mail.map(MailDeliveryId::uuid)),
        flow_hash: Set(code.as_ref().map(|code| code.flow_hash.to_vec())),
        code_mac: Set(code.as_ref().map(|code| code.mac.to_vec())),
        code_expires_at: millis(code.map(|code| code.expires_at)),
        code_tries: Set(0),
        exchange_hash: Set(None),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// Tries of a code, right ones included.
const MOST_TRIES: i64 = 5;

/// Only the link of that flow, while its code can still be tried.
fn with_code(update: UpdateMany<Entity>, flow: [u8; 32], now: SimpleExpr) -> UpdateMany<Entity> {
    let update = update
        .filter(Column::FlowHash.eq(flow.to_vec()))
        .filter(Column::Purpose.eq(LinkPurpose::PasswordReset.name()))
        .filter(Column::ExchangeHash.is_null())
        .filter(Expr::col(Column::CodeExpiresAt).gt(now.clone()));
    outstanding_at(update, now)
}

/// Counts a try of a code before it is judged. `false` when it must not be judged.
pub(super) async fn count_try(txn: &Txn, flow: [u8; 32], clock: &Clock) -> Result<bool, Internal> {
    let update = Entity::update_many()
        .col_expr(Column::CodeTries, Expr::col(Column::CodeTries).add(1))
        .filter(Column::CodeTries.lt(MOST_TRIES));
    let now = db::now(txn, clock);
    let counted = with_code(update, flow, now).exec(txn).await?;
    Ok(counted.rows_affected == 1)
}

/// Lets a token take the place of a right code.
pub(super) async fn exchange(
    txn: &Txn,
    (flow, mac): ([u8; 32], [u8; 32]),
    key: [u8; 32],
    clock: &Clock,
) -> Result<(), Internal> {
    let update = Entity::update_many()
        .col_expr(Column::ExchangeHash, Expr::value(key.to_vec()))
        .col_expr(Column::CodeMac, Expr::value(None::<Vec<u8>>))
        .filter(Column::CodeMac.eq(mac.to_vec()));
    let now = db::now(txn, clock);
    with_code(update, flow, now).exec(txn).await?;
    Ok(())
}

/// The link that a token was just exchanged for.
pub(super) async fn exchanged(
    txn: &Txn,
    app: &App,
    token: &Secret,
) -> Result<Option<OneTimeLink>, Internal> {
    by_token(txn, app, LinkPurpose::PasswordReset, token).await
}

/// The row that a token opens: by the token of its link, or by the one a code was exchanged for.
fn opened_by(keys: &Keyring, token: &Secret) -> Condition {
    let key = key_of(keys, token).to_vec();
    Condition::any()
        .add(Column::TokenHash.eq(key.clone()))
        .add(Column::ExchangeHash.eq(key))
}

/// The link behind a token, in whatever state. Changes nothing.
pub async fn look(
    app: &App,
    purpose: LinkPurpose,
    token: &Secret,
) -> Result<Option<OneTimeLink>, Internal> {
    db::catch_up(app.db.read(), &app.clock).await?;
    by_token(app.db.read(), app, purpose, token).await
}

/// Uses a link up. `None` when it was no longer active: somebody else was first, or its time is over.
///
/// `Order:` one compare-and-swap, in the transaction that does what the link is for. Of any number of
/// tries at once, in any number of processes, one finds the row as it has to be.
pub async fn consume(
    txn: &Txn,
    app: &App,
    purpose: LinkPurpose,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<OneTimeLink>, Internal> {
    let update = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.as_millis()))
        .filter(opened_by(&app.keys, token))
        .filter(Column::Purpose.eq(purpose.name()));
    let judged_at = db::now(txn, &app.clock);
    let changed = outstanding_at(update, judged_at).exec(txn).await?;
    match changed.rows_affected {
        1 => by_token(txn, app, purpose, token).await,
        _ => Ok(None),
    }
}

async fn by_token(
    db: &impl ConnectionTrait,
    app: &App,
    purpose: LinkPurpose,
    token: &Secret,
) -> Result<Option<OneTimeLink>, Internal> {
    let query = Entity::find()
        .filter(opened_by(&app.keys, token))
        .filter(Column::Purpose.eq(purpose.name()));
    Ok(only(db, query).await?.and_then(read))
}

/// `Why:` a purpose that this release does not know is no link.
fn read(row: Model) -> Option<OneTimeLink> {
    let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    Some(OneTimeLink {
        id: LinkId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        purpose: LinkPurpose::parse(&row.purpose)?,
        made_by: Maker {
            kind: row.created_by_kind,
            id: row.created_by_id,
            label: row.created_by_label,
        },
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        used_at: moment(row.used_at),
        superseded_at: moment(row.superseded_at),
        revoked_at: moment(row.revoked_at),
        revoked_why: row.revoked_why.as_deref().and_then(RevokedWhy::parse),
        origin: LinkOrigin::parse(&row.origin)?,
        sign_in_on_use: row.sign_in_on_use,
        redirect_url: row.redirect_url,
        opened_at: moment(row.opened_at),
        opened_by: row.opened_by.as_deref().and_then(ClientClass::parse),
        mail: row.mail_id.map(MailDeliveryId::from_uuid),
    })
}

/// Deletes links that ended long ago.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let before = app.clock.now().minus(app.settings.database.keep.ended);
    let due = Condition::all().add(Column::ExpiresAt.lt(before.as_millis()));
    let db = app.db.write();
    budget
        .in_batches(|most| delete_some::<Entity>(db, Column::ExpiresAt, due.clone(), most))
        .await
}
