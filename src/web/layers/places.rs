//! So many requests in work, and no queue: who comes too much is told at once.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::super::pool::Pool;
use super::super::request_id::RequestId;
use super::{client, overloaded};

/// Lets a request in while there is a place for it, and for its network.
///
/// `Why:` a queue would only make every caller wait, and be full a moment later. The place is given back
/// with the answer's head, so an upgraded connection holds none.
pub(super) async fn refuse_beyond(
    State(pool): State<Pool>,
    request: Request,
    next: Next,
) -> Response {
    match pool.take(client::address(request.extensions())) {
        Ok(_place) => next.run(request).await,
        Err(full) => {
            let id = request.extensions().get::<RequestId>();
            overloaded::refusal(full).answer_later(id)
        }
    }
}
