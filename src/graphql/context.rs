//! What a resolver may reach: the app and the actor of its request. The one place that looks into
//! async-graphql's bag of data.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;

use super::loaders::Loader;
use crate::domain::audit::{self, Attempt, AuditAction};
use crate::domain::mail::Templates;
use crate::platform::app::App;
use crate::types::actor::{Actor, Denied, Proof};

/// Put into every request by its endpoint.
#[derive(Clone)]
pub(crate) struct RequestContext {
    app: App,
    actor: Arc<Actor>,
    is_http: bool,
    denials: Arc<Mutex<Vec<Denial>>>,
    /// In seconds; 0 while no field was refused for too much work.
    retry_after: Arc<AtomicU64>,
}

/// What was not shown, by its field, and why.
type Denial = (String, &'static str);

/// Fields of one request whose denial is noted; more say no more about who tries.
const MOST_DENIALS: usize = 10;

impl RequestContext {
    /// The capabilities and the caller of one request, and whether its answer has headers.
    pub(crate) fn new(app: App, actor: Arc<Actor>, is_http: bool) -> Self {
        Self {
            app,
            actor,
            is_http,
            denials: Arc::default(),
            retry_after: Arc::default(),
        }
    }

    /// When to try again, in seconds, if a field was refused because the server had too much to do.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let seconds = self.retry_after.load(Ordering::Relaxed);
        (seconds > 0).then_some(seconds)
    }

    /// Writes down what was denied since the last call, once for each field and code.
    pub(crate) async fn note_denials(&self) {
        let denials = {
            let noted = self.denials.lock();
            std::mem::take(&mut *noted.unwrap_or_else(PoisonError::into_inner))
        };
        for (field, code) in denials {
            let attempt = Attempt {
                action: AuditAction::AccessDenied,
                user: None,
                target_label: Some(field),
                subject: None,
            };
            audit::denied(&self.app, &self.actor, attempt, code).await;
        }
    }

    fn add_denial(&self, field: &str, denied: Denied) {
        let noted = self.denials.lock();
        let mut noted = noted.unwrap_or_else(PoisonError::into_inner);
        let code = denied.code();
        let is_known = noted
            .iter()
            .any(|(name, why)| name == field && *why == code);
        if !is_known && noted.len() < MOST_DENIALS {
            noted.push((field.to_owned(), code));
        }
    }

    /// Attaches itself and a loader of its own to a request.
    ///
    /// `Why:` a loader shared between requests would share its batches between callers.
    pub(crate) fn attach(&self, request: async_graphql::Request) -> async_graphql::Request {
        let loader = Loader::start(self.app.clone(), Arc::clone(&self.actor));
        request.data(self.clone()).data(loader)
    }
}

/// Reaches what `attach` has put in.
pub(crate) trait Reach {
    fn app(&self) -> &App;
    fn actor(&self) -> &Actor;
    fn loader(&self) -> &DataLoader<Loader>;
    fn is_http(&self) -> bool;
    /// The texts of mails; `/graphql` alone has them.
    fn templates(&self) -> &Arc<Templates>;
    fn holds_cookie(&self) -> bool {
        matches!(
            self.actor().proof,
            Proof::Session {
                is_in_cookie: true,
                ..
            }
        )
    }
    /// Notes that the present field is not shown.
    fn denied(&self, denied: Denied);
    /// Notes that the present field was refused because the server has too much to do.
    fn overloaded(&self, retry_after: Duration);
}

impl Reach for Context<'_> {
    fn app(&self) -> &App {
        &self.data_unchecked::<RequestContext>().app
    }

    fn actor(&self) -> &Actor {
        &self.data_unchecked::<RequestContext>().actor
    }

    fn is_http(&self) -> bool {
        self.data_unchecked::<RequestContext>().is_http
    }

    fn templates(&self) -> &Arc<Templates> {
        self.data_unchecked::<Arc<Templates>>()
    }

    fn loader(&self) -> &DataLoader<Loader> {
        let loader = self.data_unchecked::<DataLoader<Loader>>();
        loader.loader().note_wish();
        loader
    }

    fn denied(&self, denied: Denied) {
        let field = self.item.node.name.node.as_str();
        self.data_unchecked::<RequestContext>()
            .add_denial(field, denied);
    }

    fn overloaded(&self, retry_after: Duration) {
        let noted = &self.data_unchecked::<RequestContext>().retry_after;
        noted.fetch_max(retry_after.as_secs().max(1), Ordering::Relaxed);
    }
}
