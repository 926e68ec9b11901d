//! One operation of a socket: checked and executed as by POST, answered as answers come.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::graphql::{self, Wish};
use super::caller::Caller;
use super::messages::Close;
use crate::graphql::{Endpoint, Response};
use crate::types::actor::Actor;

/// Longest a query or a mutation may take; as long as by POST.
const DEADLINE: Duration = Duration::from_secs(10);

/// What an operation answers. Nothing comes after `Error` and `Complete`.
pub(super) enum Reply {
    /// JSON text.
    Next(String),
    /// `errors` as JSON text, of an operation that was not executed or cannot go on.
    Error(String),
    /// All was said.
    Complete,
}

/// What reaches the socket.
pub(super) enum Said {
    /// Under the number of an operation.
    Reply(u64, Reply),
    /// For the whole socket.
    Close(Close),
}

/// The voice of one operation. It waits while the socket is busy.
pub(super) struct Say {
    number: u64,
    socket: mpsc::Sender<Said>,
}

impl Say {
    pub(super) const fn new(number: u64, socket: mpsc::Sender<Said>) -> Self {
        Self { number, socket }
    }

    async fn reply(&self, reply: Reply) {
        self.send(Said::Reply(self.number, reply)).await;
    }

    async fn send(&self, said: Said) {
        // Fails when the socket is gone, and this task with it.
        let _heard = self.socket.send(said).await;
    }
}

/// Runs an operation on behalf of a caller, to its end.
pub(super) async fn run(endpoint: Endpoint, caller: Arc<Caller>, wish: Wish, say: Say) {
    let app = endpoint.app();
    let actor = match caller.now(app).await {
        Ok(actor) => actor,
        Err(close) => return say.send(Said::Close(close)).await,
    };
    let (is_subscription, mut replies) = start(&endpoint, actor, wish);
    while let Some(reply) = replies.next().await {
        // Asked after the answer was read, so none goes to a caller whose key had ended by then.
        if is_subscription && let Err(close) = caller.now(app).await {
            return say.send(Said::Close(close)).await;
        }
        let is_last = matches!(reply, Reply::Error(_));
        say.reply(reply).await;
        if is_last {
            return;
        }
    }
    say.reply(Reply::Complete).await;
}

/// The answers of an operation, and whether they may come long after it began.
fn start(endpoint: &Endpoint, actor: Actor, wish: Wish) -> (bool, BoxStream<'static, Reply>) {
    let id = actor.origin.request_id.clone().unwrap_or_default();
    let span = tracing::info_span!("request", %id);
    let answers = endpoint.answers(Arc::new(actor), &id, wish.into());
    let replies = if answers.is_subscription {
        answers.responses.map(reply).boxed()
    } else {
        stream::once(first(answers.responses, id.clone())).boxed()
    };
    (answers.is_subscription, guarded(replies, id, span))
}

/// `errors` with one entry, as JSON text.
pub(super) fn refusal(id: &str, code: &str, message: &str) -> String {
    let extensions = json!({ "code": code, "requestId": id });
    json!([{ "message": message, "extensions": extensions }]).to_string()
}

async fn first(mut responses: BoxStream<'static, Response>, id: String) -> Reply {
    match timeout(DEADLINE, responses.next()).await {
        Ok(Some(response)) => reply(response),
        Ok(None) => Reply::Error(refusal(
            &id,
            "INTERNAL_SERVER_ERROR",
            "There was no answer.",
        )),
        Err(_elapsed) => Reply::Error(refusal(
            &id,
            "SERVICE_UNAVAILABLE",
            "This took too long and was stopped.",
        )),
    }
}

fn reply(response: Response) -> Reply {
    let written = if graphql::was_executed(&response) {
        graphql::body(response).map(Reply::Next)
    } else {
        serde_json::to_string(&response.errors).map(Reply::Error)
    };
    written.unwrap_or_else(|_unwritable| {
        let message = "The answer could not be written.";
        Reply::Error(refusal("", "INTERNAL_SERVER_ERROR", message))
    })
}

/// Logs under the request's id, and turns a panic into the end of this operation alone.
fn guarded(
    mut replies: BoxStream<'static, Reply>,
    id: String,
    span: tracing::Span,
) -> BoxStream<'static, Reply> {
    let spanned = stream::poll_fn(move |context| {
        let _entered = span.enter();
        replies.poll_next_unpin(context)
    });
    let caught = AssertUnwindSafe(spanned).catch_unwind();
    caught
        .map(move |reply| {
            reply.unwrap_or_else(|_panic: Box<dyn std::any::Any + Send>| {
                tracing::error!(id, "an operation of a socket panicked");
                let message = "Something went wrong here. Quote the request id.";
                Reply::Error(refusal(&id, "INTERNAL_SERVER_ERROR", message))
            })
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_operation_and_nothing_else() {
        let panicking = stream::once(async { panic!("a bug") }).boxed();
        let mut replies = guarded(panicking, "id".to_owned(), tracing::Span::none());
        let Some(Reply::Error(text)) = replies.next().await else {
            panic!("no error");
        };
        let errors: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(errors[0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
        assert_eq!(errors[0]["extensions"]["requestId"], "id");
        assert!(!text.contains("a bug"), "{text}");
        assert!(replies.next().await.is_none());
    }
}
