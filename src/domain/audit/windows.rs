//! Windows of refused attempts: the first is an event at once, the others are counted and become one
//! event when the window is over. So nobody can fill the trail by being refused.
//!
//! Windows are of several kinds (`Kind`), so that a flood of one hides nothing of another: made-up logins hide no
//! failures at accounts that exist. Nobody opens more than their share of a kind. What finds no place is counted
//! for the account it concerned, or else for its network, or for all: an event says how many there were.
//!
//! Windows stand in the table `rate_limits`, so every replica counts in the same one. A repeat costs no
//! statement where its process knows the window: it is added up in `denial_counter.rs` and written once a second.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::denied::Attempt;
use super::row::Row;
use super::{AuditAction, Change, Event, Outcome, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::denial_counter::{self, Counted};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// How long a window is open.
pub const WINDOW: Duration = Duration::from_mins(5);
/// The code of what was counted beyond, in one window for all of it.
const SEVERAL: &str = "SEVERAL";
/// The key of the window for all.
const SHARED: [u8; 0] = [];
/// How long after its end a window is closed, so that every process has written down what it counted.
pub const GRACE: Duration = Duration::from_secs(10);
/// Windows that are closed in one transaction.
const AT_ONCE: u64 = 100;

/// What one window counts, for its summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Window {
    action: String,
    code: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_label: String,
    user: Option<Uuid>,
    target_label: Option<String>,
    via: String,
    ip_address: Option<String>,
    began_at: i64,
    /// Read by releases before this one.
    #[serde(default)]
    is_of_nobody: bool,
}

/// A window as it is stored.
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) key: Vec<u8>,
    pub(super) ends_at: Timestamp,
    pub(super) count: i64,
    pub(super) last_at: Timestamp,
    pub(super) details: String,
}

impl Window {
    pub(super) fn new(now: Timestamp, actor: &Actor, attempt: &Attempt, code: &str) -> Self {
        Self {
            action: attempt.action.name().to_owned(),
            code: code.to_owned(),
            actor_kind: actor.kind_name().to_owned(),
            actor_id: actor.id(),
            actor_label: actor.label.clone(),
            user: attempt.user.map(UserId::uuid),
            target_label: attempt.target_label.clone(),
            via: actor.origin.via.name().to_owned(),
            ip_address: actor.origin.ip_address.clone(),
            began_at: now.as_millis(),
            is_of_nobody: !actor.is_known(),
        }
    }

    /// What would have been done.
    pub(super) fn action(&self) -> &str {
        &self.action
    }

    /// The same attempt on an account, from wherever it came.
    fn wherever_from(self) -> Self {
        Self {
            ip_address: None,
            ..self
        }
    }

    /// The window of all that found no place; where it came from, if that is one network.
    fn of_all(now: Timestamp, ip_address: Option<String>) -> Self {
        let attempt = Attempt::of_nothing(AuditAction::AccessDenied);
        Self {
            ip_address,
            ..Self::new(now, &Actor::system(), &attempt, SEVERAL)
        }
    }

    fn written(&self) -> Result<String, Internal> {
        serde_json::to_string(self).map_err(Internal::while_doing(
            "writing a window of refused attempts",
        ))
    }

    /// The event that says how often it happened again.
    fn summary(self, app: &App, count: i64, last_at: Timestamp) -> Result<Row, Internal> {
        let began = Timestamp::from_millis(self.began_at);
        let event = Event {
            action: AuditAction::AccessDenied,
            user: self.user.map(UserId::from_uuid),
            target_label: self.target_label,
            changes: vec![
                Change::to("count", &count),
                Change::to("from", &began.to_rfc3339()),
                Change::to("until", &last_at.to_rfc3339()),
            ],
            reason: None,
        };
        let denied = (Outcome::of_refusal(&self.code), Some(self.code.as_str()));
        let row = Row::new(&app.keys, app.clock.now(), &Actor::system(), event, denied)?;
        Ok(Row {
            action: self.action,
            actor_kind: self.actor_kind,
            actor_id: self.actor_id,
            actor_label: self.actor_label,
            via: self.via,
            ip_address: self.ip_address,
            ..row
        }
        .with_mac(&app.keys))
    }
}

/// What came of counting an attempt.
pub(super) struct Begun {
    /// The first of its window, which is an event of its own.
    pub(super) is_first: bool,
    /// Where it and its repeats are counted.
    pub(super) window: denial_counter::Window,
    /// Until when.
    pub(super) ends_at: Timestamp,
}

/// Windows of one kind share a limit. `Why:` apart, so that a flood of one hides nothing of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Actors that are known.
    Known,
    /// Strangers, and an account that exists.
    Account,
    /// Strangers, and nothing that exists: made-up logins.
    Nothing,
    /// Strangers who are past a limit, or show a key that is none.
    Refused,
    /// An account, for what found no other place.
    AnyoneAtAccount,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Known => "audit.denied",
            Self::Account => "audit.denied.account",
            Self::Nothing => "audit.denied.anonymous",
            Self::Refused => "audit.denied.refused",
            Self::AnyoneAtAccount => "audit.denied.anyone",
        }
    }

    /// Windows that are open at a time. Together fewer than `denial_counter.rs` knows.
    const fn most(self) -> u64 {
        match self {
            Self::Known => 9_000,
            Self::Account | Self::AnyoneAtAccount => 3_000,
            Self::Nothing | Self::Refused => 1_000,
        }
    }

    /// The same of one actor, or of one wide network where nobody is known.
    const fn most_of_one(self) -> u64 {
        match self {
            Self::Known => 1_000,
            Self::Account | Self::Nothing | Self::Refused => 250,
            Self::AnyoneAtAccount => u64::MAX,
        }
    }
}

/// Where an attempt is counted.
pub(super) struct Place {
    pub(super) kind: Kind,
    /// Who tried: an actor, or a wide network.
    pub(super) who: [u8; 16],
    /// What tells the attempt from others of theirs.
    pub(super) what: [u8; 16],
    /// What tells the same attempt on the same account, from wherever it comes. Of strangers alone.
    pub(super) account: Option<[u8; 32]>,
}

impl Place {
    fn own(&self) -> denial_counter::Window {
        (self.kind.name(), [self.who, self.what].concat())
    }

    fn account(&self) -> Option<denial_counter::Window> {
        let key = self.account?;
        Some((Kind::AnyoneAtAccount.name(), key.to_vec()))
    }

    /// For what one of them does beyond their share.
    fn of_one(&self) -> denial_counter::Window {
        (self.kind.name(), self.who.to_vec())
    }

    fn of_all(&self) -> denial_counter::Window {
        (self.kind.name(), SHARED.to_vec())
    }
}

/// Counts an attempt where this process knows its window, or that there is no place for one.
pub(super) fn is_repeated(app: &App, place: &Place) -> bool {
    let now = app.clock.now();
    let again = |window: denial_counter::Window| app.denial_counter.again(&window, now);
    again(place.own())
        || place.account().is_some_and(again)
        || again(place.of_one())
        || again(place.of_all())
}

/// Counts an attempt in the database, in a window that it opens where there is none.
pub(super) async fn begin(
    txn: &Txn,
    app: &App,
    place: &Place,
    window: &Window,
) -> Result<Begun, Internal> {
    let now = app.clock.now();
    let own = place.own();
    if let Some(open) = store::window(txn, &own).await? {
        if now < open.ends_at {
            let ends_at = open.ends_at;
            return again(txn, own, (now, ends_at)).await;
        }
        close(txn, app, open).await?;
    }
    let (name, kind) = (place.kind.name(), place.kind);
    let is_full = store::count_windows(txn, name).await? >= kind.most();
    let is_greedy = store::count_windows_of(txn, name, &place.who).await? >= kind.most_of_one();
    if !is_full && !is_greedy {
        return open(txn, app, own, window).await;
    }
    if let Some(account) = place.account() {
        let name = Kind::AnyoneAtAccount.name();
        let is_open = store::window(txn, &account).await?.is_some();
        if is_open || store::count_windows(txn, name).await? < Kind::AnyoneAtAccount.most() {
            return open(txn, app, account, &window.clone().wherever_from()).await;
        }
    }
    let (shared, address) = if is_greedy {
        (place.of_one(), window.ip_address.clone())
    } else {
        (place.of_all(), None)
    };
    let begun = open(txn, app, shared, &Window::of_all(now, address)).await?;
    if begun.is_first {
        return again(txn, begun.window, (now, begun.ends_at)).await;
    }
    Ok(begun)
}

/// Opens a window, or counts in it where it is open; one that is over is closed before.
async fn open(
    txn: &Txn,
    app: &App,
    own: denial_counter::Window,
    window: &Window,
) -> Result<Begun, Internal> {
    let now = app.clock.now();
    let ends_at = now.plus(WINDOW);
    let over = store::window(txn, &own).await?;
    if let Some(over) = over.filter(|open| open.ends_at <= now) {
        close(txn, app, over).await?;
    }
    let is_first = store::open_window(txn, &own, (now, ends_at), window.written()?).await?;
    if !is_first {
        // Another transaction was quicker; it committed, or this statement would still wait. Its window may
        // also be one that is over and was counted in meanwhile.
        let open = store::window(txn, &own).await?;
        let ends_at = open.map_or(now, |open| open.ends_at);
        return again(txn, own, (now, ends_at)).await;
    }
    Ok(Begun {
        is_first,
        window: own,
        ends_at,
    })
}

async fn again(
    txn: &Txn,
    window: denial_counter::Window,
    (now, ends_at): (Timestamp, Timestamp),
) -> Result<Begun, Internal> {
    store::raise_window(txn, &window, 1, now).await?;
    Ok(Begun {
        is_first: false,
        window,
        ends_at,
    })
}

/// Writes down what this process counted; every process does so, once a second.
pub async fn write_denial_counts(app: &App) -> Result<(), Internal> {
    let counted = app.denial_counter.take(app.clock.now());
    if counted.is_empty() {
        return Ok(());
    }
    let written = write(app, &counted).await;
    if written.is_err() {
        app.denial_counter.put_back(counted);
    }
    written
}

async fn write(app: &App, counted: &[Counted]) -> Result<(), Internal> {
    let txn = app.db.begin_write().await?;
    for Counted {
        window,
        count,
        last_at,
    } in counted
    {
        if !store::raise_window(&txn, window, *count, *last_at).await? {
            tracing::warn!(
                count,
                "refused attempts were counted too late for their summary"
            );
        }
    }
    Ok(txn.commit().await?)
}

/// Whether there is a window to close.
pub(super) async fn is_one_over(app: &App) -> Result<bool, Internal> {
    let over = store::windows_over(app.db.read(), app.clock.now().minus(GRACE), 1).await?;
    Ok(!over.is_empty())
}

/// Closes windows that are over, and appends an event for each in which something was counted. Gives how
/// many were closed.
pub async fn close_windows(app: &App) -> Result<u64, Internal> {
    let mut closed = 0;
    loop {
        let before = app.clock.now().minus(GRACE);
        let over = store::windows_over(app.db.read(), before, AT_ONCE).await?;
        if over.is_empty() {
            return Ok(closed);
        }
        let txn = app.db.begin_write().await?;
        for window in over {
            close(&txn, app, window).await?;
            closed += 1;
        }
        txn.commit().await?;
    }
}

/// `Order:` deleted first, and only if nothing was counted since it was read; then told.
async fn close(txn: &Txn, app: &App, stored: Stored) -> Result<(), Internal> {
    let is_gone = store::delete_window(txn, &stored).await?;
    if !is_gone || stored.count == 0 {
        return Ok(());
    }
    let window: Window = serde_json::from_str(&stored.details).map_err(Internal::while_doing(
        "reading a window of refused attempts",
    ))?;
    let row = window.summary(app, stored.count, stored.last_at)?;
    store::insert(txn, row).await
}
