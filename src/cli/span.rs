//! Lengths of time as people write them: `30m`, `1h`, `7d`.

use std::time::Duration;

/// Reads a number with its unit.
///
/// Errors: the text says what to write instead.
pub(super) fn read_span(text: &str) -> Result<Duration, String> {
    let refused = || "write a number and s, m, h or d, such as 30m or 24h".to_owned();
    let unit = text.chars().last().ok_or_else(refused)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(refused()),
    };
    let number = text.strip_suffix(unit).unwrap_or_default();
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let number: u32 = number.parse().map_err(|_too_large_or_none| refused())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_or_refused_with_an_example() {
        assert_eq!(read_span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(read_span("30m"), Ok(Duration::from_mins(30)));
        assert_eq!(read_span("24h"), Ok(Duration::from_hours(24)));
        assert_eq!(read_span("7d"), Ok(Duration::from_hours(168)));
        for text in [
            "",
            "h",
            "1",
            "1x",
            "-1h",
            "+1h",
            "1.5h",
            "1 h",
            "9999999999h",
            "5mm",
            "ä",
        ] {
            assert!(read_span(text).unwrap_err().contains("30m"), "{text}");
        }
    }
}
