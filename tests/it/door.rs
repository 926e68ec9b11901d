//! The listener: who is let in, how long they may take, and how they are seen out.

mod cors;
mod database;
mod deadlines;
mod drain;
mod headers;
mod hosts;
mod local_pages;
mod overload;
mod proxies;
mod shares;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use keydesk::web::{Admission, Drain, Limits, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// A limit that is reached soon.
const SHORT: Duration = Duration::from_millis(200);

/// Nothing ends by itself, and everybody has a place.
fn patient() -> Limits {
    Limits {
        headers: PATIENCE * 2,
        request: PATIENCE * 2,
        answer: PATIENCE * 2,
        ..Limits::default()
    }
}

/// A listener on a port of its own.
struct Door {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Door {
    async fn open(router: Router, limits: impl Into<Admission>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(listen(
            listener,
            router,
            limits.into(),
            (stop.clone(), Drain(PATIENCE)),
        ));
        Self {
            address,
            stop,
            task,
        }
    }

    async fn enter(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("let in")
    }

    /// Waits until everybody has left.
    async fn close(mut self) {
        self.stop.cancel();
        let ended = timeout(PATIENCE, self.task.join_next()).await;
        ended
            .expect("drained in time")
            .expect("a task")
            .expect("no panic");
    }
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("sent");
}

/// Everything up to the end of the connection, however it ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    drop(read.expect("the connection is never closed"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The next bytes up to and with `end`.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = timeout(PATIENCE, stream.read_u8()).await.expect("in time");
        text.push(char::from(
            byte.unwrap_or_else(|error| panic!("{error} after {text:?}")),
        ));
    }
    text
}
