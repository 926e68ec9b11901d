//! What styles may say: nothing that loads, and nothing that hides what it says.

/// Functions that compute and load nothing.
const FUNCTIONS: [&str; 14] = [
    "rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "var", "and", "not", "or", "only",
    "screen",
];
const RULES: [&str; 2] = ["media", "supports"];
/// What hides words, adds some, or brings blocks together on one line.
const HIDING: [&str; 6] = [
    "display:none",
    "display:inline",
    "display:contents",
    "visibility:",
    "content:",
    "font-size:0",
];
/// `Why:` every selector is tried on every element of a mail.
pub(super) const MOST_SELECTORS: usize = 300;
/// Parts of one selector, as in `td p a`.
const MOST_PARTS: usize = 4;

/// What is refused, and where it stands.
#[derive(Debug)]
pub(super) struct Refused {
    what: String,
    pub(super) trace: String,
}

impl Refused {
    pub(super) fn message(&self) -> String {
        format!(
            "Styles cannot say `{}`: they may load and hide nothing. Colours, sizes and @media are fine.",
            self.what
        )
    }
}

fn refused(what: impl Into<String>) -> Refused {
    let what = what.into();
    Refused {
        trace: what.clone(),
        what,
    }
}

pub(super) fn judge(css: &str) -> Result<(), Refused> {
    let folded = css.to_ascii_lowercase();
    for word in ["\\", "<", "-moz-binding", "behavior", "javascript:"] {
        if folded.contains(word) {
            return Err(refused(word));
        }
    }
    hidden(&folded)?;
    for (at, _) in folded.match_indices('(') {
        let before = folded.get(..at).unwrap_or_default();
        let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_name(*c))
            .last();
        let name = start
            .and_then(|(at, _)| before.get(at..))
            .unwrap_or_default();
        if !name.is_empty() && !FUNCTIONS.contains(&name) {
            return Err(refused(format!("{name}(")));
        }
    }
    for (at, _) in folded.match_indices('@') {
        let after = folded.get(at + 1..).unwrap_or_default();
        let name: String = after
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '-')
            .collect();
        if !RULES.contains(&name.as_str()) {
            return Err(refused(format!("@{name}")));
        }
    }
    Ok(())
}

fn hidden(folded: &str) -> Result<(), Refused> {
    let mut plain = String::new();
    for (place, piece) in folded.split("/*").enumerate() {
        let shown = match piece.split_once("*/") {
            Some((_comment, after)) if place > 0 => after,
            _ => piece,
        };
        plain.extend(shown.chars().filter(|c| !c.is_whitespace()));
    }
    for declaration in plain.split(['{', '}', ';']) {
        let allowed = ["display:inline-block", "display:inline-table"];
        let is_allowed = |word: &&str| allowed.contains(word);
        let word = declaration.trim_end_matches("!important");
        let says = |hiding: &&&str| word.starts_with(**hiding) && !is_allowed(&word);
        if let Some(hiding) = HIDING.iter().find(says) {
            return Err(refused(*hiding));
        }
    }
    Ok(())
}

/// How many selectors a style sheet has; one with too many parts counts as too many.
pub(super) fn selectors(css: &str) -> usize {
    let heads = css.split('{').map(|piece| {
        let start = piece.rfind('}').map_or(0, |at| at + 1);
        piece.get(start..).unwrap_or_default()
    });
    let parts = |selector: &str| {
        selector
            .split(|c: char| c.is_whitespace() || ">+~".contains(c))
            .filter(|part| !part.is_empty())
            .count()
    };
    let selectors = heads.flat_map(|head| head.split(','));
    selectors
        .map(|selector| {
            let is_rule = selector.trim_start().starts_with('@');
            if parts(selector) > MOST_PARTS && !is_rule {
                MOST_SELECTORS + 1
            } else {
                1
            }
        })
        .sum()
}
