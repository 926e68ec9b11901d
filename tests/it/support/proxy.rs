//! A TCP proxy between Keydesk and PostgreSQL that can do what networks and other proxies do to a connection.

#![expect(
    clippy::disallowed_methods,
    reason = "a proxy's tasks end with the test's runtime"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What happens to connections that come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Forward = 0,
    /// Taken, and whatever is sent is swallowed.
    Swallow = 1,
    /// Taken and closed at once, as a proxy does that knows no living server.
    Close = 2,
}

#[derive(Default)]
struct State {
    mode: AtomicU8,
    count: AtomicU64,
    /// Connections with a smaller number are silent for ever: their server died without a word.
    silent_below: AtomicU64,
}

/// A port that leads to the server. It is gone when this is dropped.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<State>,
    task: AbortHandle,
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let state = Arc::new(State::default());
        let task = tokio::spawn(accept(listener, server, Arc::clone(&state))).abort_handle();
        Self { port, state, task }
    }

    /// From now on nothing comes through, on old connections and on new ones, and none is closed.
    pub(crate) fn freeze(&self) {
        self.set(Mode::Swallow);
        let all = self.state.count.load(Ordering::SeqCst);
        self.state.silent_below.store(all, Ordering::SeqCst);
    }

    /// New connections are led to the server again. Those that were silent stay so.
    pub(crate) fn thaw(&self) {
        let all = self.state.count.load(Ordering::SeqCst);
        self.state.silent_below.store(all, Ordering::SeqCst);
        self.set(Mode::Forward);
    }

    /// New connections are closed at once.
    pub(crate) fn close_new(&self) {
        self.set(Mode::Close);
    }

    fn set(&self, mode: Mode) {
        self.state.mode.store(mode as u8, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection by the proxy.
#[derive(Clone)]
struct Link {
    number: u64,
    state: Arc<State>,
}

impl Link {
    fn is_silent(&self) -> bool {
        self.number < self.state.silent_below.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: Arc<State>) {
    loop {
        let (client, _) = listener.accept().await.expect("a connection");
        let number = state.count.fetch_add(1, Ordering::SeqCst);
        let mode = state.mode.load(Ordering::SeqCst);
        if mode == Mode::Close as u8 {
            continue;
        }
        if mode == Mode::Swallow as u8 {
            let all = state.count.load(Ordering::SeqCst);
            state.silent_below.store(all, Ordering::SeqCst);
        }
        let Ok(server) = TcpStream::connect(server).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let link = Link {
            number,
            state: Arc::clone(&state),
        };
        tokio::spawn(pump(from_client, to_server, link.clone()));
        tokio::spawn(pump(from_server, to_client, link));
    }
}

/// Carries bytes until one side closes. What a silent connection sends is read and forgotten, and its end is
/// not told to the other side.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, link: Link) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        if link.is_silent() {
            if read == 0 {
                // Kept open until the test ends.
                std::future::pending::<()>().await;
            }
            continue;
        }
        if read == 0 || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
