//! Batched reads for nested fields: a page of 100 users with their latest event is a handful of
//! statements, not a hundred. Each load passes through the same acts, so the same rights are asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::dataloader::{self, DataLoader};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::domain::audit::{self, AuditEvent, EventFilter};
use crate::domain::mail::{self, AddressFailure, Delivery, DeliveryFilter};
use crate::domain::one_time_links::{self, LinkFilter, OneTimeLink};
use crate::domain::sessions::{self, Device, Session};
use crate::domain::users::{self, User};
use crate::domain::{access, password_reset};
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageArguments, PageRequest};
use crate::types::actor::{Actor, ReadError};
use crate::types::error::Internal;
use crate::types::ids::{ApiKeyId, MailDeliveryId, UserId};

/// Loads on behalf of one caller.
pub(crate) struct Loader {
    app: App,
    actor: Arc<Actor>,
    wishes: Arc<AtomicUsize>,
}

impl Loader {
    /// With batches of its own for one request.
    pub(crate) fn start(app: App, actor: Arc<Actor>) -> DataLoader<Self> {
        let wishes = Arc::new(AtomicUsize::new(0));
        let loader = Self {
            app,
            actor,
            wishes: Arc::clone(&wishes),
        };
        DataLoader::new(loader, batches(wishes))
    }

    /// Notes that a field is about to wish for something.
    pub(crate) fn note_wish(&self) {
        self.wishes.fetch_add(1, Ordering::Relaxed);
    }
}

/// Turns of the runtime without another wish after which a batch is taken for complete.
const QUIET_TURNS: usize = 16;

/// How the library starts a batch: as soon as the request wishes for nothing more.
///
/// `Why:` the library itself waits for 1 ms. A page of 100 users takes longer than that to ask on a
/// busy machine, and then falls apart into dozens of statements.
fn batches(
    wishes: Arc<AtomicUsize>,
) -> impl Fn(BoxFuture<'static, ()>) -> tokio::task::JoinHandle<()> {
    move |batch| {
        let wishes = Arc::clone(&wishes);
        #[expect(
            clippy::disallowed_methods,
            reason = "a batch ends with the request that waits for it"
        )]
        tokio::spawn(async move {
            let mut seen = wishes.load(Ordering::Relaxed);
            let mut quiet = 0;
            while quiet < QUIET_TURNS {
                tokio::task::yield_now().await;
                let now = wishes.load(Ordering::Relaxed);
                quiet = if now == seen { quiet + 1 } else { 0 };
                seen = now;
            }
            batch.await;
        })
    }
}

/// An error that several fields of one batch share.
pub(crate) type Shared = Arc<ReadError>;

/// A user by id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UserKey(pub(crate) UserId);

/// An API key by id, as the audit trail names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ApiKeyKey(pub(crate) ApiKeyId);

/// One page of the events of a user. Keys that differ in the user alone share a statement.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct EventsOf {
    pub(crate) user: UserId,
    pub(crate) filter: EventFilter,
    pub(crate) arguments: PageArguments,
    pub(crate) with_total: bool,
}

/// One page of the mail of a user.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct MailOf {
    pub(crate) user: UserId,
    pub(crate) arguments: PageArguments,
    pub(crate) with_total: bool,
}

/// A mail by id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MailKey(pub(crate) MailDeliveryId);

/// What failed at an address, by the key it is found by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct AddressKey(pub(crate) String);

/// One page of the reset links of a user.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct LinksOf {
    pub(crate) user: UserId,
    pub(crate) filter: LinkFilter,
    pub(crate) arguments: PageArguments,
    pub(crate) with_total: bool,
}

/// The browsers that a user's account knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DevicesOf(pub(crate) UserId);

/// One page of the sessions of a user.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct SessionsOf {
    pub(crate) user: UserId,
    pub(crate) arguments: PageArguments,
    pub(crate) with_total: bool,
}

/// A page with the count of its whole list, where asked for.
pub(crate) type Counted<T> = (Page<T>, Option<u64>);

impl dataloader::Loader<UserKey> for Loader {
    type Value = User;
    type Error = Shared;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, User>, Shared> {
        let ids: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let users = users::find_many(&self.app, &self.actor, &ids)
            .await
            .map_err(Arc::new)?;
        Ok(users
            .into_iter()
            .map(|user| (UserKey(user.id), user))
            .collect())
    }
}

impl dataloader::Loader<ApiKeyKey> for Loader {
    type Value = access::ApiKey;
    type Error = Shared;

    async fn load(&self, keys: &[ApiKeyKey]) -> Result<HashMap<ApiKeyKey, access::ApiKey>, Shared> {
        let ids: Vec<ApiKeyId> = keys.iter().map(|key| key.0).collect();
        let found = access::find_actors(&self.app, &self.actor, &ids)
            .await
            .map_err(Arc::new)?;
        Ok(found
            .into_iter()
            .map(|key| (ApiKeyKey(key.id), key))
            .collect())
    }
}

impl dataloader::Loader<DevicesOf> for Loader {
    type Value = Vec<Device>;
    type Error = Shared;

    async fn load(&self, keys: &[DevicesOf]) -> Result<HashMap<DevicesOf, Vec<Device>>, Shared> {
        let users: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let mut loaded: HashMap<_, _> = keys.iter().map(|key| (*key, Vec::new())).collect();
        let found = sessions::list_devices_of(&self.app, &self.actor, &users).await;
        for device in found.map_err(Arc::new)? {
            loaded
                .entry(DevicesOf(device.user))
                .or_default()
                .push(device);
        }
        Ok(loaded)
    }
}

impl dataloader::Loader<EventsOf> for Loader {
    type Value = Counted<AuditEvent>;
    type Error = Shared;

    async fn load(
        &self,
        keys: &[EventsOf],
    ) -> Result<HashMap<EventsOf, Counted<AuditEvent>>, Shared> {
        let (app, actor) = (&self.app, self.actor.as_ref());
        let mut loaded = HashMap::new();
        for group in grouped(keys, |key| (&key.filter, &key.arguments, key.with_total)) {
            let Some(first) = group.first() else { continue };
            let users: Vec<_> = group.iter().map(|key| key.user.uuid()).collect();
            let request = read(app, &first.arguments, audit::ORDER)?;
            let pages = audit::list_by_user(app, actor, &users, &first.filter, &request);
            let pages = pages.await.map_err(Arc::new)?;
            let totals = if first.with_total {
                let counts = audit::count_by_user(app, actor, &users, &first.filter);
                Some(counts.await.map_err(Arc::new)?)
            } else {
                None
            };
            loaded.extend(dealt(group, |key| key.user, pages, totals.as_ref()));
        }
        Ok(loaded)
    }
}

impl dataloader::Loader<MailOf> for Loader {
    type Value = Counted<Delivery>;
    type Error = Shared;

    async fn load(&self, keys: &[MailOf]) -> Result<HashMap<MailOf, Counted<Delivery>>, Shared> {
        let (app, actor) = (&self.app, self.actor.as_ref());
        let filter = DeliveryFilter::default();
        let mut loaded = HashMap::new();
        for group in grouped(keys, |key| (&key.arguments, key.with_total)) {
            let Some(first) = group.first() else { continue };
            let users: Vec<_> = group.iter().map(|key| key.user.uuid()).collect();
            let request = read(app, &first.arguments, mail::ORDER)?;
            let pages = mail::list_by_user(app, actor, &users, &filter, &request);
            let pages = pages.await.map_err(Arc::new)?;
            let totals = if first.with_total {
                let counts = mail::count_by_user(app, actor, &users, &filter);
                Some(counts.await.map_err(Arc::new)?)
            } else {
                None
            };
            loaded.extend(dealt(group, |key| key.user, pages, totals.as_ref()));
        }
        Ok(loaded)
    }
}

impl dataloader::Loader<SessionsOf> for Loader {
    type Value = Counted<Session>;
    type Error = Shared;

    async fn load(
        &self,
        keys: &[SessionsOf],
    ) -> Result<HashMap<SessionsOf, Counted<Session>>, Shared> {
        let (app, actor) = (&self.app, self.actor.as_ref());
        let mut loaded = HashMap::new();
        for group in grouped(keys, |key| (&key.arguments, key.with_total)) {
            let Some(first) = group.first() else { continue };
            let users: Vec<_> = group.iter().map(|key| key.user.uuid()).collect();
            let request = read(app, &first.arguments, sessions::ORDER)?;
            let pages = sessions::list_by_user(app, actor, &users, &request);
            let pages = pages.await.map_err(Arc::new)?;
            let totals = if first.with_total {
                let counts = sessions::count_by_user(app, actor, &users);
                Some(counts.await.map_err(Arc::new)?)
            } else {
                None
            };
            loaded.extend(dealt(group, |key| key.user, pages, totals.as_ref()));
        }
        Ok(loaded)
    }
}

impl dataloader::Loader<MailKey> for Loader {
    type Value = Delivery;
    type Error = Shared;

    async fn load(&self, keys: &[MailKey]) -> Result<HashMap<MailKey, Delivery>, Shared> {
        let ids: Vec<MailDeliveryId> = keys.iter().map(|key| key.0).collect();
        let found = mail::find_many(&self.app, &self.actor, &ids).await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found.map(|mail| (MailKey(mail.id), mail)).collect())
    }
}

impl dataloader::Loader<AddressKey> for Loader {
    type Value = AddressFailure;
    type Error = Shared;

    async fn load(
        &self,
        keys: &[AddressKey],
    ) -> Result<HashMap<AddressKey, AddressFailure>, Shared> {
        let addresses: Vec<&str> = keys.iter().map(|key| key.0.as_str()).collect();
        let found = mail::failures(&self.app, &addresses).await;
        let found = found.map_err(|cause| Arc::new(ReadError::from(cause)))?;
        let found = found.into_iter();
        Ok(found
            .map(|(key, failed)| (AddressKey(key), failed))
            .collect())
    }
}

impl dataloader::Loader<LinksOf> for Loader {
    type Value = Counted<OneTimeLink>;
    type Error = Shared;

    async fn load(
        &self,
        keys: &[LinksOf],
    ) -> Result<HashMap<LinksOf, Counted<OneTimeLink>>, Shared> {
        let (app, actor) = (&self.app, self.actor.as_ref());
        let mut loaded = HashMap::new();
        for group in grouped(keys, |key| (&key.filter, &key.arguments, key.with_total)) {
            let Some(first) = group.first() else { continue };
            let users: Vec<_> = group.iter().map(|key| key.user.uuid()).collect();
            let request = read(app, &first.arguments, one_time_links::ORDER)?;
            let filter = &first.filter;
            let pages = password_reset::links_by_user(app, actor, &users, filter, &request);
            let pages = pages.await.map_err(Arc::new)?;
            let totals = if first.with_total {
                let counts = password_reset::count_links_by_user(app, actor, &users, filter);
                Some(counts.await.map_err(Arc::new)?)
            } else {
                None
            };
            loaded.extend(dealt(group, |key| key.user, pages, totals.as_ref()));
        }
        Ok(loaded)
    }
}

/// Each key's page, and how many there are in all where that was counted.
fn dealt<K: Clone, T>(
    group: Vec<&K>,
    user: impl Fn(&K) -> UserId,
    mut pages: HashMap<Uuid, Page<T>>,
    totals: Option<&HashMap<Uuid, u64>>,
) -> Vec<(K, Counted<T>)> {
    let dealt = group.into_iter().filter_map(|key| {
        let user = user(key).uuid();
        let total = totals.map(|totals| totals.get(&user).copied().unwrap_or(0));
        Some((key.clone(), (pages.remove(&user)?, total)))
    });
    dealt.collect()
}

/// Arguments were checked by the field before it asked to load.
fn read(app: &App, arguments: &PageArguments, order: &str) -> Result<PageRequest, Shared> {
    arguments
        .read(&app.keys, order)
        .map_err(|error| Arc::new(Internal::new("paging a nested list", error).into()))
}

/// Keys that differ in the user alone, together.
fn grouped<'a, K, G: PartialEq>(keys: &'a [K], by: impl Fn(&'a K) -> G) -> Vec<Vec<&'a K>> {
    let mut groups: Vec<(G, Vec<&'a K>)> = Vec::new();
    for key in keys {
        let mark = by(key);
        match groups.iter_mut().find(|(known, _)| *known == mark) {
            Some((_, group)) => group.push(key),
            None => groups.push((mark, vec![key])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
