//! Attackers for `hosts`: a process of their own with one thread, and bounded rates.
//!
//! Their rates, at most:
//! - `bodies`: three HTTP/2 connections of 127.1.0.0/24 with 100 half-sent bodies each. What was refused is begun
//!   again once a second, and a connection that ends is opened again after 200 ms: 300 requests a second.
//! - `uploads`: 270 uploads of one client through the trusted proxy, a byte a second each. One that was answered
//!   begins again on a new connection after 2 s: 135 connections and 270 bytes a second.
//! - `floods`: 64 callers of 127.5.0.0/24 open a WebSocket and say nothing; one that was closed or refused is
//!   opened again after 500 ms: 128 handshakes a second. Two callers of 127.4.0.0/24 send PING and SETTINGS without
//!   end; a closed connection is opened again after 200 ms: 10 connections a second.

use std::io::Read as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::frames::{PING, SETTINGS, frame, half_a_post, preface};
use crate::load::open_from;

/// The proxy that is trusted.
pub(crate) const PROXY: [u8; 4] = [127, 3, 0, 1];
const SECOND: Duration = Duration::from_secs(1);
const HANDSHAKE: &str = "GET /graphql/ws HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\n\
    upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
const UPLOAD: &str = "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: 198.51.100.7\r\n\
    content-type: application/json\r\ncontent-length: 1000\r\n\r\n{";

/// What one kind of attackers sent, and how often it was refused or cut.
#[derive(Clone, Default)]
struct Count(Arc<(AtomicUsize, AtomicUsize)>);

impl Count {
    fn sent(&self, many: usize) {
        self.0.0.fetch_add(many, Ordering::Relaxed);
    }

    fn refused(&self, many: usize) {
        self.0.1.fetch_add(many, Ordering::Relaxed);
    }

    fn text(&self) -> String {
        let (sent, refused) = &*self.0;
        let (sent, refused) = (
            sent.load(Ordering::Relaxed),
            refused.load(Ordering::Relaxed),
        );
        format!("{sent} ({refused} refused)")
    }
}

/// The process of attackers. It ends with this value.
pub(crate) struct Attackers(Child);

impl Attackers {
    /// Starts these kinds of attack on this port.
    pub(crate) fn start(port: u16, kinds: &[&str]) -> Self {
        let this = std::env::current_exe().expect("this program");
        let child = Command::new(this)
            .args(["attackers", &port.to_string()])
            .args(kinds)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(child.expect("attackers"))
    }

    /// Ends them; gives what they say of what they did.
    pub(crate) fn end(mut self) -> String {
        drop(self.0.stdin.take());
        let mut said = String::new();
        let output = self.0.stdout.as_mut().expect("an output");
        output.read_to_string(&mut said).expect("a text");
        said.trim().to_owned()
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Attacks until the standard input ends, and prints what was done.
pub(crate) async fn attack(port: u16, kinds: Vec<String>) {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (end, ended) = oneshot::channel();
    std::thread::spawn(move || {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        let _was_awaited = end.send(());
    });
    let mut tasks = JoinSet::new();
    let mut counts = Vec::new();
    for kind in kinds {
        let count = Count::default();
        counts.push((kind.clone(), count.clone()));
        match kind.as_str() {
            "bodies" => (0..3).for_each(|_| {
                let count = count.clone();
                tasks.spawn(again(200, move || half_sent_bodies(address, count.clone())));
            }),
            "uploads" => (0..270).for_each(|_| {
                let count = count.clone();
                tasks.spawn(again(2_000, move || slow_upload(address, count.clone())));
            }),
            "floods" => {
                for _ in 0..64 {
                    let count = count.clone();
                    tasks.spawn(again(500, move || silent_socket(address, count.clone())));
                }
                let frames = Count::default();
                counts.push(("KiB of frames".to_owned(), frames.clone()));
                for frame in [frame(PING, 0, 0, b"12345678"), frame(SETTINGS, 0, 0, b"")] {
                    let (many, frames) = (frame.repeat(500), frames.clone());
                    tasks.spawn(again(200, move || {
                        flood(address, many.clone(), frames.clone())
                    }));
                }
            }
            other => panic!("no attack {other}"),
        }
    }
    drop(ended.await);
    let texts = counts
        .iter()
        .map(|(kind, count)| format!("{kind} {}", count.text()));
    println!("{}", texts.collect::<Vec<_>>().join(", "));
}

/// One try after the other. `Units:` the pause is in milliseconds.
async fn again<F: Future<Output = Option<()>>>(pause: u64, attempt: impl Fn() -> F) {
    loop {
        let _ended_early = attempt().await;
        sleep(Duration::from_millis(pause)).await;
    }
}

async fn half_sent_bodies(address: SocketAddr, count: Count) -> Option<()> {
    let mut stream = open_from([127, 1, 0, 1], address).await.ok()?;
    stream.write_all(&preface()).await.ok()?;
    let (mut number, mut missing) = (0, 100);
    let mut answer = [0; 16 * 1024];
    let mut tick = interval(SECOND);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                let mut bytes = Vec::new();
                for _ in 0..missing {
                    bytes.extend(half_a_post(2 * number + 1, "/graphql"));
                    number += 1;
                }
                stream.write_all(&bytes).await.ok()?;
                count.sent(std::mem::take(&mut missing));
            }
            read = stream.read(&mut answer) => {
                let read = read.ok().filter(|read| *read > 0)?;
                let refused = answer[..read].windows(10).filter(|text| text == b"OVERLOADED");
                let refused = refused.count();
                count.refused(refused);
                missing += refused;
            }
        }
    }
}

async fn slow_upload(address: SocketAddr, count: Count) -> Option<()> {
    let mut stream = open_from(PROXY, address).await.ok()?;
    stream.write_all(UPLOAD.as_bytes()).await.ok()?;
    count.sent(1);
    let mut answer = [0; 1024];
    loop {
        tokio::select! {
            () = sleep(SECOND) => stream.write_all(b" ").await.ok()?,
            read = stream.read(&mut answer) => {
                let is_refused = answer[..read.ok()?].starts_with(b"HTTP/1.1 503");
                count.refused(usize::from(is_refused));
                return Some(());
            }
        }
    }
}

async fn silent_socket(address: SocketAddr, count: Count) -> Option<()> {
    let mut stream = open_from([127, 5, 0, 1], address).await.ok()?;
    stream.write_all(HANDSHAKE.as_bytes()).await.ok()?;
    count.sent(1);
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).await.ok()?;
    if !answer[..read].starts_with(b"HTTP/1.1 101") {
        count.refused(1);
        return Some(());
    }
    // Until the server closes it: first its reason, then the end.
    while let Ok(1..) = stream.read(&mut answer).await {
        drop(stream.shutdown().await);
    }
    Some(())
}

async fn flood(address: SocketAddr, many: Vec<u8>, count: Count) -> Option<()> {
    let stream: TcpStream = open_from([127, 4, 0, 1], address).await.ok()?;
    let (mut read, mut write) = stream.into_split();
    let mut drain = JoinSet::new();
    drain.spawn(async move {
        let mut answer = [0; 16 * 1024];
        while let Ok(1..) = read.read(&mut answer).await {}
    });
    write.write_all(&preface()).await.ok()?;
    while write.write_all(&many).await.is_ok() {
        count.sent(many.len() / 1024);
    }
    // As many connections as were closed.
    count.refused(1);
    Some(())
}
