//! What is pushed to a caller as it happens.
//!
//! News from `pubsub` only wakes. What is shown is read again here, with the rights of the caller; the
//! interface asks before each answer whether the caller still has them.

use std::collections::{HashSet, VecDeque};

use async_graphql::{Context, ID, Subscription};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::audit::{AuditEvent, AuditEventFilter};
use super::context::Reach as _;
use super::error::{Interrupted, answer, checked};
use super::mail::MailDelivery;
use crate::domain::audit::{self, EventFilter};
use crate::domain::mail::{self, Progress};
use crate::jobs::change_poller::WINDOW;
use crate::platform::app::App;
use crate::platform::pubsub::{EventNews, MailNews};
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::ids::{AuditEventId, MailDeliveryId};

/// Answers that come as something happens, by WebSocket. A subscription has one field.
#[derive(Default)]
pub struct Subscription;

type Pushed<T> = BoxStream<'static, Result<Option<T>, Interrupted>>;

/// A single null; the reason is noted at the field already.
fn refused<T: Send + 'static>() -> Pushed<T> {
    stream::once(async { Ok(None) }).boxed()
}

/// Answers that come as something happens, by WebSocket. A subscription has one field.
#[Subscription]
impl Subscription {
    /// A mail each time its status changes.
    ///
    /// Access: scope MAIL_READ.
    async fn mail_delivery_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "ID of the delivery.")] id: ID,
    ) -> Pushed<MailDelivery> {
        let right = ctx.actor().require(Permission::MailRead);
        let Some(()) = answer(ctx, right.map_err(ReadError::from)) else {
            return refused();
        };
        let Some(id) = MailDeliveryId::parse(&id) else {
            return refused();
        };
        let (app, actor) = (ctx.app().clone(), ctx.actor().clone());
        let news = app.pubsub.hear_mail(id);
        let follower = MailFollower {
            app,
            actor,
            id,
            news,
            shown: None,
            is_over: false,
        };
        stream::unfold(follower, MailFollower::next).boxed()
    }

    /// Audit events as they are recorded.
    ///
    /// Access: scope AUDIT_READ.
    async fn audit_event_recorded(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that must all hold. Omitted conditions do not restrict.")]
        filter: Option<AuditEventFilter>,
    ) -> Pushed<AuditEvent> {
        let right = ctx.actor().require(Permission::AuditRead);
        let Some(()) = answer(ctx, right.map_err(ReadError::from)) else {
            return refused();
        };
        let Some(filter) = checked(ctx, filter.unwrap_or_default().read()) else {
            return refused();
        };
        let (app, actor) = (ctx.app().clone(), ctx.actor().clone());
        match EventFollower::begin(app, actor, filter).await {
            Ok(follower) => stream::unfold(follower, EventFollower::next).boxed(),
            Err(broken) => {
                let _noted: Option<()> = answer(ctx, Err(broken));
                refused()
            }
        }
    }
}

struct MailFollower {
    app: App,
    actor: Actor,
    id: MailDeliveryId,
    news: MailNews,
    shown: Option<Progress>,
    is_over: bool,
}

impl MailFollower {
    /// The present state first, then each other one, until nothing more can happen.
    async fn next(mut self) -> Option<(Result<Option<MailDelivery>, Interrupted>, Self)> {
        while !self.is_over {
            if self.shown.is_some() {
                self.news.changed().await;
            }
            let read = mail::find_many(&self.app, &self.actor, &[self.id]).await;
            let delivery = match read {
                Ok(found) => found.into_iter().next(),
                Err(error) => {
                    self.is_over = true;
                    return Some((Err(Interrupted::from(error)), self));
                }
            };
            let progress = delivery.as_ref().map(mail::Delivery::progress);
            self.is_over = delivery.as_ref().is_none_or(mail::Delivery::is_over);
            // A mail that was deleted meanwhile ends it without a word; an unknown one is null, once.
            if self.shown.is_none() || (progress.is_some() && progress != self.shown) {
                self.shown = progress;
                return Some((Ok(delivery.map(MailDelivery)), self));
            }
        }
        None
    }
}

struct EventFollower {
    app: App,
    actor: Actor,
    filter: EventFilter,
    news: EventNews,
    /// Older ones were there before.
    first: AuditEventId,
    /// So were these.
    before: HashSet<AuditEventId>,
    waiting: VecDeque<audit::AuditEvent>,
    is_over: bool,
}

impl EventFollower {
    /// `Order:` keeps news first and looks then, so that nothing falls between the two.
    async fn begin(app: App, actor: Actor, filter: EventFilter) -> Result<Self, ReadError> {
        let since = app.clock.now().minus(WINDOW);
        let kept = app.pubsub.keep_events();
        let before = audit::recorded_since(&app, since).await?;
        let news = kept.listen(&app.pubsub);
        Ok(Self {
            app,
            actor,
            filter,
            news,
            first: AuditEventId::earliest(since),
            before: before.into_iter().collect(),
            waiting: VecDeque::new(),
            is_over: false,
        })
    }

    async fn next(mut self) -> Option<(Result<Option<AuditEvent>, Interrupted>, Self)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some((Ok(Some(AuditEvent(event))), self));
            }
            if self.is_over {
                return None;
            }
            if let Err(interrupted) = self.wait().await {
                self.is_over = true;
                return Some((Err(interrupted), self));
            }
        }
    }

    async fn wait(&mut self) -> Result<(), Interrupted> {
        let told = self.news.next().await?;
        let new: Vec<_> = told
            .iter()
            .filter(|id| **id >= self.first && !self.before.contains(id))
            .copied()
            .collect();
        let found = audit::among(&self.app, &self.actor, &new, &self.filter).await?;
        self.waiting.extend(found);
        Ok(())
    }
}
