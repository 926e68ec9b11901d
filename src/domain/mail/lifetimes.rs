//! Lifetimes in words: `20 minutes`, `1 hour and 30 minutes`, `3 days`.

/// From one moment to another, in words of a language there are templates for.
///
/// `Units:` Unix milliseconds. `Why:` rounded down to the minute, so that what is told is never longer
/// than what is enforced.
pub(super) fn words(locale: &str, from: i64, until: i64) -> String {
    let minutes = until.saturating_sub(from).max(0) / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60, minutes % 60);
    let (units, and) = match locale {
        "de" => (
            [
                ["Tag", "Tage"],
                ["Stunde", "Stunden"],
                ["Minute", "Minuten"],
            ],
            "und",
        ),
        _ => (
            [["day", "days"], ["hour", "hours"], ["minute", "minutes"]],
            "and",
        ),
    };
    // A day and some hours are told in hours: `24 hours`, `36 hours`.
    let parts = if days >= 2 {
        [days, hours % 24, 0]
    } else {
        [0, hours, rest]
    };
    let told: Vec<String> = parts
        .into_iter()
        .zip(units)
        .filter(|(count, _)| *count > 0)
        .map(|(count, [one, many])| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    if told.is_empty() {
        let [_, _, [_, minutes]] = units;
        return format!("0 {minutes}");
    }
    told.join(&format!(" {and} "))
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
            (minutes(36 * 60), "36 hours", "36 Stunden"),
            (minutes(72 * 60), "3 days", "3 Tage"),
            (
                minutes(49 * 60 + 59),
                "2 days and 1 hour",
                "2 Tage und 1 Stunde",
            ),
            (-5, "0 minutes", "0 Minuten"),
        ] {
            assert_eq!(words("en", 7, 7 + millis), en);
            assert_eq!(words("de", 7, 7 + millis), de);
        }
    }
}
