//! Lifetimes in words: `20 minutes`, `1 hour and 30 minutes`.

/// From one moment to another, in words of a language there are templates for.
///
/// `Units:` Unix milliseconds. `Why:` rounded down to the minute, so that what is told is never longer
/// than what is enforced.
pub(super) fn words(locale: &str, from: i64, until: i64) -> String {
    let minutes = until.saturating_sub(from).max(0) / 60_000;
    let (hours, rest) = (minutes / 60, minutes % 60);
    let ([hour, hours_word], [minute, minutes_word], and) = match locale {
        "de" => (["Stunde", "Stunden"], ["Minute", "Minuten"], "und"),
        _ => (["hour", "hours"], ["minute", "minutes"], "and"),
    };
    let hours_text = format!("{hours} {}", if hours == 1 { hour } else { hours_word });
    let minutes_text = format!("{rest} {}", if rest == 1 { minute } else { minutes_word });
    match (hours, rest) {
        (0, _) => minutes_text,
        (_, 0) => hours_text,
        _ => format!("{hours_text} {and} {minutes_text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_told_in_hours_and_minutes_and_never_longer_than_they_are() {
        let minutes = |count: i64| count * 60_000;
        for (millis, en, de) in [
            (minutes(1), "1 minute", "1 Minute"),
            (minutes(20), "20 minutes", "20 Minuten"),
            (minutes(21) - 1, "20 minutes", "20 Minuten"),
            (minutes(60), "1 hour", "1 Stunde"),
            (
                minutes(90),
                "1 hour and 30 minutes",
                "1 Stunde und 30 Minuten",
            ),
            (minutes(24 * 60), "24 hours", "24 Stunden"),
            (-5, "0 minutes", "0 Minuten"),
        ] {
            assert_eq!(words("en", 7, 7 + millis), en);
            assert_eq!(words("de", 7, 7 + millis), de);
        }
    }
}
