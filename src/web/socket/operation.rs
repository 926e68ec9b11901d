//! One operation of a socket: the same preparation as by POST, then answers as they come.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::super::graphql::{self, Endpoint, Wish};
use crate::actor::Actor;

/// Longest a query or a mutation may take; as long as by POST.
const DEADLINE: Duration = Duration::from_secs(10);

/// What an operation answers. After an `Error` comes nothing more.
pub(super) enum Reply {
    /// JSON text.
    Next(String),
    /// The errors of an operation that was not executed, or cannot go on.
    Error(Vec<Value>),
}

/// An operation that runs.
pub(super) struct Running {
    /// Whether its answers are pushed long after the caller was asked for.
    pub(super) is_subscription: bool,
    pub(super) replies: BoxStream<'static, Reply>,
}

/// Starts an operation on behalf of a caller. Errors: why it was not.
pub(super) fn start(endpoint: &Endpoint, actor: Actor, wish: Wish) -> Result<Running, Value> {
    let id = actor.origin.request_id.clone().unwrap_or_default();
    let name = wish.operation_name().map(ToOwned::to_owned);
    let refused = |(code, message): (&str, String)| refusal(&id, code, &message);
    let (request, document) = endpoint.prepare(Arc::new(actor), wish).map_err(refused)?;
    let is_subscription = is_subscription(&document, name.as_deref());
    if is_subscription && !has_one_field(&document) {
        let message = "A subscription has one field, not in a fragment.".to_owned();
        return Err(refused(("GRAPHQL_VALIDATION_FAILED", message)));
    }
    let responses = endpoint.stream(request);
    let span = tracing::info_span!("request", %id);
    let replies = if is_subscription {
        responses.map(move |response| reply(response, &id)).boxed()
    } else {
        stream::once(first(responses, id)).boxed()
    };
    Ok(Running {
        is_subscription,
        replies: guarded(replies, span),
    })
}

/// An entry of `errors`.
pub(super) fn refusal(id: &str, code: &str, message: &str) -> Value {
    json!({ "message": message, "extensions": { "code": code, "requestId": id } })
}

/// Of several operations one is named; the library refuses what is not.
fn is_subscription(document: &ExecutableDocument, name: Option<&str>) -> bool {
    document
        .operations
        .iter()
        .filter(|(known, _)| name.is_none() || known.map(|known| known.as_str()) == name)
        .any(|(_, operation)| operation.node.ty == OperationType::Subscription)
}

/// `Source:` GraphQL, section 5.2.4.1. The library runs several at once, and mixes up their errors.
fn has_one_field(document: &ExecutableDocument) -> bool {
    document
        .operations
        .iter()
        .filter(|(_, operation)| operation.node.ty == OperationType::Subscription)
        .all(|(_, operation)| {
            let items = &operation.node.selection_set.node.items;
            matches!(items.as_slice(), [item] if matches!(item.node, Selection::Field(_)))
        })
}

async fn first(mut responses: BoxStream<'static, Response>, id: String) -> Reply {
    match timeout(DEADLINE, responses.next()).await {
        Ok(Some(response)) => reply(response, &id),
        Ok(None) => Reply::Error(vec![refusal(
            &id,
            "INTERNAL_SERVER_ERROR",
            "There was no answer.",
        )]),
        Err(_elapsed) => Reply::Error(vec![refusal(
            &id,
            "SERVICE_UNAVAILABLE",
            "This took too long and was stopped.",
        )]),
    }
}

fn reply(response: Response, id: &str) -> Reply {
    if matches!(response.data, async_graphql::Value::Null) {
        return Reply::Error(graphql::errors_json(&response, id));
    }
    graphql::body(response, id).map_or_else(
        |_unwritable| {
            let message = "The answer could not be written.";
            Reply::Error(vec![refusal(id, "INTERNAL_SERVER_ERROR", message)])
        },
        Reply::Next,
    )
}

/// Logs under the request's id, and turns a panic into an end of this operation alone.
fn guarded(
    mut replies: BoxStream<'static, Reply>,
    span: tracing::Span,
) -> BoxStream<'static, Reply> {
    let spanned = stream::poll_fn(move |context| {
        let _entered = span.enter();
        replies.poll_next_unpin(context)
    });
    AssertUnwindSafe(spanned)
        .catch_unwind()
        .map(|reply| {
            reply.unwrap_or_else(|_panic| {
                tracing::error!("an operation of a socket panicked");
                let message = "Something went wrong here.";
                Reply::Error(vec![refusal("", "INTERNAL_SERVER_ERROR", message)])
            })
        })
        .boxed()
}
