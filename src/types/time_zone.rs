//! Time zones by their IANA names, and a moment as people of one read it.
//!
//! `Why:` the zones of the program's release and not those of the machine, so that replicas agree.

use jiff::Timestamp as Moment;
use jiff::tz::TimeZone;

/// The usual spelling of a zone's name: `europe/vienna` is `Europe/Vienna`. `None` for no zone.
pub fn canonical(name: &str) -> Option<String> {
    let zone = TimeZone::get(name).ok()?;
    zone.iana_name().map(str::to_owned)
}

/// `2026-11-22 09:30 UTC`, cut to the minute, so that what "works until" then still works.
///
/// `Units:` Unix milliseconds. An unknown zone is UTC.
pub fn minute(millis: i64, zone: Option<&str>) -> Option<String> {
    let zone = zone.and_then(|name| TimeZone::get(name).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let local = Moment::from_millisecond(millis).ok()?.to_zoned(zone);
    // Zones without letters of their own are told by their distance: `UTC+05:30`.
    let letters = local.strftime("%Z").to_string();
    let name = if letters.starts_with(['+', '-']) {
        format!("UTC{}", local.strftime("%:z"))
    } else {
        letters
    };
    Some(format!("{} {name}", local.strftime("%Y-%m-%d %H:%M")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T09:30:59Z.
    const NOW: i64 = 1_795_253_459_000;

    #[test]
    fn times_are_told_with_their_zone_and_never_later_than_they_are() {
        for (zone, told) in [
            (None, "2026-11-21 09:30 UTC"),
            (Some("Europe/Vienna"), "2026-11-21 10:30 CET"),
            (Some("Asia/Kathmandu"), "2026-11-21 15:15 UTC+05:45"),
            (Some("America/St_Johns"), "2026-11-21 06:00 NST"),
            (Some("Nowhere/Land"), "2026-11-21 09:30 UTC"),
        ] {
            assert_eq!(minute(NOW, zone).as_deref(), Some(told));
        }
        let summer = NOW - 130 * 24 * 3_600_000;
        let told = minute(summer, Some("Europe/Vienna"));
        assert_eq!(told.as_deref(), Some("2026-07-14 11:30 CEST"));
        assert_eq!(minute(i64::MAX, None), None);
    }

    #[test]
    fn names_get_their_usual_spelling() {
        assert_eq!(canonical("europe/vienna").as_deref(), Some("Europe/Vienna"));
        assert_eq!(canonical("UTC").as_deref(), Some("UTC"));
        for text in ["", "Vienna", "+01:00", "../../etc/passwd", "CET/CEST"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
