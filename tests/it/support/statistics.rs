//! How well two samples can be told apart. `cargo bench` measures with this, and a test judges by it.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "samples are few, and what is drawn is less than their number"
)]

use std::cmp::Ordering;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// The share of pairs in which the second is larger (Mann-Whitney); ties count half. 0.5 is a coin.
pub(crate) fn auc(one: &[f64], two: &[f64]) -> f64 {
    let wins = one.iter().flat_map(|one| {
        two.iter().map(move |two| match two.total_cmp(one) {
            Ordering::Greater => 1.0,
            Ordering::Equal => 0.5,
            Ordering::Less => 0.0,
        })
    });
    wins.sum::<f64>() / (one.len() * two.len()) as f64
}

/// How far from 0.5 the share is by chance where the samples do not differ.
pub(crate) fn standard_error(one: &[f64], two: &[f64]) -> f64 {
    let (one, two) = (one.len() as f64, two.len() as f64);
    ((one + two + 1.0) / (12.0 * one * two)).sqrt()
}

/// Fisher and Yates; what it draws from need not be hard to guess, only new each time.
pub(crate) fn shuffle<T>(items: &mut [T]) {
    let mut state = RandomState::new().build_hasher().finish() | 1;
    for place in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(place, (state % (place as u64 + 1)) as usize);
    }
}
