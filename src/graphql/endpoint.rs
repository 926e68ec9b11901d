//! One of the two endpoints: a request of any transport is checked, executed and answered here.

use std::sync::{Arc, LazyLock};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Request, Response, Variables};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::answer::{self, Refused};
use super::context::RequestContext;
use super::limits::{self, Asked, Cost, Prices};
use super::operation::{is_subscription, subscriptions_have_one_field};
use super::order::Order;
use super::{FullSchema, PublicSchema, full, full_sdl, public, sdl_options};
use crate::domain::mail::Templates;
use crate::platform::app::App;
use crate::types::actor::Actor;

/// A schema with what its fields cost.
#[derive(Clone)]
pub struct Endpoint {
    app: App,
    schema: AnySchema,
    prices: Arc<Prices>,
}

#[derive(Clone)]
enum AnySchema {
    /// For a caller who is signed in, mistakes come with suggestions.
    Full {
        known: FullSchema,
        anonymous: FullSchema,
    },
    Public {
        schema: PublicSchema,
        may_introspect: bool,
    },
}

impl AnySchema {
    fn sdl(&self) -> String {
        match self {
            Self::Full { known, .. } => known.sdl_with_options(sdl_options()),
            Self::Public { schema, .. } => schema.sdl_with_options(sdl_options()),
        }
    }
}

/// A request that may be executed.
struct Prepared {
    request: Request,
    cost: Cost,
    is_subscription: bool,
    order: Order,
}

/// What an operation answers.
pub struct Answers {
    /// Whether there may be more than one answer.
    pub is_subscription: bool,
    /// The answers as they come, each complete.
    pub responses: BoxStream<'static, Response>,
}

impl Endpoint {
    /// Everything.
    pub fn full(app: &App, templates: &Arc<Templates>) -> Self {
        let templates = Some(templates);
        let (known, anonymous) = (full(true, templates), full(false, templates));
        Self::new(app, AnySchema::Full { known, anonymous })
    }

    /// What anyone may use. Its schema is shown only where developers work.
    pub fn public(app: &App, may_introspect: bool) -> Self {
        let schema = public();
        Self::new(
            app,
            AnySchema::Public {
                schema,
                may_introspect,
            },
        )
    }

    fn new(app: &App, schema: AnySchema) -> Self {
        Self {
            app: app.clone(),
            prices: Arc::new(Prices::read(&schema.sdl())),
            schema,
        }
    }

    /// Its schema in the schema language.
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }

    /// Executes a query or a mutation. Every error of the answer has a code, and the answer carries
    /// the request's id and cost.
    pub async fn answer(&self, actor: Arc<Actor>, request_id: &str, request: Request) -> Response {
        match self.prepare(&actor, request) {
            Ok(Prepared {
                request,
                cost,
                order,
                ..
            }) => {
                let (mut response, retry_after) = self.execute(actor, request).await;
                order.apply(&mut response.data);
                if let Some(seconds) = retry_after {
                    response = answer::only_overloaded(response, seconds);
                }
                answer::finish(response, request_id, Some(cost))
            }
            Err(refused) => answer::finish(refused.into_response(), request_id, None),
        }
    }

    /// Executes any operation, a subscription too. Answers are completed as by `answer`.
    pub fn answers(&self, actor: Arc<Actor>, request_id: &str, request: Request) -> Answers {
        let request_id = request_id.to_owned();
        match self.prepare(&actor, request) {
            Ok(prepared) => {
                let cost = Some(prepared.cost);
                let order = prepared.order;
                let responses = self.stream(actor, prepared.request);
                Answers {
                    is_subscription: prepared.is_subscription,
                    responses: responses
                        .map(move |mut response| {
                            order.apply(&mut response.data);
                            answer::finish(response, &request_id, cost)
                        })
                        .boxed(),
                }
            }
            Err(refused) => {
                let response = answer::finish(refused.into_response(), &request_id, None);
                Answers {
                    is_subscription: false,
                    responses: stream::once(async { response }).boxed(),
                }
            }
        }
    }

    fn stream(&self, actor: Arc<Actor>, request: Request) -> BoxStream<'static, Response> {
        let is_known = actor.is_known();
        let context = RequestContext::new(self.app.clone(), actor, false);
        let request = context.attach(request);
        let responses = match &self.schema {
            AnySchema::Full { known, .. } if is_known => known.execute_stream(request),
            AnySchema::Full { anonymous, .. } => anonymous.execute_stream(request),
            AnySchema::Public { schema, .. } => schema.execute_stream(request),
        };
        let noted = move |response| {
            let context = context.clone();
            async move {
                context.note_denials().await;
                response
            }
        };
        responses.then(noted).boxed()
    }

    /// The capabilities behind it.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The answer, and when to try again if a field was refused because the server had too much to do.
    async fn execute(&self, actor: Arc<Actor>, request: Request) -> (Response, Option<u64>) {
        let is_known = actor.is_known();
        let context = RequestContext::new(self.app.clone(), actor, true);
        let request = context.attach(request);
        let response = match &self.schema {
            AnySchema::Full { known, .. } if is_known => known.execute(request).await,
            AnySchema::Full { anonymous, .. } => anonymous.execute(request).await,
            AnySchema::Public { schema, .. } => schema.execute(request).await,
        };
        context.note_denials().await;
        (response, context.retry_after())
    }

    /// `Order:` text, then tokens, then the parser, then weights, then the library's validation: each
    /// bounds the work of the next.
    fn prepare(&self, actor: &Actor, mut request: Request) -> Result<Prepared, Refused> {
        limits::check_text(&request.query)?;
        limits::check_variables(&request.variables)?;
        let document = parse_query(&request.query).map_err(|error| Refused::parsing(&error))?;
        let asked = Asked {
            is_known: actor.is_known(),
            is_public: matches!(self.schema, AnySchema::Public { .. }),
        };
        let cost = limits::check(&self.prices, &document, &request.variables, asked)?;
        if !subscriptions_have_one_field(&document) {
            return Err(Refused::several_subscriptions());
        }
        if !self.may_introspect(actor) {
            if introspects(&document) {
                return Err(Refused::introspection());
            }
            request = request.disable_introspection();
        }
        let operation = request.operation_name.as_deref();
        let is_subscription = is_subscription(&document, operation);
        let order = Order::of(&document, operation);
        request.set_parsed_query(document);
        Ok(Prepared {
            request,
            cost,
            is_subscription,
            order,
        })
    }

    /// `Why:` the schema is no secret, but it tells a stranger what to try. The public endpoint's is
    /// in the repository.
    fn may_introspect(&self, actor: &Actor) -> bool {
        match &self.schema {
            AnySchema::Full { .. } => actor.is_known(),
            AnySchema::Public { may_introspect, .. } => *may_introspect,
        }
    }
}

/// What a document would cost a signed-in caller of `/graphql`, or why it is refused before it is
/// validated. Executes nothing.
pub fn weigh(document: &str, variables: &Variables) -> Result<u64, String> {
    static PRICES: LazyLock<Prices> = LazyLock::new(|| Prices::read(&full_sdl()));
    let refused = |cause: limits::TooComplex| cause.to_string();
    limits::check_text(document).map_err(refused)?;
    limits::check_variables(variables).map_err(refused)?;
    let document = parse_query(document).map_err(|error| Refused::parsing(&error).message)?;
    let asked = Asked {
        is_known: true,
        is_public: false,
    };
    limits::check(&PRICES, &document, variables, asked)
        .map(|cost| cost.complexity)
        .map_err(refused)
}

/// Whether the document asks for the schema anywhere. Deeper than the root it cannot be asked for.
fn introspects(document: &ExecutableDocument) -> bool {
    fn asks(set: &SelectionSet) -> bool {
        set.items.iter().any(|item| match &item.node {
            Selection::Field(field) => {
                ["__schema", "__type"].contains(&field.node.name.node.as_str())
                    || asks(&field.node.selection_set.node)
            }
            Selection::InlineFragment(fragment) => asks(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => false,
        })
    }
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let fragments = document
        .fragments
        .values()
        .map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).any(|set| asks(&set.node))
}
