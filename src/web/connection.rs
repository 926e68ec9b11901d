//! One connection: HTTP/1 or HTTP/2, watched so that nobody holds it for nothing.

mod allowance;
mod counted;
mod socket;
mod visit;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
pub(super) use socket::Socket;
use visit::Visit;

/// Longest head of a request, in bytes: request line and all headers. `Source:` nginx and Node take 16 KiB
/// to 32 KiB; hyper takes no buffer below 8 KiB.
const MAX_HEAD: u32 = 32 * 1024;
/// Requests at once on one HTTP/2 connection. `Source:` RFC 9113, 6.5.2, recommends no fewer than 100.
const MAX_STREAMS: u32 = 100;
/// What may come unread of one body, and of all on one HTTP/2 connection, in bytes.
const STREAM_WINDOW: u32 = 64 * 1024;
const WINDOW: u32 = 128 * 1024;
/// Streams that a caller resets before they are looked at, and that are reset for its mistakes; then the
/// connection is closed. `Source:` CVE-2023-44487, CVE-2025-8671.
const MAX_RESETS: usize = 20;
const MAX_MISTAKES: usize = 100;
/// How often a silent HTTP/2 connection is asked whether it still lives, and how long it may think.
const PING: Duration = Duration::from_secs(20);
/// How long a connection that was told to end may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves one connection until it ends, does nothing for too long, or is upgraded.
pub(super) async fn serve(
    socket: Socket,
    peer: SocketAddr,
    router: Router,
    (limits, stop): (Limits, CancellationToken),
) {
    let (open, mut seen) = watch::channel(0_usize);
    let visit = Visit::new(router, peer, Arc::new(open), socket.allowance());
    let builder = builder(&limits);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), visit.clone());
    let mut connection = pin!(connection);
    let mut is_ending = false;
    loop {
        // `Why:` hyper's own deadline begins with the first bytes of HTTP/1 and knows neither a silent
        // connection nor HTTP/2 nor a caller who does not take the answer.
        let limit = match *seen.borrow_and_update() {
            0 => limits.headers,
            _ => limits.answer,
        };
        tokio::select! {
            ended = connection.as_mut() => return note(peer, ended),
            _ = seen.changed() => {}
            () = sleep(limit) => break,
            () = stop.cancelled(), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    let _cut = timeout(LAST_WORDS, connection).await;
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(MAX_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_MISTAKES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(limits.headers);
    builder
}

/// Callers break off all the time; that is worth a line only to who looks for it.
fn note<E: std::fmt::Display>(peer: SocketAddr, ended: Result<(), E>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}
