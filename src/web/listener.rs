//! The listener: takes connections, each a task of its own, and ends them together.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::admission::Admission;
use super::connection::{self, Socket};
use super::pool::Shares;
use super::serve::Drain;

/// Wait after the system refused a connection, for example because no file may be opened any more.
const BREATHER: Duration = Duration::from_secs(1);

/// Serves until `stop`. Then connections without a request are closed, requests in work and upgraded
/// connections may go on for `drain`, and what is left is cut.
///
/// A connection whose network has its share already is closed at once; the proxies that are trusted may have as
/// many as they like.
///
/// `Why:` not `axum::serve`, which waits for ever for the rest of a request
/// (`docs/decisions/0017-the-listener.md`).
pub async fn listen(
    listener: TcpListener,
    router: Router,
    admission: Admission,
    (stop, drain): (CancellationToken, Drain),
) {
    let Admission {
        limits,
        network_share,
        proxies,
    } = admission;
    let shares = Shares::new(limits.connections as usize, network_share);
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => note(ended),
            (stream, peer, place) = next(&listener, &places) => {
                let client = (!proxies.contains(peer.ip())).then_some(peer.ip());
                let Some(share) = shares.take(client) else {
                    tracing::debug!(%peer, "refused: its network has its share of connections");
                    continue;
                };
                let socket = Socket::new(stream, place, share);
                connections.spawn(connection::serve(socket, peer, router.clone(), (limits, stop.clone())));
            }
        }
    }
    // From here on the system refuses new connections.
    drop(listener);
    let _cut = timeout(drain.0, async {
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
        // An upgraded connection has left its task, but keeps its place.
        let _closed = places.acquire_many(limits.connections).await;
    })
    .await;
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore, so there is always a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) if is_of_the_caller(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be taken");
                sleep(BREATHER).await;
            }
        }
    }
}

/// Whether the caller went away before it was let in.
const fn is_of_the_caller(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection broke");
    }
}
