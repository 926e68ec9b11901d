//! Two targets under the same load in turns, so that what else happens on the machine meets both.

use std::time::Duration;

use crate::load::{Bytes, load};
use crate::process::{Process, postgres_cpu};

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) time: Duration,
    pub(crate) connections: usize,
}

/// A process with what it is asked.
pub(crate) struct Target<'a> {
    pub(crate) process: &'a Process,
    pub(crate) requests: Vec<Bytes>,
}

/// What one target did in all rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    rates: Vec<f64>,
    /// Milliseconds of processor time for each request: the process, and PostgreSQL.
    pub(crate) cpu: f64,
    pub(crate) database_cpu: f64,
    answers: usize,
}

impl Side {
    /// Median of the rounds, in answers per second.
    pub(crate) fn rate(&self) -> f64 {
        median(self.rates.clone())
    }
}

/// The first and the second target.
pub(crate) struct Compared {
    pub(crate) one: Side,
    pub(crate) other: Side,
}

impl Compared {
    /// Median over the rounds of the first's rate in the second's.
    pub(crate) fn ratio(&self) -> f64 {
        let pairs = self.one.rates.iter().zip(&self.other.rates);
        median(pairs.map(|(one, other)| one / other).collect())
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Loads both in turns.
pub(crate) async fn compare(one: &Target<'_>, other: &Target<'_>, plan: Plan) -> Compared {
    let mut compared = Compared {
        one: Side::default(),
        other: Side::default(),
    };
    // Once without counting: pools, caches and plans are then as they are in use.
    for target in [one, other] {
        let short = Duration::from_millis(300);
        load(
            target.process.port,
            &target.requests,
            plan.connections,
            short,
        )
        .await;
    }
    for _ in 0..plan.rounds {
        round(one, &mut compared.one, plan).await;
        round(other, &mut compared.other, plan).await;
    }
    for side in [&mut compared.one, &mut compared.other] {
        side.cpu *= 1000.0 / side.answers.max(1) as f64;
        side.database_cpu *= 1000.0 / side.answers.max(1) as f64;
    }
    compared
}

async fn round(target: &Target<'_>, side: &mut Side, plan: Plan) {
    let before = (target.process.cpu(), postgres_cpu());
    let found = load(
        target.process.port,
        &target.requests,
        plan.connections,
        plan.time,
    )
    .await;
    assert_eq!(found.refused, 0, "every answer must be 200");
    side.cpu += target.process.cpu() - before.0;
    side.database_cpu += postgres_cpu() - before.1;
    side.answers += found.latencies.len();
    side.rates.push(found.rate());
}
