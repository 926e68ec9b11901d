//! What a caller is told for whom there is no place.

use axum::http::StatusCode;

use super::super::pool::Full;
use super::super::refusal::Refusal;

/// The refusal for this reason.
pub(super) const fn refusal(full: Full) -> Refusal {
    let message = match full {
        Full::Pool => "The server has too much to do. Try again shortly.",
        Full::Network => {
            "Too many requests from your network are under way. Try again shortly, with fewer at once."
        }
    };
    Refusal(StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED", message)
}
