//! Moments as an operator writes them: RFC 3339, or how far away they are.

use std::time::Duration;

use crate::types::clock::Timestamp;

/// What is said about a text that is no moment.
const REFUSED: &str =
    "write a moment such as 2026-12-01T09:00:00Z, or a span such as 30m, 1h or 7d";

/// A moment, or how far away it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// That moment.
    At(Timestamp),
    /// That far from now.
    Away(Duration),
}

impl When {
    /// Reads a moment or a span.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let moment = Timestamp::parse_rfc3339(text).map(Self::At);
        moment
            .or_else(|| span(text).map(Self::Away))
            .ok_or_else(|| REFUSED.to_owned())
    }

    /// How far away it is; nothing for what is over.
    pub(super) fn span(self, now: Timestamp) -> Duration {
        match self {
            Self::At(moment) => now.until(moment),
            Self::Away(span) => span,
        }
    }

    /// The moment, a span counted forward.
    pub(super) fn ahead(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Away(span) => now.plus(span),
        }
    }

    /// The moment, a span counted backward.
    pub(super) fn ago(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Away(span) => now.minus(span),
        }
    }
}

/// A whole number of minutes, hours, days or weeks.
pub(super) fn span(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u32 = number.parse().ok()?;
    Some(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_are_read_and_all_else_is_refused_with_an_example() {
        let day = Duration::from_hours(24);
        assert_eq!(When::read("7d"), Ok(When::Away(day * 7)));
        assert_eq!(When::read("30m"), Ok(When::Away(day / 48)));
        let now = Timestamp::from_millis(1_795_253_400_000);
        assert_eq!(When::read("2026-11-21T09:30:00Z"), Ok(When::At(now)));
        assert_eq!(When::read("1d").unwrap().ahead(now), now.plus(day));
        assert_eq!(When::read("1d").unwrap().ago(now), now.minus(day));
        for text in [
            "",
            "d",
            "7",
            "+7d",
            "-1d",
            "1.5h",
            "7dd",
            "99999999999d",
            "ä",
            "2026-11-21",
        ] {
            assert!(When::read(text).unwrap_err().contains("7d"), "{text}");
        }
    }
}
