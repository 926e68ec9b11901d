//! Resets against the raw speed of hashing, reads beside resets, memory, and the start.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde_json::json;

use crate::compare::{Plan, median};
use crate::desk::{Store, page};
use crate::load::{Bytes, Found, load, post};
use crate::process::Process;
use crate::table::{Goal, Line};

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Hashes per second of a loop that does nothing else, on as many threads as Keydesk hashes on.
fn raw_rate(time: Duration) -> f64 {
    let workers: Vec<_> = (0..threads())
        .map(|_| {
            std::thread::spawn(move || {
                let params = Params::new(19_456, 2, 1, Some(32)).expect("parameters");
                let mut memory = vec![Block::new(); params.block_count()];
                let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let (start, mut hashes, mut output) = (Instant::now(), 0_u32, [0; 32]);
                while start.elapsed() < time {
                    argon
                        .hash_password_into_with_memory(
                            b"correct horse battery staple",
                            &hashes.to_be_bytes().repeat(4),
                            &mut output,
                            &mut memory,
                        )
                        .expect("a hash");
                    hashes += 1;
                }
                f64::from(hashes) / start.elapsed().as_secs_f64()
            })
        })
        .collect();
    let rates = workers.into_iter().map(std::thread::JoinHandle::join);
    rates.map(|rate| rate.expect("a rate")).sum()
}

async fn resets(store: &Store, key: &str) -> Vec<Bytes> {
    let query = "mutation($user: UserRef!) { resetPassword(input: { user: $user, generate: true }) { \
        generatedPassword errors { code message } } }";
    let logins = store.resettable().await;
    logins
        .iter()
        .map(|login| {
            let body = json!({ "query": query, "variables": { "user": { "login": login } } });
            post("/graphql", Some(key), &body.to_string())
        })
        .collect()
}

/// Resets per second against the raw loop, and reads while resets saturate against reads alone.
pub(crate) async fn measure(store: &Store, plan: Plan) {
    let desk = store.serve(&[]);
    let key = store.key();
    let resets = resets(store, &key).await;
    check(&desk, &resets[0]).await;
    speed(store, &desk, &resets, plan).await;
    let reads = vec![page(&key, &json!({}))];
    let beside = beside(&desk, &reads, &resets, plan).await;
    let kind = &store.label;
    let told = format!("{:.1} resets/s meanwhile", beside.resets);
    Line {
        what: format!("{kind}: reads' p99 while resets saturate / alone"),
        figure: beside.p99,
        unit: "",
        goal: Goal::AtMost(2.0, 1.5),
        beside: told.clone(),
    }
    .print();
    Line {
        what: format!("{kind}: reads' rate while resets saturate / alone"),
        figure: beside.rate,
        unit: "",
        goal: Goal::AtLeast(0.5, 0.6),
        beside: told,
    }
    .print();
}

async fn check(desk: &Process, request: &[u8]) {
    let mut connection = crate::load::Connection::open(desk.port)
        .await
        .expect("a connection");
    let (status, body) = connection.ask(request).await.expect("an answer");
    let text = String::from_utf8_lossy(body);
    assert!(
        status == 200 && text.contains("\"errors\":[]"),
        "a reset: {text}"
    );
}

async fn speed(store: &Store, desk: &Process, resets: &[Bytes], plan: Plan) {
    let (mut ratios, mut raw, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        raw.push(raw_rate(plan.time));
        ours.push(load(desk.port, resets, 8, plan.time).await.rate());
        ratios.extend(ours.last().zip(raw.last()).map(|(ours, raw)| ours / raw));
    }
    Line {
        what: format!("{}: resets per second / raw Argon2 loop", store.label),
        figure: median(ratios),
        unit: "",
        goal: Goal::AtLeast(0.85, 0.93),
        beside: format!("{:.1}/s against {:.1}/s", median(ours), median(raw)),
    }
    .print();
}

struct Beside {
    p99: f64,
    rate: f64,
    resets: f64,
}

async fn beside(desk: &Process, reads: &[Bytes], resets: &[Bytes], plan: Plan) -> Beside {
    let (mut p99, mut rate, mut done) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let alone = load(desk.port, reads, 4, plan.time).await;
        let (busy, resets): (Found, Found) = tokio::join!(
            load(desk.port, reads, 4, plan.time),
            load(desk.port, resets, 16, plan.time)
        );
        p99.push(busy.quantile(0.99).as_secs_f64() / alone.quantile(0.99).as_secs_f64());
        rate.push(busy.rate() / alone.rate());
        done.push(resets.rate());
    }
    Beside {
        p99: median(p99),
        rate: median(rate),
        resets: median(done),
    }
}

/// How far the hashing threads should stand back, and whether a core should be left to reads.
pub(crate) async fn priorities(store: &Store, plan: Plan) {
    let key = store.key();
    let resets = resets(store, &key).await;
    let reads = vec![page(&key, &json!({}))];
    let one_less = (threads() - 1).max(1).to_string();
    for (name, settings) in [
        ("nice 0", [("KEYDESK_SECURITY__HASHING_NICE", "0")]),
        ("nice 5", [("KEYDESK_SECURITY__HASHING_NICE", "5")]),
        ("nice 10", [("KEYDESK_SECURITY__HASHING_NICE", "10")]),
        ("nice 19", [("KEYDESK_SECURITY__HASHING_NICE", "19")]),
        (
            "a core free, nice 5",
            [("KEYDESK_SECURITY__HASHING_THREADS", &one_less)],
        ),
    ] {
        let desk = store.serve(&settings);
        let found = beside(&desk, &reads, &resets, plan).await;
        Line {
            what: format!(
                "{}, {name}: reads' p99 while resets saturate / alone",
                store.label
            ),
            figure: found.p99,
            unit: "",
            goal: Goal::Told,
            beside: format!(
                "reads' rate kept {:.2}, {:.1} resets/s",
                found.rate, found.resets
            ),
        }
        .print();
    }
}

/// Memory and the start.
pub(crate) async fn process(store: &Store) {
    let kind = &store.label;
    let starts: Vec<f64> = (0..9).map(|_| cold_start(store)).collect();
    Line {
        what: format!("{kind}: start to first answer, processor time"),
        figure: median(starts) * 1000.0,
        unit: " ms",
        goal: Goal::AtMost(100.0, 50.0),
        beside: "median of 9 starts".to_owned(),
    }
    .print();
    let desk = store.serve(&[]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    Line {
        what: format!("{kind}: memory, idle"),
        figure: desk.memory(),
        unit: " MiB",
        goal: Goal::AtMost(30.0, 20.0),
        beside: "2 s after the start".to_owned(),
    }
    .print();
    let key = store.key();
    let resets = resets(store, &key).await;
    let mut most = 0.0_f64;
    for _ in 0..3 {
        load(desk.port, &resets, 64, Duration::from_secs(2)).await;
        most = most.max(desk.memory());
    }
    Line {
        what: format!("{kind}: memory under 64 parallel resets"),
        figure: most,
        unit: " MiB",
        goal: Goal::AtMost(120.0, 100.0),
        beside: "highest of 3 rounds".to_owned(),
    }
    .print();
}

fn cold_start(store: &Store) -> f64 {
    let desk = store.serve(&[]);
    let end = Instant::now() + Duration::from_mins(1);
    while !ready(desk.port) {
        assert!(Instant::now() < end, "never ready");
    }
    desk.cpu()
}

fn ready(port: u16) -> bool {
    use std::io::{Read as _, Write as _};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let request = b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    let mut answer = [0; 12];
    stream.write_all(request).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.ends_with(b"200")
}

impl Store {
    /// Usernames of members whose password is kept here.
    pub(crate) async fn resettable(&self) -> Vec<String> {
        use sea_orm::ConnectionTrait as _;
        let sql = "SELECT username FROM users WHERE role = 'MEMBER' AND deleted_at IS NULL \
             AND disabled_at IS NULL AND authentication_source = 'BUILT_IN' AND email IS NOT NULL \
             ORDER BY username_key LIMIT 2000";
        let db = self.connect().await;
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.expect("users");
        rows.iter()
            .map(|row| row.try_get("", "username").expect("a username"))
            .collect()
    }
}
