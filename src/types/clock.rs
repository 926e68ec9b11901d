//! The one source of time: the system's clock moved to the database's, or a clock set by hand.
//!
//! Replicas whose own clocks differ still agree on every expiry, lease and lock, because each adds
//! its measured distance to the database's clock (`db::align_clock`). Tests move the manual clock
//! and never sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment, kept in whole Unix milliseconds as in the database.
///
/// `Units:` milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last moment that RFC 3339 can write, 9999-12-31T23:59:59.999Z.
    const LAST_MILLIS: i64 = 253_402_300_799_999;

    /// Takes a column's value.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Gives a column's value.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Later by that much; stops at the last moment that can be written.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(Self::LAST_MILLIS))
    }

    /// Earlier by that much.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// How long until `later`; zero when it has passed.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Whether what began, if it ever did, goes on at that time; without an end it does.
    pub fn goes_on(since: Option<Self>, until: Option<Self>, now: Self) -> bool {
        since.is_some() && until.is_none_or(|end| end > now)
    }

    /// RFC 3339 in UTC with milliseconds only when there are any, for example `2026-11-21T09:30:00Z`.
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
    }

    /// Reads RFC 3339 with any offset. `None` when it is not a moment between the years 1 and 9999.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(moment.unix_timestamp_nanos() / 1_000_000)
            .ok()
            .map(Self)
    }
}

/// Tells the time. Clones share one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    System { ahead_millis: AtomicI64 },
    Manual { now_millis: AtomicI64 },
}

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Self {
        Self(Arc::new(Kind::System {
            ahead_millis: AtomicI64::new(0),
        }))
    }

    /// A clock that stands still until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Kind::Manual {
            now_millis: AtomicI64::new(start.0),
        }))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match self.0.as_ref() {
            Kind::System { ahead_millis } => {
                Timestamp(system_millis().saturating_add(ahead_millis.load(Ordering::Relaxed)))
            }
            Kind::Manual { now_millis } => Timestamp(now_millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; a system clock is left alone.
    pub fn advance(&self, span: Duration) {
        if let Kind::Manual { now_millis } = self.0.as_ref() {
            let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            now_millis.fetch_add(millis, Ordering::SeqCst);
        }
    }

    /// Whether it is set by hand.
    pub fn is_manual(&self) -> bool {
        matches!(self.0.as_ref(), Kind::Manual { .. })
    }

    /// Moves a system clock forward to another one's reading, where it is behind; never back.
    ///
    /// `Why:` a reading is old by the time it arrives, so it never shows that this clock is ahead.
    pub fn catch_up(&self, other: Timestamp) {
        if let Kind::System { ahead_millis } = self.0.as_ref() {
            let ahead = other.0.saturating_sub(system_millis());
            ahead_millis.fetch_max(ahead, Ordering::Relaxed);
        }
    }

    /// Moves a system clock to another one's reading, for example the database's. Gives the distance.
    ///
    /// `Units:` milliseconds that this machine's own clock is behind the other one.
    pub fn align(&self, other: Timestamp) -> i64 {
        match self.0.as_ref() {
            Kind::System { ahead_millis } => {
                let ahead = other.0.saturating_sub(system_millis());
                ahead_millis.store(ahead, Ordering::Relaxed);
                ahead
            }
            Kind::Manual { .. } => 0,
        }
    }
}

fn system_millis() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock is the one place that asks"
    )]
    let now = OffsetDateTime::now_utc();
    i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read_back() {
        let moment = Timestamp::parse_rfc3339("2026-11-21T10:30:00.250+01:00").unwrap();
        assert_eq!(moment.to_rfc3339(), "2026-11-21T09:30:00.25Z");
        assert_eq!(Timestamp::parse_rfc3339("tomorrow"), None);
    }

    #[test]
    fn a_far_end_stays_writable() {
        let moment = Timestamp::from_millis(0).plus(Duration::MAX);
        assert_eq!(moment.to_rfc3339(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_clock_catches_up_and_is_never_set_back_by_it() {
        let clock = Clock::system();
        let hour = Duration::from_hours(1);
        clock.catch_up(clock.now().plus(hour));
        assert!(clock.now() > Clock::system().now().plus(hour / 2));
        clock.catch_up(Clock::system().now());
        assert!(clock.now() > Clock::system().now().plus(hour / 2));
    }

    #[test]
    fn an_aligned_clock_tells_the_other_ones_time() {
        let clock = Clock::system();
        let hour = Duration::from_hours(1);
        clock.align(clock.now().plus(hour));
        assert!(clock.now() > Clock::system().now().plus(hour / 2));
    }
}
