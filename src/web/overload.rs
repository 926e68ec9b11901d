//! So many requests in work, and no queue: who comes too much is told at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::refusal::Refusal;
use super::request_id::RequestId;

const OVERLOADED: Refusal = Refusal(
    StatusCode::SERVICE_UNAVAILABLE,
    "OVERLOADED",
    "The server has too much to do. Try again shortly.",
);

/// Lets a request in while there is a place for it.
///
/// `Why:` a queue would only make every caller wait, and be full a moment later. The place is given back
/// with the answer's head, so an upgraded connection holds none.
pub(super) async fn refuse_beyond(
    State(places): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_place) = places.try_acquire() else {
        let id = request.extensions().get::<RequestId>();
        return OVERLOADED.answer_later(id);
    };
    next.run(request).await
}
