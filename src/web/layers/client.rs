//! Which client a request comes from, for the layers that count by its network.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;

use super::super::peer::{self, Proxies};

/// The address of the client, behind the proxies that are trusted.
#[derive(Clone, Copy, Debug)]
struct ClientAddress(IpAddr);

/// Notes the client's address. `State` is the proxies that are trusted.
pub(super) async fn recognise(
    State(proxies): State<Proxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(ConnectInfo(peer)) = peer {
        let address = peer::client(peer.ip(), request.headers(), proxies.networks());
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// The noted address; none for a request that came by no connection.
pub(in crate::web) fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions
        .get::<ClientAddress>()
        .map(|ClientAddress(address)| *address)
}
