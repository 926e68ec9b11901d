//! How everybody else fares while one host attacks: `viewer` idle, under each of three attacks, and under all.
//!
//! The honest client keeps a connection of 127.9.0.0/24 and one through the trusted proxy, asks on them in turns,
//! 100 times a second, and repeats nothing. An answer that comes after the next request was due counts for that one
//! too: its time begins when it was due. Idle and attacked stretches follow each other in each round; the quantiles
//! are of all rounds. The server logs as it does by default, into a file.
//!
//! `Source:` issue 13.17: p99 at most three times idle, and no 503.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::attackers::{Attackers, PROXY};
use crate::desk::Store;
use crate::load::{Bytes, Connection, Found, post};
use crate::process::Process;
use crate::table::{Goal, Line};

const EVERY: Duration = Duration::from_millis(10);
/// Until attackers have all that they get, and until the server has cleared up after them.
const SETTLE: Duration = Duration::from_secs(2);
/// Requests in one stretch of a round.
const REQUESTS: usize = 300;
const FEWEST_ROUNDS: usize = 4;

/// A name, and the attacks that run meanwhile.
type Kind = (&'static str, &'static [&'static str]);

const KINDS: [Kind; 5] = [
    ("idle", &[]),
    ("300 half-sent bodies", &["bodies"]),
    ("270 slow uploads", &["uploads"]),
    ("silent WebSockets, PING, SETTINGS", &["floods"]),
    ("all three", &["bodies", "uploads", "floods"]),
];

/// What one kind of stretch found.
#[derive(Default)]
struct Stretch {
    found: Found,
    /// Seconds of the server's processor time.
    cpu: f64,
    attackers: String,
}

/// Every figure. At least 1000 samples of each kind, whatever `rounds` is.
pub(crate) async fn measure(store: &Store, rounds: usize, folder: &Path) {
    let desk = store.serve_logging(
        &folder.join("hosts.log"),
        &[
            ("KEYDESK_SERVER__TRUSTED_PROXIES", "127.3.0.1"),
            ("KEYDESK_TELEMETRY__FILTER", "info"),
        ],
    );
    let requests = viewers(&store.key());
    let rounds = rounds.max(FEWEST_ROUNDS);
    let mut stretches: [Stretch; 5] = Default::default();
    for round in 1..=rounds {
        for ((_, attacks), stretch) in KINDS.iter().zip(&mut stretches) {
            run(&desk, &requests, attacks, stretch).await;
        }
        eprintln!("{}: round {round} of {rounds}", store.label);
    }
    print(&store.label, &stretches);
}

/// The question directly, and through the proxy.
fn viewers(key: &str) -> [Bytes; 2] {
    let body = json!({ "query": "{ viewer { role } }" }).to_string();
    let direct = post("/graphql", Some(key), &body);
    let text = String::from_utf8(direct.clone()).expect("a text");
    let proxied = text.replacen("\r\n", "\r\nx-forwarded-for: 203.0.113.9\r\n", 1);
    [direct, proxied.into_bytes()]
}

async fn run(desk: &Process, requests: &[Bytes; 2], attacks: &[&str], into: &mut Stretch) {
    let attackers = (!attacks.is_empty()).then(|| Attackers::start(desk.port, attacks));
    sleep(SETTLE).await;
    let (cpu, start) = (desk.cpu(), Instant::now());
    honest(desk.port, requests, &mut into.found).await;
    into.found.elapsed += start.elapsed();
    into.cpu += desk.cpu() - cpu;
    if let Some(attackers) = attackers {
        into.attackers = attackers.end();
    }
}

async fn honest(port: u16, requests: &[Bytes; 2], found: &mut Found) {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut connections: [Option<Connection>; 2] = [None, None];
    let sources = [[127, 9, 0, 1], PROXY];
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut last = Instant::now();
    for number in 0..REQUESTS {
        let due = tick.tick().await.into_std();
        // What waits for the answer before it has waited since it was due; else the timer's own delay is left out.
        let begun = if last > due { due } else { Instant::now() };
        let turn = number % 2;
        let status = match &mut connections[turn] {
            Some(connection) => connection.ask(&requests[turn]).await.map(|answer| answer.0),
            none => match Connection::open_from(sources[turn], address).await {
                Ok(connection) => {
                    let connection = none.insert(connection);
                    connection.ask(&requests[turn]).await.map(|answer| answer.0)
                }
                Err(error) => Err(error),
            },
        };
        last = Instant::now();
        if matches!(status, Ok(200)) {
            found.latencies.push(last.duration_since(begun));
        } else {
            eprintln!("not 200: {status:?}");
            found.refused += 1;
            connections[turn] = None;
        }
    }
}

fn print(label: &str, stretches: &[Stretch; 5]) {
    let milliseconds =
        |stretch: &Stretch, share| stretch.found.quantile(share).as_secs_f64() * 1000.0;
    let idle = &stretches[0];
    for ((name, _), stretch) in KINDS.iter().zip(stretches).skip(1) {
        let [p50, p99] = [0.5, 0.99].map(|share| milliseconds(stretch, share));
        let [idle50, idle99] = [0.5, 0.99].map(|share| milliseconds(idle, share));
        let line = Line {
            what: format!("{label}, {name}: p99 of `viewer` / idle"),
            figure: p99 / idle99,
            unit: "",
            goal: Goal::AtMost(3.0, 2.0),
            beside: format!(
                "p99 {p99:.2} ms against {idle99:.2} ms; p50 {p50:.2} ms against {idle50:.2} ms, ratio {:.2}; \
                 {} of {} not 200; server {:.2} of a core against {:.2}; in one stretch: {}",
                p50 / idle50,
                stretch.found.refused,
                stretch.found.refused + stretch.found.latencies.len(),
                stretch.cpu / stretch.found.elapsed.as_secs_f64(),
                idle.cpu / idle.found.elapsed.as_secs_f64(),
                stretch.attackers,
            ),
        };
        line.print();
    }
    let refused: usize = stretches.iter().map(|stretch| stretch.found.refused).sum();
    let answered: usize = stretches
        .iter()
        .map(|stretch| stretch.found.latencies.len())
        .sum();
    let line = Line {
        what: format!("{label}: answers that are not 200, idle and attacked"),
        figure: refused as f64,
        unit: "",
        goal: Goal::AtMost(0.0, 0.0),
        beside: format!("of {}", refused + answered),
    };
    line.print();
}
