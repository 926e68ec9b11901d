//! What a resolver may reach: the app and the actor of its request. The one place that looks into
//! async-graphql's bag of data.

use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;

use super::loaders::Loader;
use crate::actor::{Actor, Proof};
use crate::app::App;

/// Put into every request by its endpoint.
#[derive(Clone)]
pub(crate) struct RequestContext {
    app: App,
    actor: Arc<Actor>,
    is_http: bool,
}

impl RequestContext {
    /// The capabilities and the caller of one request, and whether its answer has headers.
    pub(crate) fn new(app: App, actor: Arc<Actor>, is_http: bool) -> Self {
        Self {
            app,
            actor,
            is_http,
        }
    }

    /// Attaches itself and a loader of its own to a request.
    ///
    /// `Why:` a loader shared between requests would share its batches between callers.
    pub(crate) fn attach(self, request: async_graphql::Request) -> async_graphql::Request {
        let loader = Loader::start(self.app.clone(), Arc::clone(&self.actor));
        request.data(self).data(loader)
    }
}

/// Reaches what `attach` has put in.
pub(crate) trait Reach {
    fn app(&self) -> &App;
    fn actor(&self) -> &Actor;
    fn loader(&self) -> &DataLoader<Loader>;
    fn is_http(&self) -> bool;
    fn holds_cookie(&self) -> bool {
        matches!(
            self.actor().proof,
            Proof::Session {
                is_in_cookie: true,
                ..
            }
        )
    }
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

    fn loader(&self) -> &DataLoader<Loader> {
        let loader = self.data_unchecked::<DataLoader<Loader>>();
        loader.loader().note_wish();
        loader
    }
}
