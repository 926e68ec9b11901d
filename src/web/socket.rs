//! `GET /graphql/ws`: the upgrade to a WebSocket, and what is refused before it.
//!
//! `Why:` the protocol is written here instead of taken from the library, whose part of it has no
//! close codes for wrong keys and no limits (`docs/decisions/0021-own-socket.md`).

mod caller;
mod messages;
mod operation;
mod permit;
mod session;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::header::{CONNECTION, HeaderMap, RETRY_AFTER, UPGRADE};
use axum::http::{Extensions, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use super::actor::{Presented, presented};
use super::layers::client;
use super::origin;
use super::refusal::Refusal;
use super::request_id::RequestId;
use crate::graphql::Endpoint;
use crate::types::actor::Actor;
pub(super) use permit::Permits;
use session::{Session, Visitor};

/// The one protocol that is spoken.
///
/// `Source:` <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
const SUBPROTOCOL: &str = "graphql-transport-ws";
/// Longest message, and longest frame, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;

/// How long a socket may do nothing, and how often it is looked after.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Until `connection_init`.
    pub init: Duration,
    /// Between two checks of the caller's key while nothing is sent.
    pub check: Duration,
    /// Between two pings.
    pub ping: Duration,
    /// Without a sign of life, an answer to a ping among them.
    pub silence: Duration,
    /// Without an operation.
    pub idle: Duration,
    /// For the caller to take a message.
    pub send: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            init: Duration::from_secs(3),
            check: Duration::from_secs(5),
            ping: Duration::from_secs(20),
            silence: Duration::from_secs(50),
            idle: Duration::from_mins(5),
            send: Duration::from_secs(10),
        }
    }
}

/// What every socket is opened with.
#[derive(Clone)]
pub(super) struct Sockets {
    pub(super) endpoint: Endpoint,
    pub(super) pace: Pace,
    pub(super) permits: Permits,
}

/// Opens a socket. The caller is authenticated by a header here or by `connection_init` later.
pub(super) async fn open(
    State(sockets): State<Sockets>,
    Extension(actor): Extension<Arc<Actor>>,
    extensions: Extensions,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let id = extensions.get::<RequestId>();
    let Ok(upgrade) = upgrade else {
        return no_upgrade(id);
    };
    let app = sockets.endpoint.app();
    if !origin::is_allowed(&headers, &app.settings.server) {
        return Refusal(
            StatusCode::FORBIDDEN,
            "ORIGIN_REFUSED",
            "Pages of this origin may not open sockets here. See server.public_url and server.cors_origins.",
        )
        .answer(id);
    }
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Refusal(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            "Ask for the subprotocol graphql-transport-ws. The older graphql-ws is not spoken.",
        )
        .answer(id);
    }
    let client = client::address(&extensions);
    let permit = if actor.is_known() {
        sockets.permits.known(client)
    } else {
        sockets.permits.unknown(client)
    };
    let Some(permit) = permit else {
        return full(id);
    };
    let key = match presented(app, &headers) {
        Presented::Key(key) | Presented::Cookie(key) => Some(key),
        Presented::Nothing | Presented::Malformed => None,
    };
    let span = tracing::info_span!("socket", id = id.map(|RequestId(id)| id.as_str()));
    let session = Session::new(
        sockets,
        actor.origin.clone(),
        key,
        Visitor { client, permit },
    );
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| session.run(socket).instrument(span))
}

fn no_upgrade(id: Option<&RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::UPGRADE_REQUIRED,
        "UPGRADE_REQUIRED",
        "Open a WebSocket here, with the subprotocol graphql-transport-ws.",
    );
    let headers = [
        (UPGRADE, HeaderValue::from_static("websocket")),
        (CONNECTION, HeaderValue::from_static("upgrade")),
    ];
    (headers, refusal.answer(id)).into_response()
}

fn full(id: Option<&RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "SERVICE_UNAVAILABLE",
        "Too many sockets are open. Try again later.",
    );
    ([(RETRY_AFTER, "5")], refusal.answer(id)).into_response()
}
