//! Places, upgrades, and the end.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, UPGRADE};
use axum::response::Response;
use axum::routing::get;
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;

use super::*;

#[derive(Clone, Default)]
struct Held {
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    upgraded: Arc<Mutex<JoinSet<()>>>,
}

/// `/` answers, `/wait` answers when it is told to, `/echo` becomes an echo.
fn house(held: &Held) -> Router {
    let waits = async |State(held): State<Held>| {
        held.begun.notify_one();
        held.go_on.notified().await;
        "done"
    };
    Router::new()
        .route("/", get(async || "hello"))
        .route("/wait", get(waits))
        .route("/echo", get(echo))
        .with_state(held.clone())
}

async fn echo(State(held): State<Held>, mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    held.upgraded.lock().expect("whole").spawn(async move {
        let stream = TokioIo::new(upgrade.await.expect("upgraded"));
        let (mut read, mut write) = tokio::io::split(stream);
        drop(tokio::io::copy(&mut read, &mut write).await);
    });
    Response::builder()
        .status(101)
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "echo")
        .body(Body::empty())
        .expect("an answer")
}

async fn get_path(stream: &mut TcpStream, path: &str) {
    send(stream, &format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
}

async fn upgraded(door: &Door) -> TcpStream {
    let mut stream = door.enter().await;
    let head = "GET /echo HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    send(&mut stream, head).await;
    let head = until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    stream
}

#[tokio::test]
async fn a_request_in_work_is_finished_and_idle_connections_are_not_waited_for() {
    let held = Held::default();
    let door = Door::open(house(&held), patient()).await;
    let mut silent = door.enter().await;
    let mut idle = door.enter().await;
    get_path(&mut idle, "/").await;
    until(&mut idle, "hello").await;
    let mut busy = door.enter().await;
    get_path(&mut busy, "/wait").await;
    held.begun.notified().await;
    door.stop.cancel();
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut silent).await, "");
    let late = TcpStream::connect(door.address).await;
    assert!(late.is_err(), "a new connection after the stop");
    held.go_on.notify_one();
    assert!(rest(&mut busy).await.ends_with("done"));
    door.close().await;
}

#[tokio::test]
async fn an_upgraded_connection_outlives_the_deadlines_and_is_waited_for() {
    let held = Held::default();
    let limits = Limits {
        headers: SHORT,
        answer: SHORT,
        ..patient()
    };
    let mut door = Door::open(house(&held), limits).await;
    let mut stream = upgraded(&door).await;
    // A connection made now that ends by its deadline shows that the time is over.
    let mut clock = door.enter().await;
    assert_eq!(rest(&mut clock).await, "");
    send(&mut stream, "still here.").await;
    assert_eq!(until(&mut stream, ".").await, "still here.");
    door.stop.cancel();
    let ended = timeout(SHORT, door.task.join_next()).await;
    assert!(ended.is_err(), "ended before the upgraded connection");
    drop(stream);
    door.close().await;
}

#[tokio::test]
async fn what_is_left_after_the_drain_is_cut() {
    let held = Held::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let stop = CancellationToken::new();
    let ending = (stop.clone(), Drain(SHORT));
    let mut task = JoinSet::new();
    task.spawn(listen(listener, house(&held), patient().into(), ending));
    let mut stream = TcpStream::connect(address).await.expect("let in");
    get_path(&mut stream, "/wait").await;
    held.begun.notified().await;
    stop.cancel();
    assert_eq!(rest(&mut stream).await, "");
    let ended = timeout(PATIENCE, task.join_next()).await;
    ended.expect("in time").expect("a task").expect("no panic");
}

#[tokio::test]
async fn beyond_the_places_a_connection_waits_until_one_is_free() {
    let held = Held::default();
    let limits = Limits {
        connections: 2,
        ..patient()
    };
    let door = Door::open(house(&held), limits).await;
    let first = upgraded(&door).await;
    let mut second = door.enter().await;
    get_path(&mut second, "/").await;
    until(&mut second, "hello").await;
    let mut third = door.enter().await;
    get_path(&mut third, "/").await;
    let early = timeout(SHORT, third.read_u8()).await;
    assert!(early.is_err(), "served without a place");
    drop(first);
    until(&mut third, "hello").await;
    drop((second, third));
    door.close().await;
}
