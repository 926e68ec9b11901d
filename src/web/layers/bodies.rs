//! The body of a request is read whole before the request takes a place among those in work.
//!
//! `Why:` a caller who sends slowly would hold a place that others need. Bodies under way have a bound of their
//! own, and each network a share of it.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::super::pool::Pool;
use super::super::refusal::Refusal;
use super::super::request_id::RequestId;
use super::{client, overloaded};

/// Longest body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

const TOO_LARGE: Refusal = Refusal(
    StatusCode::PAYLOAD_TOO_LARGE,
    "PAYLOAD_TOO_LARGE",
    "A request may have at most 1 MiB, and must arrive whole.",
);

/// Passes a request on once its body has arrived. `State` is the places for bodies under way.
pub(super) async fn read_whole(State(pool): State<Pool>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let id = request.extensions().get::<RequestId>().cloned();
    let place = match pool.take(client::address(request.extensions())) {
        Ok(place) => place,
        Err(full) => return overloaded::refusal(full).answer_later(id.as_ref()),
    };
    if request.body().size_hint().lower() > MAX_BODY as u64 {
        return TOO_LARGE.answer(id.as_ref());
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return TOO_LARGE.answer(id.as_ref());
    };
    drop(place);
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}
