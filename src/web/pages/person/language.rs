//! In which language a page answers: the visitor's choice, else what the browser asks for, else what
//! settings say.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::web::cookies;

/// A language that the pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::German];

    /// As in `lang="…"`, in the address and in the names of files.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What its speakers call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Reads a tag such as `de` or `de-AT`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let language = text.split(['-', '_']).next().unwrap_or_default();
        let mut all = Self::ALL.into_iter();
        all.find(|known| known.tag().eq_ignore_ascii_case(language))
    }

    /// The language of a request. `cookie` names the one that holds the visitor's choice.
    pub(super) fn of(headers: &HeaderMap, cookie: &str, default: &str) -> Self {
        let chosen = cookies::named(headers, cookie).next();
        let chosen = chosen.and_then(|text| Self::parse(text.expose()));
        let asked = || headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(best);
        let fallback = || Self::parse(default).unwrap_or(Self::English);
        chosen.or_else(asked).unwrap_or_else(fallback)
    }
}

/// The best of ours in the list that a browser sends. `Source:` RFC 9110 section 12.5.4.
fn best(accepted: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for entry in accepted.split(',') {
        let (tag, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight = weight.trim().trim_start_matches("q=");
        let weight: f32 = weight.parse().unwrap_or(0.0);
        let Some(language) = Language::parse(tag.trim()) else {
            continue;
        };
        if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn of(cookie: &str, accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, cookie.parse().unwrap());
        headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Language::of(&headers, "lang", "de")
    }

    #[test]
    fn a_choice_comes_before_the_browser_s_wish_and_that_before_the_setting() {
        assert_eq!(of("lang=en", "de"), Language::English);
        assert_eq!(of("lang=fr", "en-GB"), Language::English);
        assert_eq!(of("other=en", "fr"), Language::German);
    }

    #[test]
    fn the_heaviest_of_ours_is_taken() {
        for (accepted, wanted) in [
            ("de-AT, en;q=0.8", Some(Language::German)),
            ("fr, en;q=0.5, de;q=0.9", Some(Language::German)),
            ("en;q=0.1,de;q=0", Some(Language::English)),
            ("de;q=many", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(best(accepted), wanted, "{accepted}");
        }
    }
}
