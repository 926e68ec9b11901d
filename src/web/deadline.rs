//! A request takes so long and no longer, its body included.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;

use super::refusal::Refusal;
use super::request_id::RequestId;

/// Nothing of the body came, or too little of it. `Source:` RFC 9110, 15.5.9.
const TOO_SLOW: Refusal = Refusal(
    StatusCode::REQUEST_TIMEOUT,
    "REQUEST_TIMEOUT",
    "The request did not arrive whole in time. Send it again.",
);
/// The request was there; we were not fast enough.
const TOO_LONG: Refusal = Refusal(
    StatusCode::SERVICE_UNAVAILABLE,
    "REQUEST_TIMEOUT",
    "The answer was not ready in time. What was asked for may have been done nevertheless; look \
     before you repeat it, or repeat it with its idempotency key.",
);

/// Refuses a request that is not answered in time. `State` is the time.
pub(super) async fn enforce(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let (request, has_arrived) = watched(request);
    match timeout(limit, next.run(request)).await {
        Ok(answer) => answer,
        Err(_elapsed) if has_arrived.load(Ordering::Relaxed) => TOO_LONG.answer_later(id.as_ref()),
        Err(_elapsed) => {
            let mut answer = TOO_SLOW.answer(id.as_ref());
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
            answer
        }
    }
}

/// The same request, and whether its body has been read to its end.
fn watched(request: Request) -> (Request, Arc<AtomicBool>) {
    let has_arrived = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    if has_arrived.load(Ordering::Relaxed) {
        return (request, has_arrived);
    }
    let noted = Arc::clone(&has_arrived);
    let request = request.map(|body| {
        let mut data = body.into_data_stream();
        Body::from_stream(stream::poll_fn(move |cx| {
            let next = data.poll_next_unpin(cx);
            if matches!(next, std::task::Poll::Ready(None)) {
                noted.store(true, Ordering::Relaxed);
            }
            next
        }))
    });
    (request, has_arrived)
}
