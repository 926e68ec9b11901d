//! The usual spelling of a language tag, and what comes after it when there is no text in it.

/// Longest tag.
const MOST: usize = 35;

/// A BCP 47 tag in its usual spelling: `pt_br` becomes `pt-BR`, `zh-hant` `zh-Hant`. `None` for what is none.
pub fn canonical_locale(text: &str) -> Option<String> {
    let mut parts = text.split(['-', '_']);
    let language = parts.next()?;
    if text.len() > MOST || !(2..=3).contains(&language.len()) || !alphabetic(language) {
        return None;
    }
    let mut tag = language.to_ascii_lowercase();
    for part in parts {
        if !(2..=8).contains(&part.len()) || !part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        tag.push('-');
        let small = part.to_ascii_lowercase();
        match small.split_at(1) {
            _ if part.len() == 2 => tag.push_str(&part.to_ascii_uppercase()),
            (first, rest) if part.len() == 4 && alphabetic(part) => {
                tag.push_str(&first.to_ascii_uppercase());
                tag.push_str(rest);
            }
            _ => tag.push_str(&small),
        }
    }
    Some(tag)
}

fn alphabetic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Where a text is looked for: `de-AT`, `de`, then the default, then English.
pub fn chain(wanted: &str, default: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for tag in [wanted, default, "en"] {
        let tag = tag.split('.').next().unwrap_or_default();
        let mut rest = canonical_locale(tag).unwrap_or_default();
        while !rest.is_empty() {
            let shorter = rest
                .rsplit_once('-')
                .map(|(head, _)| head.to_owned())
                .unwrap_or_default();
            if !found.contains(&rest) {
                found.push(rest);
            }
            rest = shorter;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_get_their_usual_spelling() {
        assert_eq!(canonical_locale("pt_br").as_deref(), Some("pt-BR"));
        assert_eq!(canonical_locale("DE").as_deref(), Some("de"));
        assert_eq!(
            canonical_locale("ZH_hANT-tw").as_deref(),
            Some("zh-Hant-TW")
        );
        assert_eq!(
            canonical_locale("de-1996-VALENCIA").as_deref(),
            Some("de-1996-valencia")
        );
        for text in ["", "e", "english", "en--", "en-\u{e9}\u{e9}", "en\r\nBcc"] {
            assert_eq!(canonical_locale(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_looked_for_from_the_nearest_language_to_english() {
        for (wanted, default, expected) in [
            ("de-AT", "en", "de-AT de en"),
            ("de_AT.UTF-8", "de", "de-AT de en"),
            ("zh-Hant-TW", "de", "zh-Hant-TW zh-Hant zh de en"),
            ("en", "en", "en"),
            ("?", "fr", "fr en"),
        ] {
            assert_eq!(chain(wanted, default).join(" "), expected);
        }
    }
}
