//! Ratios within one run: Keydesk against bare programs, a large database against a small one, load
//! against rest. `cargo bench` fills two databases with sample users the first time, and keeps them.
//!
//! Figures depend on the machine; ratios much less. See `docs/performance.md`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measuring program: it prints, and stops at what it did not expect"
)]

mod attackers;
mod bare;
mod compare;
mod desk;
#[path = "../../tests/it/support/frames.rs"]
#[expect(dead_code, reason = "tests need more kinds of frames")]
mod frames;
mod hashing;
mod hosts;
mod load;
mod mail;
mod process;
mod reading;
#[path = "../../tests/it/support/statistics.rs"]
mod statistics;
mod table;
mod timing;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use compare::Plan;
use desk::Store;

/// Measures Keydesk.
#[derive(Parser, Debug)]
struct Arguments {
    /// Users in the large database.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Users in the small one.
    #[arg(long, default_value_t = 100_000)]
    few: u64,
    /// Length of a round, in seconds.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Rounds for each side of a comparison.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only figures whose group is named: reads, hashing, process, priority, against,
    /// timing, mail, mail-latency, hosts.
    #[arg(long)]
    only: Vec<String>,
    /// Requests of each kind in `timing`.
    #[arg(long, default_value_t = 400)]
    requests: usize,
    /// Another build of `keydesk` to compare the page with.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Where SQLite files are kept.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// A PostgreSQL on which databases may be made.
    #[arg(
        long,
        env = "TEST_DATABASE_URL",
        default_value = "postgres://postgres@127.0.0.1:5432/postgres"
    )]
    postgres: String,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn wants(&self, group: &str) -> bool {
        if self.only.is_empty() {
            // Two of them compare choices that were made, and four take data of their own; they are asked
            // for by name.
            ![
                "priority",
                "against",
                "timing",
                "mail",
                "mail-latency",
                "hosts",
            ]
            .contains(&group)
        } else {
            self.only.iter().any(|name| name == group)
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            rounds: self.rounds,
            time: Duration::from_secs_f64(self.seconds),
            connections: 16,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut words = std::env::args().skip(1);
    let first = words.next();
    if first.as_deref() == Some("attackers") {
        let port = words.next().and_then(|port| port.parse().ok());
        attackers::attack(port.expect("a port"), words.collect()).await;
        return;
    }
    if first.as_deref() == Some("bare") {
        let url = words.next().expect("a database");
        let port = words.next().and_then(|port| port.parse().ok());
        // As many threads as Keydesk has.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(bare::serve(&url, port.expect("a port")));
        })
        .join()
        .expect("served");
        return;
    }
    run(Arguments::parse()).await;
}

async fn run(arguments: Arguments) {
    std::fs::create_dir_all(&arguments.folder).expect("a folder");
    if arguments.wants("timing") {
        table::head();
        for store in Store::fresh(&arguments.folder, &arguments.postgres).await {
            timing::measure(&store, arguments.requests, &arguments.folder).await;
        }
        if arguments.only.len() == 1 {
            return;
        }
    }
    if arguments.wants("mail") {
        table::head();
        for store in Store::fresh(&arguments.folder, &arguments.postgres).await {
            mail::measure(&store, arguments.rounds);
        }
    }
    if arguments.wants("mail-latency") {
        table::head();
        for store in stores(&arguments, 2_000).await {
            mail::latency(&store, arguments.requests).await;
        }
    }
    if arguments.wants("hosts") {
        table::head();
        let store = Store::sqlite(&arguments.folder, 1_000);
        store.fill().await;
        hosts::measure(&store, arguments.rounds, &arguments.folder).await;
    }
    let is_done = |group: &String| group.starts_with("mail") || group == "hosts";
    if !arguments.only.is_empty() && arguments.only.iter().all(is_done) {
        return;
    }
    let large = stores(&arguments, arguments.rows).await;
    let small = stores(&arguments, arguments.few).await;
    table::head();
    for (large, small) in large.iter().zip(&small) {
        if arguments.wants("reads") {
            reading::measure(large, small, arguments.plan()).await;
        }
        if let Some(program) = arguments
            .against
            .as_ref()
            .filter(|_| arguments.wants("against"))
        {
            reading::against(large, program, arguments.plan()).await;
        }
        if arguments.wants("hashing") {
            hashing::measure(small, arguments.plan()).await;
        }
        if arguments.wants("priority") {
            hashing::priorities(small, arguments.plan()).await;
        }
        if arguments.wants("process") {
            hashing::process(small).await;
        }
    }
}

async fn stores(arguments: &Arguments, rows: u64) -> Vec<Store> {
    let mut stores = vec![Store::sqlite(&arguments.folder, rows)];
    match Store::postgres(&arguments.postgres, rows).await {
        Some(store) => stores.push(store),
        None => eprintln!("no PostgreSQL answers; its figures are left out"),
    }
    for store in &stores {
        store.fill().await;
    }
    stores
}
