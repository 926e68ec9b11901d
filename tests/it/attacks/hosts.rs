//! One host that sends slowly or without end, and how everybody else fares meanwhile. Each 127.x.y.0/24 is a
//! network of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, Target};
use crate::support::frames::{
    ACK, PING, PRIORITY, SETTINGS, WINDOW_UPDATE, frame, half_a_post, preface,
};
use crate::support::network::connect_from;
use crate::support::program::Installation;

const PROXY: [u8; 4] = [127, 3, 0, 1];
/// Between two tries of one attacker, so that it does not only open connections.
const PACE: Duration = Duration::from_millis(200);
/// More than the system keeps for one connection on its way.
const ENDLESS: usize = 64 * 1024 * 1024;

/// What attackers are told.
#[derive(Clone, Default)]
struct Refusals(Arc<AtomicUsize>);

impl Refusals {
    /// Waits until so many were told that there is no place.
    async fn reach(&self, wanted: usize, what: &str) {
        let end = Instant::now() + PATIENCE;
        while self.0.load(Ordering::Relaxed) < wanted {
            assert!(Instant::now() < end, "waited in vain for {what}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn count(&self, many: usize) {
        self.0.fetch_add(many, Ordering::Relaxed);
    }
}

/// A hundred bodies on one HTTP/2 connection, each half sent, for as long as they are kept.
async fn half_sent_bodies(address: SocketAddr, refusals: &Refusals) {
    let mut stream = connect_from([127, 1, 0, 1], address).await;
    let mut bytes = preface();
    for number in 0..100 {
        bytes.extend(half_a_post(2 * number + 1, "/public/graphql"));
    }
    if stream.write_all(&bytes).await.is_err() {
        return;
    }
    let mut answer = [0; 16 * 1024];
    while let Ok(count @ 1..) = stream.read(&mut answer).await {
        let refused = answer[..count]
            .windows(10)
            .filter(|text| text == b"OVERLOADED");
        refusals.count(refused.count());
    }
}

/// One slow upload through a proxy that passes bodies on as they come.
async fn slow_upload(address: SocketAddr, refusals: &Refusals) {
    let mut stream = connect_from(PROXY, address).await;
    let head = "POST /public/graphql HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 198.51.100.7\r\n\
                content-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    let mut answer = [0; 1024];
    if let Ok(count) = stream.read(&mut answer).await {
        refusals.count(usize::from(answer[..count].starts_with(b"HTTP/1.1 503")));
    }
}

/// One frame again and again, with its answers read, until the connection is closed. Gives how many bytes went out.
async fn flood(address: SocketAddr, frame: &[u8]) -> usize {
    let stream = connect_from([127, 4, 0, 1], address).await;
    let (mut read, mut write) = stream.into_split();
    let mut drain = JoinSet::new();
    drain.spawn(async move {
        let mut answer = [0; 16 * 1024];
        while let Ok(1..) = read.read(&mut answer).await {}
    });
    let many = frame.repeat(1000);
    let mut sent = 0;
    if write.write_all(&preface()).await.is_err() {
        return sent;
    }
    while sent < ENDLESS && write.write_all(&many).await.is_ok() {
        sent += many.len();
    }
    sent
}

/// The status of an honest request, and how long it took.
async fn honest(target: &Target, from: ([u8; 4], &str)) -> (String, Duration) {
    let begun = Instant::now();
    let body = json!({ "query": "{ viewer { role } }" }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{}authorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        from.1,
        target.key,
        body.len()
    );
    let address = SocketAddr::from(([127, 0, 0, 1], target.desk.port));
    let mut stream = connect_from(from.0, address).await;
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let read = timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    read.expect("in time").expect("an answer");
    let status = answer.get(9..12).unwrap_or_default();
    (status.to_owned(), begun.elapsed())
}

const DIRECT: ([u8; 4], &str) = ([127, 9, 0, 1], "");
const PROXIED: ([u8; 4], &str) = (PROXY, "x-forwarded-for: 203.0.113.9\r\n");

/// Asserts that every honest request is answered, and gives the slowest but one of a hundred.
async fn assert_served(target: &Target) -> Duration {
    let mut times = Vec::new();
    for number in 0..100 {
        let from = if number % 2 == 0 { DIRECT } else { PROXIED };
        let (status, time) = honest(target, from).await;
        assert_eq!(status, "200", "{from:?}");
        times.push(time);
    }
    times.sort_unstable();
    times[98]
}

fn target() -> Target {
    Target::of(Installation::new(vec![
        ("KEYDESK_TELEMETRY__FILTER", "info".to_owned()),
        ("KEYDESK_SERVER__TRUSTED_PROXIES", "127.3.0.1".to_owned()),
    ]))
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "a figure for people; tests check outcomes"
)]
async fn three_attacks_at_once_keep_nobody_else_out() {
    let target = target();
    let address = SocketAddr::from(([127, 0, 0, 1], target.desk.port));
    let idle = assert_served(&target).await;

    let (bodies, uploads) = (Refusals::default(), Refusals::default());
    let mut attackers = JoinSet::new();
    for _ in 0..3 {
        let bodies = bodies.clone();
        attackers.spawn(async move {
            loop {
                Box::pin(half_sent_bodies(address, &bodies)).await;
                sleep(PACE).await;
            }
        });
    }
    for _ in 0..270 {
        let uploads = uploads.clone();
        attackers.spawn(async move {
            loop {
                slow_upload(address, &uploads).await;
                sleep(PACE * 10).await;
            }
        });
    }
    for frame in [frame(PING, 0, 0, b"12345678"), frame(SETTINGS, 0, 0, b"")] {
        attackers.spawn(async move {
            loop {
                flood(address, &frame).await;
                sleep(PACE).await;
            }
        });
    }
    // More than fit beside an eighth: the attackers have all that they get.
    bodies.reach(200, "refused bodies").await;
    uploads.reach(200, "refused uploads").await;
    let attacked = assert_served(&target).await;
    println!("p99 of an honest request: {idle:?} idle, {attacked:?} under three attacks");
    attackers.shutdown().await;
    let well = tokio::task::spawn_blocking(|| target.assert_well());
    well.await.expect("well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_frames_that_belong_to_no_request_ends_its_connection() {
    let target = target();
    let address = SocketAddr::from(([127, 0, 0, 1], target.desk.port));
    for (name, frame) in [
        ("PING", frame(PING, 0, 0, b"12345678")),
        ("SETTINGS", frame(SETTINGS, 0, 0, b"")),
        ("answers to no PING", frame(PING, ACK, 0, b"12345678")),
        ("PRIORITY", frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 16])),
        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
    ] {
        let sent = timeout(PATIENCE, flood(address, &frame)).await;
        let sent = sent.unwrap_or_else(|_| panic!("{name}: neither taken nor refused"));
        assert!(sent < ENDLESS, "{name}: {sent} bytes were taken");
    }
    let log = std::fs::read_to_string(target.desk.path("stderr")).expect("a log");
    let lines = log.lines().count();
    assert!(lines < 200, "{lines} lines of log");
    let well = tokio::task::spawn_blocking(|| target.assert_well());
    well.await.expect("well");
}
